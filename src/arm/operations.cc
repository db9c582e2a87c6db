#include "arm/operations.h"

#include <charconv>

#include "base/text.h"

namespace lazuli::arm {

namespace {

constexpr std::string_view kOperations = "operations";

std::int64_t ticks(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count() / 100;
}
TimePoint from_ticks(std::int64_t count) {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(count * 100)));
}

Json to_json(const Operation& operation) {
  JsonObject out{{"id", operation.id},
                 {"kind", operation.kind},
                 {"resource", operation.resource},
                 {"subscription", operation.subscription},
                 {"input", operation.input},
                 {"status", operation.status},
                 {"started", ticks(operation.started)},
                 {"ended", ticks(operation.ended)},
                 {"result", operation.result}};
  if (operation.status == "Failed") {
    const Error& error = operation.error;
    out["error"] = JsonObject{{"code", error.code},
                              {"message", error.message},
                              {"status", error.status},
                              {"target", error.target},
                              {"details", error.details}};
  }
  return out;
}

Operation from_json(const Json& value) {
  Operation operation;
  operation.id = string_at(value, "id");
  operation.kind = string_at(value, "kind");
  operation.resource = string_at(value, "resource");
  operation.subscription = string_at(value, "subscription");
  operation.status = string_at(value, "status");
  operation.started = from_ticks(integer(find(value, "started")).value_or(0));
  operation.ended = from_ticks(integer(find(value, "ended")).value_or(0));
  if (const auto* input = find(value, "input")) operation.input = *input;
  if (const auto* result = find(value, "result")) operation.result = *result;
  if (const auto* error = find(value, "error")) {
    operation.error =
        Error{string_at(*error, "code"), string_at(*error, "message"),
              static_cast<int>(integer(find(*error, "status")).value_or(500)), string_at(*error, "target")};
    if (const auto* details = find(*error, "details")) operation.error.details = *details;
  }
  return operation;
}

}  // namespace

struct Operations::Running final : OperationContext {
  Operation subject;
  const std::atomic<bool>* stopping = nullptr;
  std::atomic<bool> cancel_asked{false};
  std::mutex mutex;
  std::string step;
  Log* log = nullptr;

  const Operation& operation() const override { return subject; }
  bool cancelled() const override { return cancel_asked || *stopping; }
  void progress(std::string_view text) override {
    log->info("arm", text, {{"operation", subject.id}, {"kind", subject.kind}, {"resource", subject.resource}});
    const std::lock_guard lock(mutex);
    step = text;
  }
};

Operations::Operations(store::Store& store, const Clock& clock, Random& random, Log& log, unsigned threads)
    : store_(store),
      clock_(clock),
      random_(random),
      log_(log),
      pool_(std::make_unique<WorkerPool>("operations", threads)) {}

Operations::~Operations() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ended_.notify_all();  // bodies that wait for another operation
  pool_.reset();
}

void Operations::define(std::string kind, Body body) {
  bodies_[std::move(kind)] = std::move(body);
}

void Operations::resume() {
  for (const auto& operation : unfinished()) {
    log_.info("arm", "Going on with an operation that was interrupted",
              {{"operation", operation.id}, {"kind", operation.kind}});
    launch(operation);
  }
}

Operation Operations::prepare(store::Transaction& transaction, std::string kind, std::string resource,
                              std::string subscription, Json input) {
  Operation operation;
  operation.id = random_.uuid();
  operation.kind = std::move(kind);
  operation.resource = std::move(resource);
  operation.subscription = std::move(subscription);
  operation.input = std::move(input);
  operation.started = operation.ended = clock_.now();
  transaction.put(kOperations, operation.id, to_json(operation));
  return operation;
}

void Operations::launch(const Operation& operation) {
  auto running = std::make_shared<Running>();
  running->subject = operation;
  running->stopping = &stopping_;
  running->log = &log_;
  {
    const std::lock_guard lock(mutex_);
    if (!running_.emplace(operation.id, running).second) return;
  }
  pool_->post([this, operation, running] { run(operation, running); });
}

Result<Operation> Operations::start(std::string kind, std::string resource, std::string subscription, Json input) {
  Operation operation;
  auto written = store_.transact([&](store::Transaction& transaction) -> Status {
    operation = prepare(transaction, kind, resource, subscription, input);
    return {};
  });
  if (!written) return written.error();
  launch(operation);
  return operation;
}

void Operations::run(const Operation& operation, const std::shared_ptr<Running>& running) {
  const auto body = bodies_.find(operation.kind);
  Result<Json> outcome =
      Error{"InternalServerError", "This version does not know operations of the kind " + operation.kind + ".", 500};
  if (body != bodies_.end()) {
    try {
      outcome = body->second(*running);
    } catch (const std::exception& problem) {
      outcome = Error{"InternalServerError", std::string("The operation failed: ") + problem.what(), 500};
    }
  }
  // Interrupted by shutdown: it stays InProgress in the journal and goes on at the next start.
  if (!(stopping_ && !outcome.ok())) finish(operation, outcome);
  {
    const std::lock_guard lock(mutex_);
    running_.erase(operation.id);
  }
  ended_.notify_all();
}

void Operations::finish(Operation operation, const Result<Json>& outcome) {
  operation.ended = clock_.now();
  operation.status = outcome ? "Succeeded" : outcome.error().code == "OperationCanceled" ? "Canceled" : "Failed";
  if (outcome) {
    operation.result = *outcome;
  } else {
    operation.error = outcome.error();
    log_.warning("arm", "Operation failed: " + operation.error.message,
                 {{"operation", operation.id},
                  {"kind", operation.kind},
                  {"code", operation.error.code},
                  {"resource", operation.resource}});
  }
  if (auto written = store_.put(kOperations, operation.id, to_json(operation)); !written) {
    log_.error("arm", written.error().message, {{"operation", operation.id}});
  }
}

std::optional<Operation> Operations::find(std::string_view id) const {
  const auto stored = store_.get(kOperations, to_lower(id));
  if (!stored) return std::nullopt;
  return from_json(stored->value);
}

std::optional<Operation> Operations::running(std::string_view resource_key) const {
  const std::lock_guard lock(mutex_);
  std::optional<Operation> newest;
  for (const auto& [id, running] : running_) {
    if (equals_ignoring_case(running->subject.resource, resource_key) &&
        (!newest || running->subject.started > newest->started))
      newest = running->subject;
  }
  return newest;
}

std::vector<Operation> Operations::unfinished() const {
  std::vector<Operation> found;
  for (const auto& stored : store_.list(kOperations)) {
    if (string_at(stored.value, "status") == "InProgress") found.push_back(from_json(stored.value));
  }
  return found;
}

std::string Operations::progress_of(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(id);
  if (found == running_.end()) return {};
  const std::lock_guard step_lock(found->second->mutex);
  return found->second->step;
}

std::optional<Operation> Operations::wait(std::string_view id, std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, limit, [&] { return stopping_ || running_.find(id) == running_.end(); });
  const bool ended = running_.find(id) == running_.end();
  lock.unlock();
  return ended ? find(id) : std::nullopt;
}

void Operations::cancel(std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(id); found != running_.end()) found->second->cancel_asked = true;
}

}  // namespace lazuli::arm
