#include "app_trust.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "app_names.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/certificates.h"
#include "crypto/java_trust.h"

namespace lazuli {

namespace {

constexpr auto kRenewBefore = std::chrono::hours(24 * 30);
// Adds to Node's own roots; each of the other variables replaces its runtime's.
constexpr const char* kAddingVariable = "NODE_EXTRA_CA_CERTS";

// Where distributions keep the roots that OpenSSL, curl and Python use.
constexpr std::array<const char*, 5> kSystemBundles{"/etc/ssl/certs/ca-certificates.crt",
                                                    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                                    "/etc/ssl/cert.pem", "/usr/local/share/certs/ca-root-nss.crt"};

std::vector<std::string> system_bundles() {
  for (const char* path : kSystemBundles) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) return {path};
  }
  return {};
}

bool lasts(std::string_view certificate, TimePoint now) {
  return !certificate.empty() && crypto::not_after(certificate) > now + kRenewBefore;
}

// The first complaint of several writes.
Status write_all(const std::filesystem::path& directory,
                 const std::vector<std::pair<std::string, std::string_view>>& files) {
  if (auto made = make_directories(directory); !made) return made;
  for (const auto& [name, content] : files)
    if (auto written = write_file(directory / name, content); !written) return written;
  return {};
}

std::string text_of(const std::filesystem::path& path) {
  const auto content = read_file(path);
  return content ? *content : std::string();
}

}  // namespace

std::vector<std::string> trust_sources(const command_line::Lookup& before, const std::filesystem::path& own_bundle) {
  std::vector<std::string> files;
  for (const auto name :
       {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT", kAddingVariable}) {
    const std::string path = before(name);
    std::error_code ignored;
    if (path.empty() || !std::filesystem::is_regular_file(path, ignored)) continue;
    if (std::filesystem::equivalent(path, own_bundle, ignored)) continue;
    const std::string absolute = std::filesystem::absolute(path, ignored).string();
    if (std::ranges::find(files, absolute) == files.end()) files.push_back(absolute);
  }
  return files;
}

Result<std::unique_ptr<Trust>> Trust::open(const command_line::StateDirectory& state, TimePoint now,
                                           const command_line::Lookup& before,
                                           const std::vector<std::string>& sources) {
  std::unique_ptr<Trust> trust(new Trust(state));
  if (auto opened = trust->open_authority(now); !opened) return opened.error();
  if (auto opened = trust->open_listener(now); !opened) return opened.error();
  trust->sources_ = trust_sources(before, state.trust_bundle());
  // Nothing of a person's own is named: an earlier start's shell, or the machine's roots.
  if (trust->sources_.empty()) trust->sources_ = sources.empty() ? system_bundles() : sources;
  if (trust->sources_ == std::vector<std::string>{before(kAddingVariable)}) {
    for (const auto& source : system_bundles()) trust->sources_.push_back(source);
  }
  if (auto written = trust->write_bundle(); !written) return written.error();
  return trust;
}

Status Trust::open_authority(TimePoint now) {
  const auto directory = state_.file("ca");
  const std::string permitted = join(names::permitted_domains(), "\n");
  root_ = text_of(directory / "root.pem");
  issuing_ = text_of(directory / "issuing.pem");
  issuing_key_ = text_of(directory / "issuing.key");
  if (lasts(root_, now) && lasts(issuing_, now) && !issuing_key_.empty() &&
      text_of(directory / "permitted") == permitted)
    return {};
  const auto made = crypto::make_constrained_authority(names::permitted_domains(), now);
  root_ = made.root;
  issuing_ = made.issuing;
  issuing_key_ = made.issuing_key.pem();
  // "permitted" last: it says that the rest is whole. The leaf of an earlier authority goes first.
  if (auto removed = remove_tree(directory); !removed) return removed;
  return write_all(
      directory,
      {{"root.pem", root_}, {"issuing.pem", issuing_}, {"issuing.key", issuing_key_}, {"permitted", permitted}});
}

Status Trust::open_listener(TimePoint now) {
  const auto directory = state_.file("ca");
  const std::string wanted = join(names::certificate_names(), "\n");
  listener_ = {text_of(directory / "listener.pem"), text_of(directory / "listener.key")};
  if (lasts(listener_.certificate_chain, now) && !listener_.private_key.empty() &&
      text_of(directory / "listener.names") == wanted)
    return {};
  auto issuing_key = crypto::PrivateKey::from_pem(issuing_key_);
  if (!issuing_key) return issuing_key.error();
  crypto::LeafRequest request;
  request.common_name = "lazuli";
  request.dns_names = names::certificate_names();
  const auto leaf = crypto::issue(request, issuing_, *issuing_key, now);
  if (!leaf) return leaf.error();
  listener_ = {leaf->certificate + issuing_, leaf->key.pem()};
  return write_all(directory, {{"listener.pem", listener_.certificate_chain},
                               {"listener.key", listener_.private_key},
                               {"listener.names", wanted}});
}

Result<net::TlsIdentity> Trust::expired_listener(TimePoint now) const {
  auto issuing_key = crypto::PrivateKey::from_pem(issuing_key_);
  if (!issuing_key) return issuing_key.error();
  crypto::LeafRequest request;
  request.common_name = "lazuli";
  request.dns_names = names::certificate_names();
  const auto leaf = crypto::issue(request, issuing_, *issuing_key, now - 2 * request.lifetime);
  if (!leaf) return leaf.error();
  return net::TlsIdentity{leaf->certificate + issuing_, leaf->key.pem()};
}

Status Trust::write_bundle() {
  std::string bundle = root_;
  std::set<std::string> seen{std::string(trim(root_))};
  auto add = [&](const std::string& path) {
    for (const auto& certificate : crypto::split_bundle(text_of(path))) {
      const std::string text(trim(certificate));
      if (seen.insert(text).second) bundle += text + "\n";
    }
  };
  for (const auto& source : sources_) add(source);
  if (bundle == bundle_) return {};
  bundle_ = std::move(bundle);
  // Unchanged content keeps its files, so that a start does not wait for the disk.
  std::error_code ignored;
  const bool whole = std::filesystem::exists(state_.java_trust_store(), ignored);
  if (whole && text_of(state_.trust_bundle()) == bundle_) return {};
  // The bundle last: it says that the other is of the same content. A root that Java cannot have is no reason not to
  // start.
  const auto java = crypto::java_trust_store(bundle_, crypto::kJavaTrustPassword);
  if (auto written = write_file(state_.java_trust_store(), java ? *java : std::string()); !written) return written;
  return write_file(state_.trust_bundle(), bundle_);
}

std::string Trust::bundle() const {
  const std::lock_guard lock(mutex_);
  return bundle_;
}

std::string Trust::java_store() const {
  const std::lock_guard lock(mutex_);
  return text_of(state_.java_trust_store());
}

Status Trust::add_sources(const std::vector<std::string>& files) {
  const std::lock_guard lock(mutex_);
  const std::size_t before = sources_.size();
  for (const auto& file : files)
    if (std::ranges::find(sources_, file) == sources_.end()) sources_.push_back(file);
  return sources_.size() == before ? Status() : write_bundle();
}

}  // namespace lazuli
