#include "providers/resources/subscriptions.h"

#include <algorithm>

#include "base/text.h"
#include "providers/resources/regions.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;

constexpr std::string_view kType = "Microsoft.Resources/subscriptions";

std::string scope_of(const Subscription& subscription) {
  return "/subscriptions/" + subscription.id;
}

// Members in the order and the extent that the api-version has: the tenant came with 2019 (recorded: 2016, 2020).
JsonObject item(const Subscription& subscription, const arm::Resource& stored, std::string_view api_version) {
  const bool newer = api_version >= "2019-06-01";
  JsonObject out{{"id", scope_of(subscription)}, {"authorizationSource", newer ? "RoleBased" : "Legacy"}};
  const Json* tags = stored.document.if_contains("tags");
  if (newer) {
    out["managedByTenants"] = JsonArray();
    if (tags && tags->is_object() && !tags->as_object().empty()) out["tags"] = *tags;
  }
  out["subscriptionId"] = subscription.id;
  if (newer) out["tenantId"] = subscription.tenant_id;
  out["displayName"] = subscription.name;
  out["state"] = "Enabled";
  out["subscriptionPolicies"] = JsonObject{
      {"locationPlacementId", "Public_2014-09-01"}, {"quotaId", "PayAsYouGo_2014-09-01"}, {"spendingLimit", "Off"}};
  return out;
}

// A subscription is listed for everyone who has a role in it, wherever below.
bool sees(arm::Service& service, const Call& call, const std::string& scope) {
  const auto& authorizer = service.parts().authorizer;
  if (authorizer.check(call.caller, std::string(kType) + "/read", scope, access::Plane::control).allowed) return true;
  const auto assigned = service.resources().of_type("Microsoft.Authorization/roleAssignments", scope);
  return std::ranges::any_of(assigned, [&](const arm::Resource& assignment) {
    const std::string principal = assignment.property_text("principalId");
    return equals_ignoring_case(principal, call.caller.object_id) ||
           std::ranges::any_of(call.caller.groups,
                               [&](const std::string& group) { return equals_ignoring_case(group, principal); });
  });
}

JsonObject tenant(const Subscription& subscription, std::string_view api_version) {
  JsonObject out{{"id", "/tenants/" + subscription.tenant_id}, {"tenantId", subscription.tenant_id}};
  if (api_version >= "2019-11-01") {
    out["countryCode"] = "US";
    out["displayName"] = "lazuli";
    out["domains"] = JsonArray{Json(subscription.tenant_domain)};
    out["tenantCategory"] = "Home";
    out["defaultDomain"] = subscription.tenant_domain;
    out["tenantType"] = "AAD";
  }
  return out;
}

// What tools ask before they know anything (`az cloud register`, azurerm): needs no token.
Json endpoints(const arm::Service& service) {
  JsonArray regions;
  for (const auto& location : service.parts().locations) regions.emplace_back(region_display_name(location));
  return JsonObject{
      {"galleryEndpoint", "https://gallery.azure.com/"},
      {"graphEndpoint", "https://graph.windows.net/"},
      {"portalEndpoint", "https://portal.azure.com/"},
      {"authentication",
       JsonObject{{"loginEndpoint", "https://login.microsoftonline.com/"},
                  {"audiences", JsonArray{"https://management.core.windows.net/", "https://management.azure.com/"}},
                  {"tenant", "common"},
                  {"identityProvider", "AAD"}}},
      {"cloudEndpoint",
       JsonObject{{"public", JsonObject{{"endpoint", "management.azure.com"}, {"locations", regions}}}}}};
}

}  // namespace

void add_subscriptions(arm::Service& service, const Subscription& subscription) {
  const auto stored = [&service, subscription] {
    return service.resources().get(scope_of(subscription)).value_or(arm::Resource{});
  };
  if (!service.resources().get(scope_of(subscription))) {
    arm::Resource resource;
    resource.document = {{"id", scope_of(subscription)}, {"name", subscription.id}, {"type", kType}};
    if (auto saved = service.resources().save(resource); !saved) {
      service.parts().log.error("arm", saved.error().message);
    }
  }
  arm::TypeSpec spec;
  spec.type = kType;
  spec.api_versions = {"2022-12-01", "2021-01-01", "2020-01-01", "2019-11-01", "2019-06-01", "2016-06-01"};
  spec.get = [subscription, stored](const Call& call) -> Result<Answer> {
    return Answer::json(200, item(subscription, stored(), call.api_version));
  };
  spec.list = [&service, subscription, stored](const Call& call) -> Result<Answer> {
    JsonArray items;
    if (sees(service, call, scope_of(subscription))) items.push_back(item(subscription, stored(), call.api_version));
    const auto count = items.size();
    JsonObject out{{"value", std::move(items)}};
    if (call.api_version >= "2019-06-01") out["count"] = JsonObject{{"type", "Total"}, {"value", count}};
    return Answer::json(200, std::move(out));
  };
  service.add(std::move(spec));
  service.add_path(
      {"GET", "/tenants", "", [subscription](const Call& call) -> Result<Answer> {
         return Answer::json(200, JsonObject{{"value", JsonArray{tenant(subscription, call.api_version)}}});
       }});
  service.add_path({"GET", "/subscriptions/*/locations", "Microsoft.Resources/subscriptions/locations/read",
                    [&service](const Call& call) -> Result<Answer> {
                      JsonArray items;
                      for (const auto& location : service.parts().locations) {
                        items.push_back(region_item(location, call.id.subscription(), call.api_version));
                      }
                      return Answer::json(200, JsonObject{{"value", std::move(items)}});
                    }});
  service.add_path({"GET", "/metadata/endpoints", "",
                    [&service](const Call&) -> Result<Answer> { return Answer::json(200, endpoints(service)); }, true});
}

}  // namespace lazuli::providers
