#include "providers/service_linker/validation.h"

#include <algorithm>

#include "base/text.h"
#include "providers/service_linker/names.h"
#include "providers/service_linker/steps.h"
#include "providers/service_linker/target.h"

namespace lazuli::providers::service_linker {

namespace {

struct Subject {
  arm::Service& service;
  const cluster::ObjectsOf& objects;
  const Linker& linker;
  std::optional<arm::Resource> account;
  std::optional<Identity> identity;
};

std::string target_fault(const Subject& on) {
  return on.account ? "" : "The account '" + on.linker.target.text() + "' does not exist.";
}

std::string firewall_fault(const Subject& on) {
  if (!on.account) return target_fault(on);
  if (equals_ignoring_case(on.account->property_text("publicNetworkAccess"), "Disabled")) {
    return "Public network access of the account '" + on.linker.target.name() + "' is disabled.";
  }
  const auto* rules = on.account->property("networkAcls");
  if (rules && equals_ignoring_case(string_at(*rules, "defaultAction"), "Deny")) {
    return "The firewall of the account '" + on.linker.target.name() + "' denies what its rules do not name.";
  }
  return {};
}

// The secret must be there and say what the connection says now (but for keys, which only must not be empty).
std::string secret_fault(const Subject& on, cluster::Objects& objects) {
  const auto& linker = on.linker;
  const auto held = objects.get(secret_path(linker.name_space, linker.secret()));
  const std::string named = "The secret '" + linker.secret() + "' in namespace '" + linker.name_space + "'";
  if (!held) return held.error().status == 404 ? named + " does not exist." : held.error().message;
  for (const auto& wanted : secret_configurations(linker, *on.account, {})) {
    const auto encoded = find(*held, "data", wanted.name);
    if (!encoded) return named + " has no '" + wanted.name + "'.";
    const auto value = base64_decode(string_or(encoded)).value_or("");
    if (wanted.credential ? value.empty() : !wanted.value.empty() && value != wanted.value) {
      return named + " has another value for '" + wanted.name + "' than the connection.";
    }
  }
  return {};
}

std::string service_account_fault(const Subject& on, cluster::Objects& objects) {
  const auto& linker = on.linker;
  if (linker.auth != Auth::identity) return {};
  const auto name = linker.service_account();
  const auto held = objects.get(service_account_path(linker.name_space, name));
  const std::string named = "The service account '" + name + "' in namespace '" + linker.name_space + "'";
  if (!held) return held.error().status == 404 ? named + " does not exist." : held.error().message;
  const auto client = string_at(*held, "metadata", "annotations", "azure.workload.identity/client-id");
  if (!equals_ignoring_case(client, linker.client_id)) return named + " names another client id: '" + client + "'.";
  return {};
}

std::string information_fault(const Subject& on) {
  if (!on.account) return target_fault(on);
  const auto cluster = find_cluster(on.service.resources(), on.linker.cluster);
  if (!cluster) return cluster.error().message;
  auto objects = on.objects(on.linker.cluster.text());
  if (!objects) return objects.error().message;
  auto fault = secret_fault(on, **objects);
  return fault.empty() ? service_account_fault(on, **objects) : fault;
}

std::string existence_fault(const Subject& on) {
  if (on.identity) return {};
  return "No user-assigned managed identity with client id '" + on.linker.client_id + "' exists.";
}

// Federated with the cluster's own issuer, and allowed to call the account.
std::string permission_fault(const Subject& on) {
  if (!on.identity) return existence_fault(on);
  if (!on.account) return target_fault(on);
  const auto cluster = on.service.resources().get(on.linker.cluster);
  const auto* issuer = cluster ? cluster->property("oidcIssuerProfile") : nullptr;
  const auto url = issuer ? string_at(*issuer, "issuerURL") : std::string();
  if (url.empty()) return "The OIDC issuer of the cluster is not enabled.";
  const auto subject = service_account_subject(on.linker.name_space, on.linker.service_account());
  const auto collection = arm::ResourceId::parse(on.identity->id.text() + "/federatedIdentityCredentials");
  const auto credentials = on.service.resources().children(*collection);
  const bool federated = std::ranges::any_of(credentials, [&](const arm::Resource& held) {
    return held.property_text("issuer") == url && held.property_text("subject") == subject;
  });
  if (!federated) {
    return "The identity '" + on.identity->id.name() + "' has no federated credential for the issuer '" + url +
           "' and the subject '" + subject + "'.";
  }
  access::Principal principal;
  principal.type = access::PrincipalType::managed_identity;
  principal.object_id = on.identity->principal_id;
  principal.tenant_id = on.identity->tenant_id;
  const auto role = role_for(*on.account);
  const auto& authorizer = on.service.parts().authorizer;
  if (!authorizer.check(principal, role.data_action, on.linker.target.text(), access::Plane::data).allowed) {
    return "The identity '" + on.identity->id.name() + "' lacks the data action '" + std::string(role.data_action) +
           "' on the account: assign it the role '" + std::string(role.name) + "'.";
  }
  return {};
}

std::string success_or(const Check& check) {
  return check.fault.empty() ? "success" : "failure";
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

}  // namespace

std::vector<Check> validate(arm::Service& service, const cluster::ObjectsOf& objects, const Linker& linker) {
  Subject on{service, objects, linker, service.resources().get(linker.target), std::nullopt};
  std::vector<Check> checks = {{"Target resource existence validated.", target_fault(on)},
                               {"Target service firewall validated.", firewall_fault(on)},
                               {"Configured connection information validated.", information_fault(on)}};
  if (linker.auth == Auth::identity) {
    auto identity = find_identity(service.resources(), linker.client_id, linker.subscription_id);
    if (identity) on.identity = *std::move(identity);
    checks.push_back({"Managed Identity existence validated.", existence_fault(on)});
    checks.push_back({"Managed Identity permissions validated.", permission_fault(on)});
  }
  return checks;
}

JsonObject report(const Linker& linker, const std::vector<Check>& checks, TimePoint began, TimePoint ended,
                  std::string_view auth_type) {
  const bool available = std::ranges::all_of(checks, [](const Check& check) { return check.fault.empty(); });
  JsonArray pascal, camel;
  for (const auto& check : checks) {
    const auto fault = text_or_null(check.fault);
    pascal.push_back(JsonObject{{"Name", check.name}, {"Description", fault}, {"Result", check.fault.empty() ? 0 : 1}});
    camel.push_back(JsonObject{{"name", check.name}, {"description", fault}, {"result", success_or(check)}});
  }
  const JsonObject message{{"ConnectionName", linker.name()},
                           {"IsConnectionAvailable", available},
                           {"ValidationDetail", std::move(pascal)},
                           {"ReportStartTimeUtc", iso8601(began)},
                           {"ReportEndTimeUtc", iso8601(ended)},
                           {"SourceId", nullptr},
                           {"TargetId", nullptr},
                           {"AuthType", auth_type}};
  return JsonObject{{"Message", to_text(message)},
                    {"linkerName", linker.name()},
                    {"isConnectionAvailable", available},
                    {"validationDetail", std::move(camel)},
                    {"reportStartTimeUtc", iso8601(began)},
                    {"reportEndTimeUtc", iso8601(ended)},
                    {"sourceId", nullptr},
                    {"targetId", nullptr},
                    {"authType", auth_type}};
}

}  // namespace lazuli::providers::service_linker
