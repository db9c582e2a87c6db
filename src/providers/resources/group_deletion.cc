#include "providers/resources/group_deletion.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/text.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::Operation;
using arm::Resource;
using arm::ResourceId;

constexpr std::string_view kKind = "resources.deleteGroup";
constexpr std::string_view kJobs = "resources.groupDeletions";  // the store's collection: poll token → operation's id
constexpr std::size_t kNameLimit = 47;  // of the escaped name; longer ones end in a hash (recorded)
constexpr auto kLimit = std::chrono::minutes(30);

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : to_upper(name)) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += plain ? std::string(1, c) : ":" + to_upper(hex(std::string_view(&c, 1)));
  }
  return out;
}

// FNV-1a: tells long names apart that begin alike.
std::string hash(std::string_view text) {
  std::uint64_t value = 14695981039346656037U;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211U;
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return to_upper(hex(bytes));
}

std::string job_key(const std::string& subscription, const std::string& token) {
  return to_lower(subscription) + "/" + token;
}

// A resource of the group, and all that is stored at or below it as text: what it refers to stands in there.
struct Member {
  ResourceId id;
  std::string text;
};

std::vector<Member> members_of(arm::Service& service, const ResourceId& group) {
  std::vector<Member> members;
  for (const arm::TypeSpec* type : service.types()) {
    if (!type->tracked || !type->del) continue;
    for (const auto& resource : service.resources().of_type(type->type, group.text())) {
      auto id = ResourceId::parse(resource.id());
      if (!id || id->segments().size() != 1) continue;  // children go with what they are in
      Member member{*id, to_lower(to_text(resource.document))};
      for (const auto& below : service.resources().below(*id)) member.text += to_lower(to_text(below.document));
      members.push_back(std::move(member));
    }
  }
  return members;
}

// Those that nothing else in the group refers to. Of a circle, everything.
std::vector<ResourceId> deletable(const std::vector<Member>& members) {
  std::vector<ResourceId> free, all;
  for (const auto& member : members) {
    const std::string key = member.id.key();
    const bool used = std::ranges::any_of(members, [&](const Member& other) {
      return other.id.key() != key && other.text.find("\"" + key) != std::string::npos;
    });
    if (!used) free.push_back(member.id);
    all.push_back(member.id);
  }
  return free.empty() ? all : free;
}

}  // namespace

std::string deletion_token(const std::string& group, const std::string& location) {
  std::string name = escaped(group);
  if (name.size() > kNameLimit) name = name.substr(0, kNameLimit) + "|" + hash(name);
  return base64url("{\"jobId\":\"RESOURCEGROUPDELETIONJOB-" + name + "-" + to_upper(location) +
                   "\",\"jobLocation\":\"" + location + "\"}");
}

GroupDeletion::GroupDeletion(arm::Service& service) : service_(service) {
  service_.operations().define(std::string(kKind), [this](arm::OperationContext& context) { return run(context); });
}

Result<Answer> GroupDeletion::begin(const Call& call) {
  std::string token;
  std::optional<Operation> begun;
  auto written = service_.parts().store.transact([&](store::Transaction& transaction) -> Status {
    begun.reset();
    auto group = arm::Resources::get(transaction, call.id);
    if (!group) return arm::group_not_found(call.id.resource_group());
    token = deletion_token(call.id.resource_group(), string_or(group->document.if_contains("location")));
    if (group->property_text("provisioningState") == "Deleting") return {};  // its deletion is under way
    group->properties()["provisioningState"] = "Deleting";
    arm::Resources::save(transaction, *group);
    begun = service_.operations().prepare(transaction, std::string(kKind), group->id(), call.id.subscription(),
                                          JsonObject{{"group", group->id()}});
    transaction.put(kJobs, job_key(call.id.subscription(), token), Json(begun->id));
    return {};
  });
  if (!written) return written.error();
  Answer answer = accepted(call, token);
  if (begun) {
    service_.operations().launch(*begun);
    answer.operation = begun->id;
  }
  return answer;
}

Answer GroupDeletion::accepted(const Call& call, const std::string& token) const {
  Answer answer = Answer::no_body(202);
  answer.headers.set("Location", "https://management.azure.com/subscriptions/" + call.id.subscription() +
                                     "/operationresults/" + token + "?api-version=" + call.api_version);
  // Azure says 15 seconds; what is deleted here is gone sooner.
  answer.headers.set("Retry-After", "1");
  return answer;
}

Result<Answer> GroupDeletion::poll(const Call& call) const {
  const std::string token = call.path.substr(call.path.rfind('/') + 1);
  const auto job = service_.parts().store.get(kJobs, job_key(call.id.subscription(), token));
  const auto operation = job ? service_.operations().find(string_or(&job->value)) : std::nullopt;
  if (!operation) return Error{"NotFound", "The operation '" + token + "' could not be found.", 404};
  if (!operation->done()) return accepted(call, token);
  if (operation->status != "Succeeded") {
    return operation->status == "Canceled" ? Error{"OperationCanceled", "The operation was canceled.", 409}
                                           : operation->error;
  }
  return Answer::no_body(200);
}

// Some types do not go while they hold others (an account with deployments): then those go first, the deepest before
// what it is in. Whether one of them stays shows when the resource itself is tried again.
Result<Answer> GroupDeletion::remove(const ResourceId& id) {
  auto deleted = service_.call_and_wait("DELETE", id.text(), nullptr, kLimit);
  if (deleted || deleted.error().code != "CannotDeleteResource") return deleted;
  auto nested = service_.resources().below(id);
  std::ranges::sort(nested, std::greater<>(), [](const Resource& child) { return child.id().size(); });
  for (const auto& child : nested) (void)service_.call_and_wait("DELETE", child.id(), nullptr, kLimit);
  return service_.call_and_wait("DELETE", id.text(), nullptr, kLimit);
}

Result<Json> GroupDeletion::run(arm::OperationContext& context) {
  const auto group = ResourceId::parse(string_at(context.operation().input, "group"));
  if (!group) return Error{"InternalServerError", "The operation names no group.", 500};
  std::vector<std::string> failed;
  Error last;
  for (;;) {
    auto members = members_of(service_, *group);
    std::erase_if(members,
                  [&](const Member& member) { return std::ranges::find(failed, member.id.key()) != failed.end(); });
    if (members.empty()) break;
    for (const auto& id : deletable(members)) {
      if (context.cancelled()) return Error{"OperationCanceled", "The deletion was interrupted.", 409};
      context.progress("Deleting " + id.type() + " " + id.name());
      auto deleted = remove(id);
      if (context.cancelled()) return Error{"OperationCanceled", "The deletion was interrupted.", 409};
      // One that answers well and stays would be tried forever.
      if (!deleted && deleted.error().status != 404) last = deleted.error();
      if (service_.resources().get(id)) failed.push_back(id.key());
    }
  }
  if (failed.empty()) {
    if (auto gone = service_.forget(*group); !gone) last = gone.error();
  }
  if (!service_.resources().get(*group)) return Json(nullptr);
  (void)service_.resources().update(*group, [](Resource& resource) -> Status {
    resource.properties()["provisioningState"] = "Succeeded";
    return {};
  });
  if (last.message.empty()) last.message = "Some resources of the group could not be deleted.";
  return Error{"ResourceGroupDeletionBlocked",
               "Deletion of resource group '" + group->name() + "' did not finish: " + last.message, 409};
}

}  // namespace lazuli::providers
