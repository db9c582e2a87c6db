// The journal of long-running operations. start() writes the operation durably (in the caller's transaction when one is
// given) and hands it to a pool; a body that returns ends it as Succeeded or Failed. After a crash every operation that
// had not ended is run again with the same input, so bodies are idempotent: each looks at what is already there. Polls
// are answered by arm::Service in the form that the provider registered. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/worker_pool.h"
#include "store/store.h"

namespace lazuli::arm {

struct Operation {
  std::string id;        // GUID by default
  std::string kind;      // "containerService.createCluster"
  std::string resource;  // id of the resource it works on, as typed
  std::string subscription;
  Json input = nullptr;               // what the body needs; no secrets
  std::string status = "InProgress";  // "InProgress", "Succeeded", "Failed", "Canceled"
  TimePoint started;
  TimePoint ended;        // meaningful once ended
  Json result = nullptr;  // what the body returned
  Error error;            // of a failed one
  bool done() const { return status != "InProgress"; }
};

// What a running body may use.
class OperationContext {
 public:
  virtual ~OperationContext() = default;
  virtual const Operation& operation() const = 0;
  virtual bool cancelled() const = 0;                // asked to stop: return soon
  virtual void progress(std::string_view step) = 0;  // shown by `lazuli status` and logged
};

class Operations {
 public:
  using Body = std::function<Result<Json>(OperationContext&)>;

  Operations(store::Store& store, const Clock& clock, Random& random, Log& log, unsigned threads = 16);
  ~Operations();  // asks running bodies to stop, waits for them; what had not ended goes on at the next start

  // Before resume(). One body for each kind.
  void define(std::string kind, Body body);
  // Runs again what a crash or shutdown interrupted. Once, after all kinds are defined.
  void resume();

  // In a transaction of the caller's (so that resource and operation appear together), then launch() after the commit.
  Operation prepare(store::Transaction& transaction, std::string kind, std::string resource, std::string subscription,
                    Json input);
  void launch(const Operation& operation);
  // Both in one.
  Result<Operation> start(std::string kind, std::string resource, std::string subscription, Json input);

  std::optional<Operation> find(std::string_view id) const;
  // The newest operation of a resource that is still running, if any.
  std::optional<Operation> running(std::string_view resource_key) const;
  std::vector<Operation> unfinished() const;
  std::string progress_of(std::string_view id) const;
  // Blocks until it has ended or the time is over; nothing if unknown.
  std::optional<Operation> wait(std::string_view id, std::chrono::milliseconds limit) const;
  void cancel(std::string_view id);

 private:
  struct Running;
  void run(const Operation& operation, const std::shared_ptr<Running>& running);
  void finish(Operation operation, const Result<Json>& outcome);

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  Log& log_;
  std::map<std::string, Body> bodies_;
  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;
  std::map<std::string, std::shared_ptr<Running>, std::less<>> running_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<WorkerPool> pool_;
};

}  // namespace lazuli::arm
