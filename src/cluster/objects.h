// The objects of one cluster, as parts that only read and write them see it: KubeClient is what stands behind it in the
// program, a map in tests. Paths and errors are KubeClient's. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::cluster {

class Clusters;
class KubeClient;

class Objects {
 public:
  virtual ~Objects() = default;
  virtual Result<Json> get(std::string_view path) = 0;
  virtual Result<Json> create(std::string_view collection_path, const Json& object) = 0;
  virtual Result<Json> apply(std::string_view path, const Json& object) = 0;
  virtual Status remove(std::string_view path) = 0;  // absent is fine
  virtual Result<std::string> text(std::string_view path) = 0;
  // Returns when an object of the collection is no longer in the version (metadata.resourceVersion) that was seen, and
  // after the limit at the latest. Where nothing can be watched, at once.
  virtual void await_change(std::string_view collection_path, std::string_view name, std::string_view version,
                            std::chrono::milliseconds limit);
};

// By the ARM id of the managedClusters resource. Error "ClusterNotRunning" (409) if it is not running.
using ObjectsOf = std::function<Result<std::shared_ptr<Objects>>(std::string_view cluster_id)>;

ObjectsOf objects_of(Clusters& clusters);
std::shared_ptr<Objects> objects_of(std::shared_ptr<KubeClient> client);

}  // namespace lazuli::cluster
