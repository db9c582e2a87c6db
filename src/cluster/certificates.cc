#include "cluster/certificates.h"

#include <vector>

#include "base/files.h"
#include "base/text.h"
#include "crypto/certificates.h"
#include "crypto/keys.h"

namespace lazuli::cluster {
namespace {

constexpr std::chrono::hours kTwoYears(24 * 730);  // as AKS's own

struct Leaf {
  const char* name;  // of its files
  const char* authority;
  crypto::LeafRequest request;
  bool rsa = false;
};

std::vector<Leaf> leaves(const AddressPlan& plan, const std::string& node, const std::string& host_name) {
  const auto client = [](const char* name, std::string user, std::vector<std::string> groups = {}) {
    return Leaf{name, "ca", {std::move(user), std::move(groups), {}, {}, false, true, kTwoYears}};
  };
  return {
      {"apiserver",
       "ca",
       {"kube-apiserver",
        {},
        {"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
         "localhost", host_name},
        {plan.node_address(), kApiService, "127.0.0.1"},
        true,
        false,
        kTwoYears}},
      {"kubelet", "ca", {node, {}, {node}, {plan.node_address()}, true, false, kTwoYears}},
      {"webhook", "ca", {"lazuli-webhook", {}, {}, {plan.host_address()}, true, false, kTwoYears}},
      client("apiserver-kubelet", "kube-apiserver-kubelet-client", {"system:masters"}),
      client("controller-manager", "system:kube-controller-manager", {"system:masters"}),
      client("scheduler", "system:kube-scheduler"),
      client("node", "system:node:" + node, {"system:nodes"}),
      client("proxy", "system:kube-proxy"),
      client("dns", "system:coredns"),
      client("lazuli", "lazuli", {"system:masters"}),
      {"aggregator", "front-proxy-ca", {"aggregator", {}, {}, {}, false, true, kTwoYears}},
  };
}

class Folder {
 public:
  Folder(std::filesystem::path path, const Clock& clock) : path_(std::move(path)), now_(clock.now()) {}

  bool has(const std::string& name) const { return std::filesystem::exists(path_ / name); }
  Status write(const std::string& name, std::string_view content) const { return write_file(path_ / name, content); }

  // The key is written last: what has a key is complete.
  Status write(const std::string& name, const crypto::Certified& made) const {
    if (auto written = write(name + ".crt", made.certificate); !written) return written;
    return write(name + ".key", made.key.pem());
  }
  Status ensure_authority(const std::string& name, std::string_view common_name) const {
    if (has(name + ".key")) return {};
    return write(name, crypto::make_authority(common_name, now_));
  }
  Status issue(const Leaf& leaf) const {
    const auto certificate = read_file(path_ / (std::string(leaf.authority) + ".crt"));
    if (!certificate) return certificate.error();
    const auto key_text = read_file(path_ / (std::string(leaf.authority) + ".key"));
    if (!key_text) return key_text.error();
    const auto key = crypto::PrivateKey::from_pem(*key_text);
    if (!key) return key.error();
    const auto made = crypto::issue(leaf.request, *certificate, *key, now_, leaf.rsa);
    return made ? write(leaf.name, *made) : Status(made.error());
  }

 private:
  std::filesystem::path path_;
  TimePoint now_;
};

}  // namespace

Status Certificates::prepare(const AddressPlan& plan, const std::string& node, const std::string& host_name,
                             const Clock& clock, Random& random) const {
  if (auto made = make_directories(directory_); !made) return made;
  const Folder folder(directory_, clock);
  if (auto made = folder.ensure_authority("ca", "ca"); !made) return made;
  if (auto made = folder.ensure_authority("front-proxy-ca", "front-proxy-ca"); !made) return made;
  if (!folder.has("service-accounts.key")) {
    const auto key = crypto::PrivateKey::generate_rsa();
    if (auto written = folder.write("service-accounts.pub", key.public_key().pem()); !written) return written;
    if (auto written = folder.write("service-accounts.key", key.pem()); !written) return written;
  }
  // What `az aks get-credentials` hands out, as on AKS: certificate and token of a member of system:masters.
  if (!folder.has("user.key")) {
    const Leaf user{"user", "ca", {"masterclient", {"system:masters"}, {}, {}, false, true, kTwoYears}, true};
    if (auto issued = folder.issue(user); !issued) return issued;
  }
  if (!folder.has("user.token")) {
    if (auto written = folder.write("user.token", hex(random.bytes(64))); !written) return written;
  }
  const auto token = text("user.token");
  if (!token) return token.error();
  if (auto written = folder.write("tokens.csv", *token + ",masterclient,masterclient,\"system:masters\"\n"); !written)
    return written;
  for (const auto& leaf : leaves(plan, node, host_name)) {
    if (auto issued = folder.issue(leaf); !issued) return issued;
  }
  return {};
}

Result<std::string> Certificates::text(const std::string& name) const {
  return read_file(directory_ / name);
}

Result<net::TlsIdentity> Certificates::webhook() const {
  auto certificate = text("webhook.crt");
  if (!certificate) return certificate.error();
  auto key = text("webhook.key");
  if (!key) return key.error();
  return net::TlsIdentity{std::move(*certificate), std::move(*key)};
}

Result<Json> Certificates::service_account_keys() const {
  const auto pem = text("service-accounts.pub");
  if (!pem) return pem.error();
  auto key = service_account_jwk(*pem);
  if (!key) return key.error();
  return Json(JsonObject{{"keys", JsonArray{std::move(*key)}}});
}

Result<Json> service_account_jwk(const std::string& public_key_pem) {
  const auto key = crypto::PublicKey::from_pem(public_key_pem);
  if (!key) return key.error();
  std::string body;
  for (const auto& line : split(public_key_pem, '\n'))
    if (!line.starts_with("-----")) body += trim(line);
  const auto der = base64_decode(body);
  if (!der) return Error{"InvalidKey", "The service accounts' public key is not PEM.", 500};
  JsonObject jwk{{"use", "sig"}, {"kty", "RSA"}, {"kid", base64url(crypto::sha256(*der))}, {"alg", "RS256"}};
  const JsonObject numbers = key->jwk();
  jwk["n"] = numbers.at("n");
  jwk["e"] = numbers.at("e");
  return Json(std::move(jwk));
}

}  // namespace lazuli::cluster
