// One cluster, as the facade (clusters.h) sees it whichever engine runs it. Calls for one cluster are serialized by the
// facade, except running() and the readers, which may come at any time.
#pragma once

#include <memory>
#include <string>

#include "cluster/clusters.h"

namespace lazuli::cluster {

class Engine {
 public:
  virtual ~Engine() = default;
  virtual Status start(const Progress& progress, const Cancelled& cancelled) = 0;
  virtual Status stop(const Progress& progress) = 0;
  virtual Status remove(const Progress& progress) = 0;
  virtual bool running() const = 0;
  // lazuli's own, as cluster admin; from when the API server is ready, which is before the cluster runs.
  virtual Result<std::shared_ptr<KubeClient>> client() const = 0;
  virtual Result<std::string> kubeconfig(bool admin) const = 0;
  virtual Result<Json> service_account_keys() const = 0;
  virtual Result<std::string> issuer() const = 0;
  virtual Result<std::string> kubectl() const = 0;
};

// What engines share of the program.
struct EngineParts {
  std::string bundle_program;
  std::string doors_address;
  const Clock& clock;
  Random& random;
  Log& log;
  Doors& doors;
  std::vector<std::string> names;
  std::function<void(const std::string& cluster_id)> broken = {};  // a part of a running cluster ended by itself
};

std::unique_ptr<Engine> make_local_cluster(const EngineParts& parts, const ClusterSpec& spec, std::string folder);
std::unique_ptr<Engine> make_attached_cluster(const EngineParts& parts, const ClusterSpec& spec,
                                              std::string kubeconfig);
// What remove() of an attached cluster does, for when the program itself is gone.
Status detach_cluster(const ClusterSpec& spec, const std::string& kubeconfig);

// Polls `done` (which says "not yet" by false) until it is true; errors: "Cancelled", "ClusterTimeout", or what
// `failed` says. For what announces itself by no event: a socket that begins to listen.
Status wait_until(const std::string& what, std::chrono::milliseconds limit, const Cancelled& cancelled,
                  const std::function<bool()>& done, const std::function<Status()>& failed);

std::string group_of(const std::string& cluster_id);  // the resource group's name in an ARM id

}  // namespace lazuli::cluster
