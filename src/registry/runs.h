// Build runs of all registries: their documents in the store (collection registry.runs), the queue that they wait in,
// and the states that they go through: Queued, Running, then Succeeded, Failed, Canceled or Timeout. A run that had not
// ended when lazuli did is Failed at the next start, and its log says so. Thread-safe.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/worker_pool.h"
#include "registry/builder.h"

namespace lazuli::registry {

class Runs {
 public:
  Runs(store::Store& store, const Clock& clock, Log& log, TaskStorage& storage, Builder& builder);
  ~Runs();  // cancels what runs, and waits for it

  // Error codes of ARM: "InvalidParameter…", "OperationNotSupported" (400).
  Result<Json> schedule(const RegistrySettings& registry, const Json& request);
  std::optional<Json> find(std::string_view registry_id, std::string_view run) const;
  std::vector<Json> list(std::string_view registry_id) const;  // newest first
  Status cancel(std::string_view registry_id, std::string_view run);
  Result<Json> archive(std::string_view registry_id, std::string_view run, bool archived);
  void remove_all(std::string_view registry_id);

 private:
  struct Live {
    std::atomic<bool> cancelled{false};
    int event = -1;
    ~Live();
  };
  void perform(const RegistrySettings& registry, const std::string& run, const Json& request,
               const std::shared_ptr<Live>& live);
  void settle_interrupted();
  Status change(std::string_view registry_id, std::string_view run, JsonObject fields);
  std::shared_ptr<std::mutex> turn(const std::string& registry_id);

  store::Store& store_;
  const Clock& clock_;
  Log& log_;
  TaskStorage& storage_;
  Builder& builder_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Live>> live_;         // by store key
  std::map<std::string, std::shared_ptr<std::mutex>> turns_;  // one run of a registry at a time
  std::unique_ptr<WorkerPool> pool_;
};

}  // namespace lazuli::registry
