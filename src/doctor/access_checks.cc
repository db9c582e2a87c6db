#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/doctor.h"
#include "doctor/words.h"
#include "openai/firewall.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kWantedRole = "Cognitive Services OpenAI User";

struct Assignment {
  std::string principal, type, role, scope;
  bool data = false;  // the role has some data action of Cognitive Services
};

bool has_data_actions(const Json& definition) {
  const Json* permissions = find(definition, "properties", "permissions");
  if (!permissions || !permissions->is_array()) return false;
  for (const auto& permission : permissions->get_array()) {
    const Json* actions = find(permission, "dataActions");
    if (!actions || !actions->is_array()) continue;
    for (const auto& action : actions->get_array()) {
      const auto text = string_or(&action);
      if (text.starts_with('*') || starts_with_ignoring_case(text, "Microsoft.CognitiveServices/")) return true;
    }
  }
  return false;
}

std::vector<Assignment> assignments(const Scene& scene) {
  std::vector<Assignment> found;
  auto& service = scene.parts.service;
  for (const auto& held : service.resources().of_type(kRoleAssignmentType)) {
    Assignment made{held.property_text("principalId"),
                    held.property_text("principalType"),
                    held.property_text("roleDefinitionId"),
                    {}};
    const auto id = arm::ResourceId::parse(held.id());
    made.scope = id ? id->scope().text() : held.property_text("scope");
    if (const auto definition = service.call("GET", made.role)) {
      made.data = has_data_actions(definition->body);
      made.role = string_at(definition->body, "properties", "roleName");
    }
    found.push_back(std::move(made));
  }
  return found;
}

bool covers(std::string_view scope, std::string_view account) {
  return starts_with_ignoring_case(std::string(account) + "/", std::string(scope) + "/");
}

void add_missing_role(Scene& scene) {
  const auto& principal = scene.identity->principal_id;
  const auto account = scene.account->id();
  auto cause = std::string("role-missing");
  std::string found = "it has no role here";
  const auto delay = fault_of(scene, "openai", account, {fault::Kind::role_delay, fault::Kind::negative_cache});
  const auto is_client_id = [&](const Assignment& one) {
    return equals_ignoring_case(one.principal, scene.identity->client_id);
  };
  const auto is_gone = [&](const Assignment& one) {
    return one.type == "ServicePrincipal" && !find_identity(scene.parts, one.principal);
  };
  for (const auto& one : assignments(scene)) {
    const bool own = equals_ignoring_case(one.principal, principal);
    const bool here = covers(one.scope, account);
    if (own && here && one.data && delay) {
      auto& finding = scene.wrong("role", "role-delayed-by-fault");
      finding.expected = "'" + one.role + "' on " + one.scope + " counts";
      finding.found = "it was asked for that it does not yet: " + fault::text(*delay);
      finding.mend = "lazuli fault clear " + std::to_string(delay->id);
      return;
    }
    if (own && here && cause != "role-of-another-kind") {
      cause = one.data ? "role-of-another-kind" : "role-without-data-actions";
      found = "it has '" + one.role + "', which does not allow that data action";
    } else if (own && one.data && !here && cause == "role-missing") {
      cause = "role-on-another-scope";
      found = "it has '" + one.role + "' on " + one.scope;
    } else if (!own && here && one.data && (cause == "role-missing" || is_client_id(one))) {
      cause = "role-of-another-principal";
      found = "'" + one.role + "' is given to " + one.principal +
              (is_client_id(one)     ? ", which is its client id"
               : one.type == "Group" ? ", a group that it is not in"
               : is_gone(one)        ? ", which was deleted"
                                     : "");
    }
  }
  auto& finding = scene.wrong("role", cause);
  finding.expected = "the identity (object id " + principal + ") may do " + scene.action + " on " + account;
  finding.found = found;
  finding.mend = commands::assign_role(principal, scene.identity->user, kWantedRole, account);
}

// A variable that holds a key of Azure OpenAI, as clients name them.
const Variable* key_variable(const Scene& scene) {
  for (const auto& container : scene.containers) {
    for (const auto* variable : container.environment.with_word({"KEY"})) {
      const auto name = to_upper(variable->name);
      const bool meant = contains(name, "OPENAI") || contains(name, "COGNITIVE") || contains(name, "AISERVICES");
      if (meant && !variable->value.empty()) return variable;
    }
  }
  return nullptr;
}

// Where the cluster's pods call from: lazuli sees their own addresses.
std::string pod_range(const Scene& scene) {
  const auto* profile = scene.cluster_document.property("networkProfile");
  return profile ? string_at(*profile, "podCidr") : std::string();
}

bool admits_pod(const Scene& scene, const Json& rules) {
  std::vector<std::string> allowed;
  for (const auto& one : array_at(rules, "ipRules")) allowed.push_back(string_at(one, "value"));
  const auto own = string_at(scene.pod, "status", "podIP");
  const auto range = pod_range(scene);
  return openai::address_allowed(own.empty() ? range.substr(0, range.find('/')) : own, allowed);
}

}  // namespace

void check_role(Scene& scene) {
  if (!scene.identity || !scene.account) {
    scene.unknown("role", "no identity or no account to look with");
    return;
  }
  access::Principal principal;
  principal.type = scene.identity->user ? access::PrincipalType::user : access::PrincipalType::managed_identity;
  principal.object_id = scene.identity->principal_id;
  principal.tenant_id = scene.identity->tenant_id;
  if (scene.parts.groups_of) principal.groups = scene.parts.groups_of(principal.object_id);
  const auto decision = scene.parts.authorizer.check(principal, scene.action, scene.account->id(), access::Plane::data);
  if (!decision.allowed) return add_missing_role(scene);
  scene.good("role", "'" + decision.role + "' on " + decision.scope);
}

void check_network(Scene& scene) {
  if (!scene.account) return;
  const auto id = arm::ResourceId::parse(scene.account->id()).value_or(arm::ResourceId());
  const auto* rules = scene.account->property("networkAcls");
  const bool disabled = equals_ignoring_case(scene.account->property_text("publicNetworkAccess"), "Disabled");
  const bool denied =
      rules && equals_ignoring_case(string_at(*rules, "defaultAction"), "Deny") && !admits_pod(scene, *rules);
  if (!disabled && !denied) return;
  auto& finding = scene.wrong("network", disabled ? "public-access-disabled" : "firewall-denies");
  finding.expected = "the account " + id.name() + " takes calls from the cluster";
  const auto range = pod_range(scene);
  finding.found = disabled ? "its public network access is disabled"
                           : "its firewall denies what no rule names, and none names the pods";
  finding.mend = disabled ? "az resource update --ids " + id.text() + " --set properties.publicNetworkAccess=Enabled"
                          : "az cognitiveservices account network-rule add " + commands::resource_options(id) +
                                " --ip-address " + (range.empty() ? "<address that the cluster calls from>" : range);
}

void check_keys(Scene& scene) {
  const auto* key = scene.account ? key_variable(scene) : nullptr;
  if (!key) return;
  if (bool_or(scene.account->property("disableLocalAuth"))) {
    auto& finding = scene.wrong("key", "key-although-local-auth-is-off");
    finding.expected = "a token: the account refuses keys (disableLocalAuth)";
    finding.found = key->name + " is set (from " + key->source + "), so that the client uses a key";
    finding.mend = commands::unset_variable(scene, *key);
    return;
  }
  if (!scene.identity_injected) return;
  auto& finding = scene.warning("key", "key-beside-identity");
  finding.expected = "no key: the pod has an identity";
  finding.found = key->name + " is set, and many clients prefer a key";
}

void check_audience(Scene& scene) {
  for (const auto& container : scene.containers) {
    for (const auto* variable : container.environment.with_word({"SCOPE", "AUDIENCE", "RESOURCE"})) {
      const auto& value = variable->value;
      const bool meant = contains(value, "https://") && contains(value, "azure");
      const bool endpoint = contains(value, ".openai.azure.com") || contains(value, "//cognitiveservices.azure.com");
      if (!meant || endpoint) continue;
      auto& finding = scene.wrong("token's audience", "token-scope-of-another-service");
      finding.expected = "https://cognitiveservices.azure.com/.default";
      finding.found = variable->name + "=" + value;
      finding.mend = commands::set_variable(scene, *variable, "https://cognitiveservices.azure.com/.default");
    }
  }
}

}  // namespace lazuli::doctor
