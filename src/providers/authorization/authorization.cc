#include "providers/authorization/authorization.h"

#include <atomic>

#include "base/random.h"
#include "providers/authorization/access_table.h"
#include "providers/authorization/built_in_roles.h"
#include "providers/authorization/role_assignments.h"
#include "providers/authorization/role_definitions.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;

// Collections that a subscription here never has anything in.
void add_empty_list(arm::Service& service, std::string_view type) {
  arm::TypeSpec spec;
  spec.type = "Microsoft.Authorization/" + std::string(type);
  spec.api_versions = {"2022-04-01", "2015-07-01"};
  spec.list = [](const Call&) -> Result<Answer> { return Answer::json(200, JsonObject{{"value", JsonArray()}}); };
  service.add(std::move(spec));
}

}  // namespace

struct Authorization::State {
  State(store::Store& given_store, const Clock& given_clock, fault::Rules* given_faults)
      : store(given_store), clock(given_clock), faults(given_faults), table(given_store) {}

  store::Store& store;
  const Clock& clock;
  fault::Rules* faults;  // may be null
  AccessTable table;
  std::atomic<const entra::Entra*> entra{nullptr};  // set once, when the directory is there to ask
};

Authorization::Authorization(store::Store& store, const Clock& clock, fault::Rules* faults)
    : state_(std::make_unique<State>(store, clock, faults)) {}
Authorization::~Authorization() = default;

access::Decision Authorization::check(const access::Principal& who, std::string_view action, std::string_view scope,
                                      access::Plane plane) const {
  const fault::Target target{plane == access::Plane::data ? "openai" : "arm", who.app_id, who.object_id, scope};
  const auto delay = state_->faults ? state_->faults->find(fault::Kind::role_delay, target) : std::nullopt;
  const TimePoint settled = delay ? state_->clock.now() - delay->delay : TimePoint::max();
  auto decision = state_->table.check(who, action, scope, plane, settled);
  if (delay && !decision.allowed && state_->table.check(who, action, scope, plane).allowed) {
    state_->faults->count(delay->id);
  }
  if (!decision.allowed) return decision;
  // Assignments outlive their principal, as on Azure; its tokens may still be about, but grant nothing.
  const bool application =
      who.type == access::PrincipalType::service_principal || who.type == access::PrincipalType::managed_identity;
  const entra::Entra* directory = state_->entra;
  if (application && directory && !directory->find_by_object_id(who.object_id)) return {};
  return decision;
}

Status Authorization::ensure_owner(std::string_view object_id, access::PrincipalType type,
                                   std::string_view subscription_id) {
  const std::string scope = "/subscriptions/" + std::string(subscription_id);
  if (state_->table.has(object_id, kOwnerRole, scope)) return {};
  SystemRandom random;
  const std::string name = random.uuid();
  arm::Resource resource;
  resource.document = role_assignment(
      scope + "/providers/" + std::string(kRoleAssignments) + "/" + name, scope,
      scope + "/providers/" + std::string(kRoleDefinitions) + "/" + std::string(kOwnerRole), object_id,
      type == access::PrincipalType::user ? "User" : "ServicePrincipal", iso8601(state_->clock.now()), object_id);
  return arm::Resources(state_->store).save(resource);
}

void Authorization::add_to(arm::Service& service, const entra::Entra& entra) {
  state_->entra = &entra;
  add_role_definitions(service, state_->table);
  add_role_assignments(service, state_->table, entra);
  for (const std::string_view type : {"denyAssignments", "classicAdministrators", "roleAssignmentScheduleInstances",
                                      "roleEligibilityScheduleInstances", "policyAssignments"}) {
    add_empty_list(service, type);
  }
  arm::TypeSpec permissions;
  permissions.type = "Microsoft.Authorization/permissions";
  permissions.api_versions = {"2022-04-01", "2018-07-01", "2015-07-01"};
  permissions.list = [this](const Call& call) -> Result<Answer> {
    JsonArray items;
    for (const auto& each : state_->table.permissions_of(call.caller, call.id.scope().text())) {
      items.push_back(each.to_json());
    }
    return Answer::json(200, JsonObject{{"value", std::move(items)}});
  };
  service.add(std::move(permissions));
}

}  // namespace lazuli::providers
