#include "cluster/kubeconfig.h"

#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "base/yaml.h"

namespace lazuli::cluster {
namespace {

Error invalid(std::string reason) {
  return Error{"InvalidKubeconfig", "The kubeconfig cannot be used: " + std::move(reason) + ".", 400};
}

// The member of the named entry of a list such as clusters, contexts, users; null if it is not there.
const Json* entry(const Json& config, std::string_view list, std::string_view name, std::string_view member) {
  const Json* entries = find(config, list);
  if (!entries || !entries->is_array()) return nullptr;
  for (const auto& each : entries->get_array())
    if (string_at(each, "name") == name) return find(each, member);
  return nullptr;
}

// NAME-data (base64) or the file that NAME points at; empty if there is neither.
Result<std::string> data_or_file(const Json& from, const std::string& name, const std::string& folder) {
  if (const auto data = string_at(from, name + "-data"); !data.empty()) {
    auto bytes = base64_decode(data);
    if (!bytes) return invalid(name + "-data is not base64");
    return std::move(*bytes);
  }
  const auto file = string_at(from, name);
  if (file.empty()) return std::string();
  return read_file(std::filesystem::path(folder) / file, std::size_t{1} << 20);
}

Status read_user(const Json& user, const std::string& folder, KubeAccess& access) {
  for (const char* helper : {"exec", "auth-provider", "username"})
    if (find(user, helper))
      return invalid(std::string("its user signs in by \"") + helper + "\"; a client certificate or a token is needed");
  auto certificate = data_or_file(user, "client-certificate", folder);
  if (!certificate) return certificate.error();
  auto key = data_or_file(user, "client-key", folder);
  if (!key) return key.error();
  access.client_certificate = std::move(*certificate);
  access.client_key = std::move(*key);
  access.bearer_token = string_at(user, "token");
  if (const auto file = string_at(user, "tokenFile"); access.bearer_token.empty() && !file.empty()) {
    const auto token = read_file(std::filesystem::path(folder) / file, std::size_t{1} << 20);
    if (!token) return token.error();
    access.bearer_token = trim(*token);
  }
  if (access.client_certificate.empty() != access.client_key.empty())
    return invalid("its user has a client certificate without a key, or the other way round");
  if (access.client_certificate.empty() && access.bearer_token.empty()) return invalid("its user has no credentials");
  return {};
}

}  // namespace

Json kubeconfig_with_files(const std::string& pki, const std::string& server, const std::string& identity) {
  const JsonObject cluster{{"server", server}, {"certificate-authority", pki + "/ca.crt"}};
  const JsonObject user{{"client-certificate", pki + "/" + identity + ".crt"},
                        {"client-key", pki + "/" + identity + ".key"}};
  return JsonObject{
      {"apiVersion", "v1"},
      {"kind", "Config"},
      {"clusters", JsonArray{JsonObject{{"name", "cluster"}, {"cluster", cluster}}}},
      {"users", JsonArray{JsonObject{{"name", identity}, {"user", user}}}},
      {"contexts",
       JsonArray{JsonObject{{"name", "cluster"}, {"context", JsonObject{{"cluster", "cluster"}, {"user", identity}}}}}},
      {"current-context", "cluster"}};
}

std::string kubeconfig_text(const std::string& cluster, const KubeAccess& access, const KubeUser& user) {
  std::string text = "apiVersion: v1\nclusters:\n- cluster:\n";
  if (!access.authority.empty()) text += "    certificate-authority-data: " + base64(access.authority) + "\n";
  text += "    server: " + access.server + "\n  name: " + cluster + "\n";
  text += "contexts:\n- context:\n    cluster: " + cluster + "\n    user: " + user.name + "\n  name: " + cluster + "\n";
  text +=
      "current-context: " + cluster + "\nkind: Config\npreferences: {}\nusers:\n- name: " + user.name + "\n  user:\n";
  if (!user.certificate.empty()) {
    text += "    client-certificate-data: " + base64(user.certificate) + "\n";
    text += "    client-key-data: " + base64(user.key) + "\n";
  }
  if (!user.token.empty()) text += "    token: " + user.token + "\n";
  return text;
}

Result<KubeAccess> parse_kubeconfig(const Json& config, const std::string& folder) {
  const auto context_name = string_at(config, "current-context");
  if (context_name.empty()) return invalid("it has no current-context");
  const Json* context = entry(config, "contexts", context_name, "context");
  if (!context) return invalid("its current-context \"" + context_name + "\" is not among its contexts");
  const Json* cluster = entry(config, "clusters", string_at(*context, "cluster"), "cluster");
  if (!cluster) return invalid("the context's cluster is not there");
  const Json* user = entry(config, "users", string_at(*context, "user"), "user");
  if (!user) return invalid("the context's user is not there");
  KubeAccess access;
  access.server = string_at(*cluster, "server");
  if (!access.server.starts_with("https://")) return invalid("the cluster's server is no https:// address");
  if (bool_or(find(*cluster, "insecure-skip-tls-verify")))
    return invalid("it asks for insecure-skip-tls-verify; give the cluster's certificate authority instead");
  auto authority = data_or_file(*cluster, "certificate-authority", folder);
  if (!authority) return authority.error();
  access.authority = std::move(*authority);
  if (auto read = read_user(*user, folder, access); !read) return read.error();
  return access;
}

Result<KubeAccess> access_from_kubeconfig(const std::string& path) {
  const auto text = read_file(path, std::size_t{4} << 20);
  if (!text) return invalid(text.error().message);
  const auto config = parse_yaml(*text);
  if (!config) return invalid(config.error().message);
  return parse_kubeconfig(*config, std::filesystem::absolute(path).parent_path());
}

}  // namespace lazuli::cluster
