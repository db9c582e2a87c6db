#include "registry/build_settings.h"

#include <cstdlib>

#include "base/files.h"
#include "base/text.h"
#include "crypto/java_trust.h"

namespace lazuli::registry {

namespace {

constexpr const char* kTrust = "/dev/shm/lazuli/ca.pem";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

std::set<std::string> public_hosts() {
  return {"docker.io", "mcr.microsoft.com", "ghcr.io", "quay.io", "registry.k8s.io", "gcr.io", "public.ecr.aws"};
}

std::string auth_file(const std::map<std::string, std::pair<std::string, std::string>>& credentials) {
  JsonObject auths;
  for (const auto& [host, pair] : credentials)
    auths[host] = JsonObject{{"auth", base64(pair.first + ":" + pair.second)}};
  return to_text(JsonObject{{"auths", std::move(auths)}});
}

std::string registries_file(const std::set<std::string>& hosts, std::string_view mirror) {
  std::string out = "unqualified-search-registries = [\"docker.io\"]\nshort-name-mode = \"permissive\"\n";
  for (const auto& host : hosts) {
    if (host.ends_with(".azurecr.io") || host.find(':') != std::string::npos) continue;
    out.append("[[registry]]\nprefix = \"").append(host).append("\"\nlocation = \"");
    out.append(mirror).append("/").append(host).append("\"\n");
  }
  return out;
}

JsonArray string_list(const Json* value) {
  JsonArray out;
  if (value && value->is_array())
    for (const Json& one : value->as_array())
      if (one.is_string()) out.push_back(one);
  return out;
}

Json without_secrets(Json request) {
  if (!request.is_object()) return request;
  request.as_object().erase("credentials");
  if (Json* list = request.as_object().if_contains("arguments"); list && list->is_array())
    for (Json& one : list->as_array())
      if (one.is_object() && bool_or(find(one, "isSecret"))) one.as_object().erase("value");
  return request;
}

Variables build_arguments(const Json& request) {
  Variables out;
  for (const Json& one : array_at(request, "arguments"))
    if (const std::string name = string_at(one, "name"); !name.empty()) out[name] = string_at(one, "value");
  return out;
}

std::map<std::string, std::pair<std::string, std::string>> custom_credentials(const Json& request) {
  std::map<std::string, std::pair<std::string, std::string>> out;
  const Json* registries = find(request, "credentials", "customRegistries");
  if (!registries || !registries->is_object()) return out;
  for (const auto& entry : registries->as_object())
    out[to_lower(std::string_view(entry.key()))] = {string_at(entry.value(), "userName", "value"),
                                                    string_at(entry.value(), "password", "value")};
  return out;
}

Variables build_environment(const std::string& proxy_url, bool own_trust) {
  Variables out;
  for (const char* name : {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"})
    if (const std::string value = variable(name); !value.empty()) out[name] = value;
  if (!proxy_url.empty()) {
    out["HTTPS_PROXY"] = out["https_proxy"] = proxy_url;
    for (const char* name : {"NO_PROXY", "no_proxy"})
      out[name] = out[name].empty() ? "localhost,127.0.0.1,::1" : out[name] + ",localhost,127.0.0.1,::1";
  }
  out["CONTAINERS_REGISTRIES_CONF"] = "/build/work/etc/registries.conf";
  if (own_trust) out["SSL_CERT_FILE"] = kTrust;
  return out;
}

Variables injected_variables(bool own_trust, const std::filesystem::path& shared) {
  Variables out;
  if (own_trust)
    for (const char* name : {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS",
                             "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO"})
      out[name] = kTrust;
  if (own_trust)  // a JVM reads no PEM file
    out["JAVA_TOOL_OPTIONS"] = crypto::java_trust_options("/dev/shm/lazuli/" + std::string(kJavaTrustFile));
  for (const char* name :
       {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT", "UV_INDEX_URL",
        "UV_DEFAULT_INDEX", "NPM_CONFIG_REGISTRY", "npm_config_registry", "GOPROXY", "GOSUMDB"})
    if (const std::string value = variable(name); !value.empty()) out[name] = value;
  // pip's own order: the file it is told, the user's, the machine's.
  const std::string home = variable("HOME");
  for (const std::string& file : {variable("PIP_CONFIG_FILE"), home + "/.config/pip/pip.conf", home + "/.pip/pip.conf",
                                  std::string("/etc/pip.conf")}) {
    const auto content = file.empty() ? Result<std::string>(Error{}) : read_file(file, std::size_t{64} << 10);
    if (!content) continue;
    if (write_file(shared / "pip.conf", *content, 0644)) out["PIP_CONFIG_FILE"] = "/dev/shm/lazuli/pip.conf";
    break;
  }
  return out;
}

}  // namespace lazuli::registry
