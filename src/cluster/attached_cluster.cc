// A cluster that exists already, by its kubeconfig. Of it only what attached_objects.h says is changed: the labelled
// pods are given identity, trust and lazuli's address for Azure's names, so neither its DNS nor its nodes are touched.
// Its service accounts' keys are read from its API, so its issuer need not be reachable from anywhere.
#include <atomic>
#include <mutex>

#include "base/text.h"
#include "cluster/attached_objects.h"
#include "cluster/engine.h"
#include "cluster/kubeconfig.h"
#include "crypto/certificates.h"

namespace lazuli::cluster {
namespace {

constexpr auto kCertificateLifetime = std::chrono::hours(24 * 365 * 2);  // of the webhook's; made anew at every start

struct WebhookCertificate {
  std::string authority;
  net::TlsIdentity identity;
};

Result<WebhookCertificate> make_certificate(const std::string& address, const Clock& clock) {
  const auto authority = crypto::make_authority("lazuli webhook", clock.now(), kCertificateLifetime);
  const crypto::LeafRequest request{
      .common_name = "lazuli webhook", .ip_addresses = {address}, .lifetime = kCertificateLifetime};
  const auto leaf = crypto::issue(request, authority.certificate, authority.key, clock.now());
  if (!leaf) return leaf.error();
  return WebhookCertificate{authority.certificate, {leaf->certificate, leaf->key.pem()}};
}

Error not_answering(const std::string& kubeconfig, const Error& why) {
  return Error{"ClusterUnreachable", "The cluster of " + kubeconfig + " does not answer: " + why.message, 409};
}

Status take_away(const std::string& kubeconfig, const std::string& owner) {
  auto access = access_from_kubeconfig(kubeconfig);
  if (!access) return access.error();
  const auto objects = objects_of(std::make_shared<KubeClient>(std::move(*access)));
  return remove_everything(*objects, owner);
}

class AttachedCluster final : public Engine {
 public:
  AttachedCluster(const EngineParts& parts, ClusterSpec spec, std::string kubeconfig)
      : parts_(parts), spec_(std::move(spec)), kubeconfig_(std::move(kubeconfig)) {}
  ~AttachedCluster() override { parts_.doors.close(spec_.id); }

  Status start(const Progress& progress, const Cancelled& cancelled) override {
    if (running()) return {};
    progress("asking the attached cluster");
    auto own = access();
    if (!own) return own.error();
    auto reached = std::make_shared<KubeClient>(std::move(*own));
    const auto version = reached->get("/version");
    if (!version) return not_answering(kubeconfig_, version.error());
    progress("attaching to Kubernetes " + string_at(*version, "gitVersion"));
    set_client(reached);
    auto done = attach(*objects_of(reached), cancelled);
    if (!done) leave();
    running_ = done.ok();
    return done;
  }
  // The webhook stays: until lazuli is back, the labelled pods wait instead of starting without their identity.
  Status stop(const Progress&) override {
    leave();
    return {};
  }
  Status remove(const Progress& progress) override {
    progress("taking away what lazuli has in the attached cluster");
    leave();
    // The cluster may be gone, and must not keep its resource here alive.
    if (auto taken = take_away(kubeconfig_, spec_.id); !taken)
      parts_.log.warning("cluster", "an attached cluster keeps what lazuli has there",
                         {{"cluster", spec_.name}, {"reason", taken.error().message}});
    return {};
  }
  bool running() const override { return running_; }

  Result<std::shared_ptr<KubeClient>> client() const override {
    const std::lock_guard lock(mutex_);
    if (client_) return client_;
    return Error{"ClusterNotRunning", "The cluster " + spec_.name + " is not attached.", 409};
  }

  Result<std::string> kubeconfig(bool admin) const override {
    const auto own = access();
    if (!own) return own.error();
    return kubeconfig_text(spec_.name, *own,
                           {(admin ? "clusterAdmin_" : "clusterUser_") + group_of(spec_.id) + "_" + spec_.name,
                            own->client_certificate, own->client_key, own->bearer_token});
  }

  Result<Json> service_account_keys() const override {
    auto reached = client();
    if (!reached) return reached.error();
    const auto keys = (*reached)->text("/openid/v1/jwks");  // answered as application/jwk-set+json and nothing else
    return keys ? parse_json(*keys) : keys.error();
  }

  // A cluster signs with the issuer that it was started with.
  Result<std::string> issuer() const override {
    auto reached = client();
    if (!reached) return reached.error();
    const auto document = (*reached)->get("/.well-known/openid-configuration");
    if (!document) return document.error();
    return string_at(*document, "issuer");
  }

  // Its nodes are not this machine: what a command's pod is made of is not there.
  Result<std::string> kubectl() const override {
    return Error{"OperationNotAllowed",
                 "Commands cannot be run in " + spec_.name +
                     ", which is an attached cluster: lazuli brings no programs to its nodes. Use kubectl with the "
                     "credentials of `az aks get-credentials`.",
                 409};
  }

 private:
  Result<KubeAccess> access() const { return access_from_kubeconfig(kubeconfig_); }

  Status attach(Objects& objects, const Cancelled& cancelled) {
    const auto& address = parts_.doors_address;
    if (address.empty())
      return Error{"DoorsAddressMissing",
                   "Pods of the attached cluster " + spec_.name +
                       " have no way to lazuli: start it with --doors-address "
                       "ADDRESS, an address of this machine that the cluster reaches.",
                   409};
    if (auto unclaimed = check_unclaimed(objects, spec_.id); !unclaimed) return unclaimed;
    const auto made = make_certificate(address, parts_.clock);
    if (!made) return made.error();
    const auto opened = parts_.doors.open(spec_.id, {address, true}, made->identity);
    if (!opened) return Error{opened.error().code, "--doors-address: " + opened.error().message, 409};
    return install_webhook(objects, {address, opened->webhook, made->authority}, spec_.id, cancelled);
  }

  void leave() {
    running_ = false;
    set_client(nullptr);
    parts_.doors.close(spec_.id);
  }

  void set_client(std::shared_ptr<KubeClient> client) {
    const std::lock_guard lock(mutex_);
    client_ = std::move(client);
  }

  EngineParts parts_;
  ClusterSpec spec_;
  std::string kubeconfig_;
  mutable std::mutex mutex_;
  std::shared_ptr<KubeClient> client_;  // from when the cluster answers: the webhook needs it to be tried
  std::atomic<bool> running_{false};
};

}  // namespace

std::unique_ptr<Engine> make_attached_cluster(const EngineParts& parts, const ClusterSpec& spec,
                                              std::string kubeconfig) {
  return std::make_unique<AttachedCluster>(parts, spec, std::move(kubeconfig));
}

Status detach_cluster(const ClusterSpec& spec, const std::string& kubeconfig) {
  return take_away(kubeconfig, spec.id);
}

}  // namespace lazuli::cluster
