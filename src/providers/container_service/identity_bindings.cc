#include "providers/container_service/identity_bindings.h"

#include "base/text.h"
#include "providers/container_service/flat_error.h"
#include "providers/container_service/managed_clusters.h"
#include "providers/container_service/names.h"
#include "providers/container_service/vocabulary.h"

namespace lazuli::providers::container_service {
namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

constexpr std::string_view kIdentityType = "Microsoft.ManagedIdentity/userAssignedIdentities";
// On Azure a binding writes a federated credential to the identity.
constexpr std::string_view kNeeded =
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write";

Error bad_identity(std::string message) {
  return refusal("BadRequest", std::move(message), "properties.managedIdentity.resourceId");
}

Error linked_access_missing(const Call& call, const ResourceId& identity) {
  return Error{"LinkedAuthorizationFailed",
               "The client has permission to perform action 'Microsoft.ContainerService/managedClusters/"
               "identityBindings/write' on scope '" +
                   call.id.text() + "', however the linked scope '" + identity.text() +
                   "' does not allow it to perform '" + std::string(kNeeded) + "'.",
               403};
}

}  // namespace

Result<Answer> IdentityBindings::get(const Call& call) const {
  const auto binding = service_.resources().get(call.id);
  if (!binding) return arm::resource_not_found(call.id);
  return Answer::json(200, binding->visible());
}

Result<Answer> IdentityBindings::list(const Call& call) const {
  JsonArray items;
  for (const auto& binding : service_.resources().children(call.id)) items.push_back(binding.visible());
  return Answer::json(200, JsonObject{{"value", std::move(items)}});
}

Result<JsonObject> IdentityBindings::managed_identity(const Call& call, const Resource* existing) const {
  const std::string asked = string_at(call.body, "properties", "managedIdentity", "resourceId");
  const auto id = ResourceId::parse(asked);
  if (!id || !equals_ignoring_case(id->type(), kIdentityType)) {
    return bad_identity("properties.managedIdentity.resourceId must be the id of a user assigned identity.");
  }
  const Json* before = existing ? existing->property("managedIdentity") : nullptr;
  if (before && !equals_ignoring_case(string_at(*before, "resourceId"), asked)) {
    return bad_identity("The managed identity of an identity binding cannot be changed.");
  }
  const auto principal = entra_.managed_identity(asked);
  if (!principal) return bad_identity("The user assigned identity '" + asked + "' was not found.");
  if (call.caller.type != access::PrincipalType::system &&
      !service_.parts().authorizer.check(call.caller, kNeeded, id->text(), access::Plane::control).allowed) {
    return linked_access_missing(call, *id);
  }
  return JsonObject{{"resourceId", asked},
                    {"objectId", principal->object_id},
                    {"clientId", principal->client_id},
                    {"tenantId", service_.parts().tenant_id}};
}

Result<Answer> IdentityBindings::put(const Call& call) const {
  if (!check_cluster_name(call.id.name())) {
    return flat_error(refusal("InvalidParameter",
                              "The identity binding name '" + call.id.name() +
                                  "' is not valid: 1 to 63 letters, digits, '_' and '-', a letter or digit first and "
                                  "last.",
                              "name"));
  }
  if (const auto* subjects = find(call.body, "properties", "allowedSubjects");
      subjects && subjects->is_array() && !subjects->get_array().empty()) {
    return flat_error(refusal("OperationNotAllowed",
                              "allowedSubjects is not supported here: give the right by a ClusterRole and a "
                              "ClusterRoleBinding.",
                              "properties.allowedSubjects"));
  }
  const auto existing = service_.resources().get(call.id);
  auto identity = managed_identity(call, existing ? &*existing : nullptr);
  if (!identity) {
    return identity.error().status == 403 ? Result<Answer>(identity.error()) : flat_error(identity.error());
  }
  // One issuer for each identity, whatever the cluster.
  const std::string issuer = "https://ib.oic.prod-aks.azure.com/" + service_.parts().tenant_id + "/" +
                             string_or(identity->if_contains("clientId"));
  Resource binding = existing.value_or(Resource());
  binding.document = JsonObject{{"id", cluster_id(*call.id.parent()) + "/identityBindings/" + call.id.name()},
                                {"type", kBindingType},
                                {"name", call.id.name()},
                                {"properties", JsonObject{{"managedIdentity", *std::move(identity)},
                                                          {"oidcIssuer", JsonObject{{"oidcIssuerUrl", issuer}}},
                                                          {"provisioningState", state::kSucceeded}}},
                                {"eTag", service_.parts().random.uuid()}};
  if (auto saved = service_.resources().save(binding); !saved) return saved.error();
  return Answer::json(existing ? 200 : 201, binding.visible());
}

Result<Answer> IdentityBindings::remove(const Call& call) const {
  if (service_.resources().get(call.id)) {
    if (auto gone = service_.forget(call.id); !gone) return gone.error();
  }
  return Answer::no_body(204);
}

std::optional<Resource> find_binding(arm::Service& service, std::string_view cluster_id, std::string_view client_id) {
  const auto bindings = ResourceId::parse(std::string(cluster_id) + "/identityBindings");
  if (!bindings) return std::nullopt;
  for (auto& binding : service.resources().children(*bindings)) {
    const auto* identity = binding.property("managedIdentity");
    if (identity && equals_ignoring_case(string_at(*identity, "clientId"), client_id)) return std::move(binding);
  }
  return std::nullopt;
}

}  // namespace lazuli::providers::container_service
