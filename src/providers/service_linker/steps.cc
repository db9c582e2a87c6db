#include "providers/service_linker/steps.h"

#include <algorithm>

#include "base/text.h"
#include "providers/service_linker/names.h"

namespace lazuli::providers::service_linker {

namespace {

constexpr std::chrono::minutes kClusterLimit(20);
constexpr std::chrono::minutes kExtensionLimit(10);
constexpr std::string_view kAudience = "api://AzureADTokenExchange";

Error conflict(std::string message) {
  return Error{"Conflict", std::move(message), 409};
}

JsonObject metadata(std::string_view name_space, std::string_view name) {
  return JsonObject{
      {"name", name}, {"namespace", name_space}, {"labels", JsonObject{{"app.kubernetes.io/managed-by", kManagedBy}}}};
}

bool has_audience(const arm::Resource& credential) {
  const auto* audiences = credential.property("audiences");
  if (!audiences || !audiences->is_array()) return false;
  return std::ranges::any_of(audiences->get_array(), [](const Json& one) { return string_or(&one) == kAudience; });
}

Status done(const Result<Json>& written) {
  return written ? Status() : Status(written.error());
}

Status done(const Result<arm::Answer>& answered) {
  return answered ? Status() : Status(answered.error());
}

}  // namespace

Result<Identity> find_identity(arm::Resources& resources, std::string_view client_id, std::string_view subscription) {
  for (const auto& found : resources.of_type(kIdentityType, "/subscriptions/" + std::string(subscription))) {
    if (!equals_ignoring_case(found.property_text("clientId"), client_id)) continue;
    const auto id = arm::ResourceId::parse(found.id());
    if (!id) continue;
    return Identity{*id, found.property_text("clientId"), found.property_text("principalId"),
                    found.property_text("tenantId")};
  }
  return Error{"ResourceNotFound",
               "No user-assigned managed identity with client id '" + std::string(client_id) +
                   "' was found in subscription '" + std::string(subscription) + "'.",
               404, "properties.authInfo.clientId"};
}

Result<arm::Resource> find_account(arm::Resources& resources, const arm::ResourceId& target) {
  auto account = resources.get(target);
  if (!account) return arm::resource_not_found(target);
  return *std::move(account);
}

Result<arm::Resource> find_cluster(arm::Resources& resources, const arm::ResourceId& cluster) {
  auto found = resources.get(cluster);
  if (!found) return arm::resource_not_found(cluster);
  const auto* power = found->property("powerState");
  if (power && equals_ignoring_case(string_at(*power, "code"), "Stopped")) {
    return conflict("The cluster '" + cluster.name() + "' is stopped. Start it with: az aks start -n " +
                    cluster.name() + " -g " + cluster.resource_group());
  }
  return *std::move(found);
}

Result<std::string> ensure_issuer(arm::Service& service, const arm::ResourceId& cluster) {
  auto shown = service.call("GET", cluster.text());
  if (!shown) return shown.error();
  const auto on = [](const Json& body) {
    return bool_or(find(body, "properties", "oidcIssuerProfile", "enabled")) &&
           bool_or(find(body, "properties", "securityProfile", "workloadIdentity", "enabled"));
  };
  if (!on(shown->body)) {
    auto* wanted = shown->body.if_object();
    if (!wanted) return Error{"InternalServerError", "The cluster's answer cannot be read.", 500};
    auto& properties = object_at(*wanted, "properties");
    object_at(properties, "oidcIssuerProfile")["enabled"] = true;
    object_at(object_at(properties, "securityProfile"), "workloadIdentity")["enabled"] = true;
    if (auto updated = service.call_and_wait("PUT", cluster.text(), shown->body, kClusterLimit); !updated) {
      return updated.error();
    }
    shown = service.call("GET", cluster.text());
    if (!shown) return shown.error();
  }
  auto issuer = string_at(shown->body, "properties", "oidcIssuerProfile", "issuerURL");
  if (issuer.empty()) return conflict("The cluster '" + cluster.name() + "' has no OIDC issuer URL yet.");
  return issuer;
}

Status ensure_extension(arm::Service& service, const arm::ResourceId& cluster) {
  const auto id = cluster.extension("Microsoft.KubernetesConfiguration", "extensions", "sc-extension").text();
  const auto there = service.call("GET", id);
  if (there && string_at(there->body, "properties", "provisioningState") == "Succeeded") return {};
  JsonObject properties{{"extensionType", "microsoft.servicelinker.connection"},
                        {"autoUpgradeMinorVersion", true},
                        {"scope", JsonObject{{"cluster", JsonObject{{"releaseNamespace", "sc-system"}}}}}};
  return done(service.call_and_wait("PUT", id, JsonObject{{"properties", std::move(properties)}}, kExtensionLimit));
}

Status ensure_federated_credential(arm::Service& service, const Identity& identity, std::string_view name,
                                   const Federation& wanted) {
  const auto collection = arm::ResourceId::parse(identity.id.text() + "/federatedIdentityCredentials");
  std::string written(name);
  for (const auto& held : service.resources().children(*collection)) {
    if (held.property_text("issuer") != wanted.issuer || held.property_text("subject") != wanted.subject) continue;
    // Entra refuses a second credential with the same issuer and subject, so one that the user made will do; only its
    // audience is put right.
    if (has_audience(held)) return {};
    written = string_or(held.document.if_contains("name"));
  }
  JsonArray audiences;
  audiences.push_back(Json(kAudience));
  JsonObject properties{{"issuer", wanted.issuer}, {"subject", wanted.subject}, {"audiences", std::move(audiences)}};
  return done(service.call("PUT", identity.id.child("federatedIdentityCredentials", written).text(),
                           JsonObject{{"properties", std::move(properties)}}));
}

Status ensure_role(arm::Service& service, const arm::ResourceId& scope, const Role& role,
                   std::string_view principal_id) {
  const auto definition = "/subscriptions/" + scope.subscription() +
                          "/providers/Microsoft.Authorization/roleDefinitions/" + std::string(role.id);
  const auto name = role_assignment_name(scope.text(), principal_id, role.id);
  JsonObject properties{
      {"roleDefinitionId", definition}, {"principalId", principal_id}, {"principalType", "ServicePrincipal"}};
  const auto assigned = service.call("PUT", scope.extension("Microsoft.Authorization", "roleAssignments", name).text(),
                                     JsonObject{{"properties", std::move(properties)}});
  if (!assigned && assigned.error().code == "RoleAssignmentExists") return {};  // under another name
  return done(assigned);
}

Status ensure_name_space(cluster::Objects& objects, std::string_view name) {
  const auto there = objects.get("/api/v1/namespaces/" + std::string(name));
  if (there) return {};
  if (there.error().status != 404) return there.error();
  return Error{"BadRequest",
               "The namespace '" + std::string(name) +
                   "' does not exist in the cluster. Create it with: kubectl "
                   "create namespace " +
                   std::string(name),
               400, "properties.scope"};
}

Status write_service_account(cluster::Objects& objects, const Linker& linker, const Identity& identity) {
  const auto name = linker.service_account();
  auto about = metadata(linker.name_space, name);
  object_at(about, "labels")["azure.workload.identity/use"] = "true";
  about["annotations"] = JsonObject{{"azure.workload.identity/client-id", identity.client_id},
                                    {"azure.workload.identity/tenant-id", identity.tenant_id}};
  return done(
      objects.apply(service_account_path(linker.name_space, name),
                    JsonObject{{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", std::move(about)}}));
}

Status write_secret(cluster::Objects& objects, const Linker& linker, const std::vector<Configuration>& content) {
  JsonObject data;
  for (const auto& one : content) data[one.name] = base64(one.value);
  return done(objects.apply(secret_path(linker.name_space, linker.secret()),
                            JsonObject{{"apiVersion", "v1"},
                                       {"kind", "Secret"},
                                       {"metadata", metadata(linker.name_space, linker.secret())},
                                       {"type", "Opaque"},
                                       {"data", std::move(data)}}));
}

std::string service_account_path(std::string_view name_space, std::string_view name) {
  return "/api/v1/namespaces/" + std::string(name_space) + "/serviceaccounts/" + std::string(name);
}

std::string secret_path(std::string_view name_space, std::string_view name) {
  return "/api/v1/namespaces/" + std::string(name_space) + "/secrets/" + std::string(name);
}

}  // namespace lazuli::providers::service_linker
