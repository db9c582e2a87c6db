#include "registry/runs.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "registry/build_settings.h"
#include "registry/names.h"

namespace lazuli::registry {

namespace {

constexpr std::string_view kRuns = "registry.runs";          // REGISTRY ID|NUMBER: {request, properties}
constexpr std::string_view kCounters = "registry.counters";  // REGISTRY ID: {last}
constexpr std::int64_t kLongest = 28800;                     // seconds: Azure's own bound for a run
constexpr unsigned kAtOnce = 2;

// Azure's run ids: "c", a letter for the region, a number that counts within the registry.
std::string run_id(std::int64_t number) {
  return "ca" + std::to_string(number);
}

std::optional<std::string> store_key(std::string_view registry_id, std::string_view run) {
  if (!run.starts_with("ca") || run.size() < 3 || run.size() > 12) return std::nullopt;
  const std::string_view digits = run.substr(2);
  if (!std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c); })) return std::nullopt;
  return to_lower(registry_id) + "|" + std::string(10 - std::min<std::size_t>(10, digits.size()), '0') +
         std::string(digits);
}

bool ended(std::string_view status) {
  return status != "Queued" && status != "Started" && status != "Running";
}

std::string log_word(std::string_view status) {
  if (status == "Succeeded") return "successful";
  if (status == "Canceled") return "canceled";
  if (status == "Timeout") return "timedout";
  return "failed";
}

Error bad_request(std::string code, std::string message) {
  return {std::move(code), std::move(message), 400};
}

Status check_request(const Json& request) {
  const std::string type = string_at(request, "type");
  if (type != "DockerBuildRequest" && type != "FileTaskRunRequest" && type != "EncodedTaskRunRequest")
    return bad_request("OperationNotSupported", "Runs of type '" + type +
                                                    "' are not supported here; builds (az acr build) and task files "
                                                    "(az acr run) are.");
  const std::string os = string_at(request, "platform", "os");
  if (!os.empty() && !equals_ignoring_case(os, "linux"))
    return bad_request("OperationNotSupported", "Builds for '" + os + "' are not supported; linux is.");
  const std::string architecture = string_at(request, "platform", "architecture");
  if (!architecture.empty() && !equals_ignoring_case(architecture, "amd64"))
    return bad_request("OperationNotSupported", "Builds for '" + architecture + "' are not supported; amd64 is.");
  if (type != "EncodedTaskRunRequest" && string_at(request, "sourceLocation").empty())
    return bad_request("InvalidParameter", "sourceLocation is required: upload the context first.");
  return {};
}

JsonObject new_properties(const std::string& id, const Json& request, const std::string& now) {
  JsonObject platform{{"os", "linux"}, {"architecture", "amd64"}};
  if (const Json* given = lazuli::find(request, "platform"); given && given->is_object())
    for (const auto& member : given->as_object())
      if (!member.value().is_null()) platform[member.key()] = member.value();
  return JsonObject{{"runId", id},
                    {"status", "Queued"},
                    {"lastUpdatedTime", now},
                    {"runType", "QuickRun"},
                    {"createTime", now},
                    {"platform", std::move(platform)},
                    {"agentConfiguration", JsonObject{{"cpu", 2}}},
                    {"provisioningState", "Succeeded"},
                    {"isArchiveEnabled", bool_or(lazuli::find(request, "isArchiveEnabled"))}};
}

// Azure's order of members, whatever was added when.
Json in_order(const JsonObject& properties) {
  JsonObject out;
  for (const char* name :
       {"runId", "status", "lastUpdatedTime", "runType", "createTime", "startTime", "finishTime", "outputImages",
        "task", "platform", "agentConfiguration", "runErrorMessage", "provisioningState", "isArchiveEnabled"})
    if (const auto* value = properties.if_contains(name)) out[name] = *value;
  return out;
}

}  // namespace

Runs::Live::~Live() {
  if (event >= 0) ::close(event);
}

Runs::Runs(store::Store& store, const Clock& clock, Log& log, TaskStorage& storage, Builder& builder)
    : store_(store), clock_(clock), log_(log), storage_(storage), builder_(builder) {
  settle_interrupted();
  pool_ = std::make_unique<WorkerPool>("builds", kAtOnce);
  pool_->post([this] { builder_.sweep(); });
}

Runs::~Runs() {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, live] : live_) ::eventfd_write(live->event, 1);
  }
  pool_.reset();
}

void Runs::settle_interrupted() {
  for (const auto& document : store_.list(kRuns)) {
    const std::string status = string_at(document.value, "properties", "status");
    if (ended(status)) continue;
    const std::string registry_id = document.key.substr(0, document.key.rfind('|'));
    const std::string run = string_at(document.value, "properties", "runId");
    storage_.append_log(registry_id, run,
                        "Run ID: " + run + " failed: lazuli was ended while it ran. Start it again.\r\n");
    storage_.complete_log(registry_id, run, "failed");
    storage_.remove_source(registry_id, string_at(document.value, "request", "sourceLocation"));
    const auto changed = change(registry_id, run,
                                {{"status", "Failed"},
                                 {"finishTime", iso8601(clock_.now())},
                                 {"runErrorMessage", "the run was interrupted: lazuli was ended while it ran"}});
    if (!changed) log_.error("registry", changed.error().message, {{"run", run}});
  }
}

Result<Json> Runs::schedule(const RegistrySettings& registry, const Json& request) {
  if (auto good = check_request(request); !good) return good.error();
  const std::string id = to_lower(registry.resource_id);
  std::string run;
  JsonObject properties;
  auto stored = store_.transact([&](store::Transaction& transaction) -> Status {
    const auto counter = transaction.get(kCounters, id);
    const std::int64_t number = counter ? integer(lazuli::find(counter->value, "last")).value_or(0) + 1 : 1;
    run = run_id(number);
    properties = new_properties(run, request, iso8601(clock_.now()));
    transaction.put(kCounters, id, JsonObject{{"last", number}});
    transaction.put(kRuns, *store_key(id, run),
                    JsonObject{{"request", without_secrets(request)}, {"properties", properties}});
    return {};
  });
  if (!stored) return stored.error();
  storage_.start_log(id, run);
  auto live = std::make_shared<Live>();
  live->event = ::eventfd(0, EFD_CLOEXEC);
  {
    const std::lock_guard lock(mutex_);
    live_[*store_key(id, run)] = live;
  }
  pool_->post([this, registry, run, request, live] { perform(registry, run, request, live); });
  return in_order(properties);
}

void Runs::perform(const RegistrySettings& registry, const std::string& run, const Json& request,
                   const std::shared_ptr<Live>& live) {
  const std::string id = to_lower(registry.resource_id);
  BuildOutcome outcome{"Canceled", {}, {}};
  {
    const auto mutex = turn(id);
    const std::lock_guard one_at_a_time(*mutex);
    if (!live->cancelled) {
      (void)change(id, run, {{"status", "Running"}, {"startTime", iso8601(clock_.now())}});
      const std::int64_t wanted = integer(lazuli::find(request, "timeout")).value_or(kLongest);
      outcome =
          builder_.build({registry, run, request, std::chrono::seconds(std::clamp<std::int64_t>(wanted, 1, kLongest)),
                          live->event, &live->cancelled});
    }
  }
  JsonObject fields{{"status", outcome.status}, {"finishTime", iso8601(clock_.now())}};
  if (!outcome.images.empty()) fields["outputImages"] = outcome.images;
  if (!outcome.error.empty()) fields["runErrorMessage"] = outcome.error;
  if (auto changed = change(id, run, std::move(fields)); !changed && changed.error().code != "NotFound")
    log_.error("registry", changed.error().message, {{"run", run}});
  // After the document, so that who sees the log's end and asks for the run sees it ended.
  storage_.complete_log(id, run, log_word(outcome.status));
  log_.info("registry", "build run ended",
            {{"registry", registry.login_server}, {"run", run}, {"status", outcome.status}});
  const std::lock_guard lock(mutex_);
  live_.erase(*store_key(id, run));
}

std::shared_ptr<std::mutex> Runs::turn(const std::string& registry_id) {
  const std::lock_guard lock(mutex_);
  auto& mutex = turns_[registry_id];
  if (!mutex) mutex = std::make_shared<std::mutex>();
  return mutex;
}

Status Runs::change(std::string_view registry_id, std::string_view run, JsonObject fields) {
  const auto key = store_key(registry_id, run);
  if (!key) return Error{"NotFound", "There is no such run.", 404};
  return store_.update(kRuns, *key, [&](Json& value) -> Status {
    JsonObject& properties = object_at(value.as_object(), "properties");
    for (const auto& field : fields) properties[field.key()] = field.value();
    properties["lastUpdatedTime"] = iso8601(clock_.now());
    return {};
  });
}

std::optional<Json> Runs::find(std::string_view registry_id, std::string_view run) const {
  const auto key = store_key(registry_id, run);
  const auto document = key ? store_.get(kRuns, *key) : std::nullopt;
  if (!document) return std::nullopt;
  return in_order(lazuli::find(document->value, "properties")->as_object());
}

std::vector<Json> Runs::list(std::string_view registry_id) const {
  std::vector<Json> out;
  for (const auto& document : store_.list(kRuns, to_lower(registry_id) + "|"))
    out.push_back(in_order(lazuli::find(document.value, "properties")->as_object()));
  std::reverse(out.begin(), out.end());
  return out;
}

Status Runs::cancel(std::string_view registry_id, std::string_view run) {
  const auto key = store_key(registry_id, run);
  const auto document = key ? store_.get(kRuns, *key) : std::nullopt;
  if (!document) return Error{"NotFound", "There is no such run.", 404};
  if (ended(string_at(document->value, "properties", "status")))
    return bad_request("RunCannotBeCanceled", "The run " + std::string(run) + " has ended already.");
  const std::lock_guard lock(mutex_);
  if (const auto live = live_.find(*key); live != live_.end()) {
    live->second->cancelled = true;
    ::eventfd_write(live->second->event, 1);
  }
  return {};
}

Result<Json> Runs::archive(std::string_view registry_id, std::string_view run, bool archived) {
  if (auto changed = change(registry_id, run, {{"isArchiveEnabled", archived}}); !changed) return changed.error();
  return *find(registry_id, run);
}

void Runs::remove_all(std::string_view registry_id) {
  const std::string id = to_lower(registry_id);
  for (const auto& document : store_.list(kRuns, id + "|"))
    (void)cancel(id, string_at(document.value, "properties", "runId"));
  const auto mutex = turn(id);
  const std::lock_guard after_the_last(*mutex);
  for (const auto& document : store_.list(kRuns, id + "|")) (void)store_.erase(kRuns, document.key);
  (void)store_.erase(kCounters, id);
  builder_.remove_all(id);
  storage_.remove_all(id);
  pool_->post([this] { builder_.sweep(); });
}

}  // namespace lazuli::registry
