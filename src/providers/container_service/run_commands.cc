#include "providers/container_service/run_commands.h"

#include <algorithm>

#include "base/text.h"
#include "providers/container_service/command_context.h"
#include "providers/container_service/flat_error.h"
#include "providers/container_service/vocabulary.h"

namespace lazuli::providers::container_service {
namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;
using cluster::CommandProgress;
using cluster::PodCommand;
using std::chrono::steady_clock;

constexpr std::size_t kMostAtOnce = 8, kMostKept = 20;
constexpr auto kStartLimit = std::chrono::seconds(30);   // AKS's
constexpr auto kReturnLimit = std::chrono::minutes(3);   // for a cluster that is being brought back
constexpr auto kPause = std::chrono::milliseconds(100);  // while it is not there
constexpr const char* kRetryAfter = "1";

Error not_run(std::string_view why) {
  return refusal("KubernetesOperationError",
                 "Failed to run command in managed cluster due to kubernetes failure. details: " + std::string(why));
}

Error not_started(const std::string& id, const std::string& waiting) {
  return refusal("KubernetesPerformanceError",
                 "Failed to run command due to cluster perf issue, container " + cluster::command_name(id) +
                     " in aks-command namespace did not start within 30s on your cluster, retry may helps. If issue "
                     "persist, you may need to tune your cluster with better performance (larger node/paid tier)." +
                     (waiting.empty() ? "" : " Details: " + waiting));
}

bool settled(const Resource& command) {
  return command.property_text("provisioningState") != state::kRunning;
}

bool settled_or_started(const std::optional<Resource>& command) {
  return !command || settled(*command) || command->property("startedAt");
}

// As AKS answers it: the id alone, and no names or types.
JsonObject shown(const Resource& command) {
  return {{"id", string_or(command.document.if_contains("name"))},
          {"properties", *command.document.if_contains("properties")}};
}

// As recorded, with the second segment in lower case.
std::string address_of(const Call& call, const ResourceId& id) {
  const auto cluster = id.parent();
  return "https://management.azure.com" + cluster->scope().text() + "/providers/" + std::string(kProvider) +
         "/managedclusters/" + cluster->name() + "/commandResults/" + id.name() + "?api-version=" + call.api_version;
}

void add_poll(Answer& answer, const Call& call, const ResourceId& id) {
  answer.headers.set("Location", address_of(call, id));
  answer.headers.set("Retry-After", kRetryAfter);
}

JsonObject succeeded(const CommandProgress& progress) {
  return {{"provisioningState", state::kSucceeded},
          {"exitCode", *progress.exit_code},
          {"startedAt", progress.started},
          {"finishedAt", progress.finished},
          {"logs", progress.log}};
}

JsonObject failed(std::string_view reason) {
  return {{"provisioningState", state::kFailed}, {"reason", reason}};
}

// What passes by itself: the cluster is being brought back, or its API server has too much to do.
bool passes(const Error& error) {
  return error.code == "ClusterNotRunning" || error.status >= 500 || error.status == 429;
}

}  // namespace

void RunCommands::define() {
  service_.operations().define(std::string(kind::kRunCommand),
                               [this](arm::OperationContext& context) { return run(context); });
}

Result<Answer> RunCommands::post(const Call& call) {
  const auto cluster = service_.resources().get(call.id);
  if (!cluster) return arm::resource_not_found(call.id);
  const auto command = prepared(call, *cluster);
  if (!command) return flat_error(command.error());
  const auto id = call.id.child("commandResults", command->id);
  const auto operation = begin(call.id, id, *command);
  if (!operation) {
    Answer answer = flat_error(operation.error());
    if (answer.status == 429) answer.headers.set("Retry-After", "5");
    return answer;
  }
  Answer answer = Answer::no_body(202);
  answer.operation = operation->id;
  add_poll(answer, call, id);
  return await_start(id, std::move(answer));
}

Result<PodCommand> RunCommands::prepared(const Call& call, const Resource& cluster) const {
  const Json* access = cluster.property("apiServerAccessProfile");
  if (access && bool_or(find(*access, "disableRunCommand")))
    return refusal("BadRequest", "Run command is disabled for this managed cluster.",
                   "apiServerAccessProfile.disableRunCommand");
  const auto power = cluster.property("powerState") ? string_at(*cluster.property("powerState"), "code") : "";
  const auto provisioning = cluster.property_text("provisioningState");
  const auto kubectl = kubectl_(cluster.id());
  const auto objects = objects_(cluster.id());
  const bool ending = power == "Stopped" || provisioning == state::kStopping || provisioning == state::kDeleting;
  if (ending || !objects)
    return Error{"OperationNotAllowed",
                 "managed cluster is in Provisioning State(" + provisioning + ") and Power State(" + power +
                     "), run command cannot be performed",
                 409};
  if (!kubectl) return kubectl.error();
  PodCommand command;
  command.command = string_at(call.body, "command");
  if (trim(command.command).empty())
    return refusal("InvalidParameter", "Required parameter command is missing (null).", "command");
  if (command.command.size() >= cluster::kCommandLimit)
    return Error{"RequestEntityTooLarge", "The command is too long: at most 1 MiB with its files.", 413, "command"};
  auto files = command_files(string_at(call.body, "context"), cluster::kCommandLimit - command.command.size());
  if (!files) return files.error();
  command.files = *std::move(files);
  command.id = replace_all(service_.parts().random.uuid(), "-", "");
  return command;
}

Result<arm::Operation> RunCommands::begin(const ResourceId& cluster, const ResourceId& id, const PodCommand& command) {
  const std::lock_guard lock(mutex_);
  if (running_.size() >= kMostAtOnce)
    return Error{"TooManyRequests",
                 "Too many commands are running: at most " + std::to_string(kMostAtOnce) + " at once. Try again later.",
                 429};
  Resource record;
  record.document = {{"id", id.text()}, {"name", id.name()}, {"type", kCommandType}};
  record.properties() = {{"provisioningState", state::kRunning}};
  record.hidden() = {{"accepted", iso8601(service_.parts().clock.now())},
                     {"command", command.command},
                     {"files", base64(command.files)}};
  arm::Operation operation;
  auto written = service_.resources().store().transact([&](store::Transaction& transaction) -> Status {
    arm::Resources::save(transaction, record);
    operation = service_.operations().prepare(transaction, std::string(kind::kRunCommand), id.text(), id.subscription(),
                                              nullptr);
    return {};
  });
  if (!written) return written.error();
  running_.try_emplace(operation.id, Running{cluster});
  service_.operations().launch(operation);
  return operation;
}

// AKS answers when the command's container has started, or cannot.
Result<Answer> RunCommands::await_start(const ResourceId& id, Answer begun) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, 2 * kStartLimit, [&] { return settled_or_started(service_.resources().get(id)); });
  const auto command = service_.resources().get(id);
  if (!command || !settled(*command) || command->property("startedAt")) return begun;
  return flat_error(refusal(command->private_text("code"), command->property_text("reason")));
}

Result<Answer> RunCommands::get(const Call& call) const {
  const auto command = service_.resources().get(call.id);
  if (!command) return arm::resource_not_found(call.id);
  if (settled(*command)) return Answer::json(200, shown(*command));
  Answer answer = Answer::json(202, shown(*command));
  add_poll(answer, call, call.id);
  return answer;
}

void RunCommands::end_all(const ResourceId& cluster) {
  const auto is_its = [&](const auto& entry) { return entry.second.cluster.key() == cluster.key(); };
  std::unique_lock lock(mutex_);
  for (auto& entry : running_)
    if (is_its(entry)) entry.second.end = true;
  changed_.notify_all();
  changed_.wait_for(lock, kStartLimit, [&] { return std::ranges::none_of(running_, is_its); });
}

bool RunCommands::asked_to_end(const std::string& operation) const {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(operation);
  return found != running_.end() && found->second.end;
}

Result<Json> RunCommands::run(arm::OperationContext& context) {
  const auto& operation = context.operation();
  const auto id = ResourceId::parse(operation.resource);
  if (!id || !id->parent()) return Error{"InternalServerError", "The operation's resource has no id.", 500};
  {
    const std::lock_guard lock(mutex_);  // after a restart it is not there yet
    running_.try_emplace(operation.id, Running{*id->parent()});
  }
  context.progress("running a command in the cluster");
  auto ended = run_to_end(context, *id);
  const std::lock_guard lock(mutex_);
  running_.erase(operation.id);
  changed_.notify_all();
  return ended;
}

// What is settled stays as it is: then only the pod is left to be taken away.
Result<Json> RunCommands::run_to_end(arm::OperationContext& context, const ResourceId& id) {
  Status outcome;
  if (const auto command = service_.resources().get(id); command && !settled(*command)) {
    const auto progress = followed(context, id);
    if (!progress && context.cancelled()) return progress.error();          // goes on at the next start
    if (!progress && progress.error().status == 404) return Json(nullptr);  // its cluster is being deleted
    outcome = progress ? settle(id, succeeded(*progress))
                       : settle(id, failed(progress.error().message), progress.error().code);
    if (outcome && !progress) outcome = progress.error();
  }
  if (const auto objects = objects_(id.parent()->text()))
    if (auto removed = cluster::remove_command(**objects, id.name()); !removed)
      service_.parts().log.warning("containerService", "a command's pod could not be removed",
                                   {{"command", id.name()}, {"reason", removed.error().message}});
  forget_old(id);
  return outcome ? Result<Json>(Json(nullptr)) : outcome.error();
}

Result<CommandProgress> RunCommands::followed(arm::OperationContext& context, const ResourceId& id) {
  const std::string& operation = context.operation().id;
  auto last_seen = steady_clock::now();
  std::optional<steady_clock::time_point> first_seen;
  for (;;) {
    if (asked_to_end(operation)) return not_run("The managed cluster was stopped.");
    if (context.cancelled()) return Error{"Cancelled", "Interrupted.", 409};
    const auto command = service_.resources().get(id);
    if (!command) return arm::resource_not_found(id);
    auto progress = look(*command, id);
    const auto now = steady_clock::now();
    if (progress) {
      last_seen = now;
      first_seen = first_seen.value_or(now);
      if (!progress->failure.empty()) return not_run(progress->failure);
      if (progress->ended()) return progress;
      if (progress->started.empty() && now - *first_seen > kStartLimit)
        return not_started(id.name(), progress->waiting);
    } else if (!passes(progress.error()) || now - last_seen > kReturnLimit) {
      return not_run(progress.error().message);
    } else {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kPause);
    }
  }
}

// Makes the pod if there has been none, and returns when there is something new to see of it, or after a while.
Result<CommandProgress> RunCommands::look(const Resource& command, const ResourceId& id) {
  const std::string owner = id.parent()->text();
  const auto objects = objects_(owner);
  if (!objects) return objects.error();
  if (const auto files = base64_decode(command.private_text("files")); files && !files->empty()) {
    const auto kubectl = kubectl_(owner);
    if (!kubectl) return kubectl.error();
    const auto made = cluster::make_command(**objects, {id.name(), command.private_text("command"), *files, *kubectl});
    if (!made) return made.error();
    auto noted = service_.resources().update(id, [](Resource& stored) -> Status {
      stored.hidden().erase("command");
      stored.hidden().erase("files");
      return {};
    });
    if (!noted) return noted.error();
  }
  auto progress = cluster::command_progress(**objects, id.name());
  if (!progress || progress->ended()) return progress;
  if (!progress->started.empty() && !command.property("startedAt")) {
    auto noted = service_.resources().update(id, [&](Resource& stored) -> Status {
      stored.properties()["startedAt"] = progress->started;
      return {};
    });
    if (!noted) return noted.error();
    tell();
  }
  cluster::await_change(**objects, id.name(), *progress);
  return progress;
}

Status RunCommands::settle(const ResourceId& id, JsonObject properties, std::string_view code) {
  auto written = service_.resources().update(id, [&](Resource& command) -> Status {
    if (const Json* started = command.property("startedAt"); started && !properties.contains("startedAt"))
      properties["startedAt"] = *started;
    command.properties() = properties;
    command.hidden()["code"] = code;
    command.hidden().erase("command");
    command.hidden().erase("files");
    return {};
  });
  tell();
  return written;
}

void RunCommands::tell() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

// Of a cluster's results the newest stay.
void RunCommands::forget_old(const ResourceId& id) {
  auto commands = service_.resources().children(*ResourceId::parse(id.parent()->text() + "/commandResults"));
  std::erase_if(commands, [](const Resource& command) { return !settled(command); });
  if (commands.size() <= kMostKept) return;
  const auto newer = [](const Resource& a, const Resource& b) {
    return a.private_text("accepted") > b.private_text("accepted");
  };
  std::ranges::sort(commands, newer);
  for (std::size_t i = kMostKept; i < commands.size(); ++i) {
    const auto old = ResourceId::parse(commands[i].id());
    if (!old) continue;
    [[maybe_unused]] const auto removed = service_.resources().remove(*old);
  }
}

}  // namespace lazuli::providers::container_service
