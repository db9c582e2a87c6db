// A cluster that exists already, by its kubeconfig. Nothing of it is changed: it reaches lazuli, and its pods get their
// identity, by what its owner sets up (the upstream webhook, names and certificates of the team's own).
#include <mutex>

#include "base/text.h"
#include "cluster/engine.h"
#include "cluster/kubeconfig.h"

namespace lazuli::cluster {
namespace {

class AttachedCluster final : public Engine {
 public:
  AttachedCluster(const EngineParts& parts, ClusterSpec spec) : parts_(parts), spec_(std::move(spec)) {}

  Status start(const Progress& progress, const Cancelled&) override {
    progress("asking the attached cluster");
    auto own = access();
    if (!own) return own.error();
    auto reached = std::make_shared<KubeClient>(std::move(*own));
    const auto version = reached->get("/version");
    if (!version) return version.error();
    progress("attached to Kubernetes " + string_at(*version, "gitVersion"));
    const std::lock_guard lock(mutex_);
    client_ = std::move(reached);
    return {};
  }
  Status stop(const Progress&) override {
    const std::lock_guard lock(mutex_);
    client_.reset();
    return {};
  }
  Status remove(const Progress& progress) override { return stop(progress); }
  bool running() const override { return client().ok(); }

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
    return reached ? (*reached)->get("/openid/v1/jwks") : reached.error();
  }

  // A cluster signs with the issuer that it was started with.
  Result<std::string> issuer() const override {
    auto reached = client();
    if (!reached) return reached.error();
    const auto document = (*reached)->get("/.well-known/openid-configuration");
    if (!document) return document.error();
    return string_at(*document, "issuer");
  }

 private:
  Result<KubeAccess> access() const { return access_from_kubeconfig(parts_.attached_kubeconfig); }

  EngineParts parts_;
  ClusterSpec spec_;
  mutable std::mutex mutex_;
  std::shared_ptr<KubeClient> client_;
};

}  // namespace

std::unique_ptr<Engine> make_attached_cluster(const EngineParts& parts, const ClusterSpec& spec) {
  return std::make_unique<AttachedCluster>(parts, spec);
}

}  // namespace lazuli::cluster
