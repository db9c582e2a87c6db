#include "providers/cognitive_services/cognitive_services.h"

#include "base/text.h"
#include "providers/cognitive_services/accounts.h"
#include "providers/cognitive_services/deployments.h"
#include "providers/cognitive_services/handlers.h"
#include "providers/cognitive_services/model_body.h"
#include "providers/cognitive_services/versions.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;

constexpr std::string_view kProvider = "Microsoft.CognitiveServices";

Answer list_of(JsonArray items) {
  return Answer::json(200, JsonObject{{"value", std::move(items)}});
}

// The L of …/locations/L/….
std::string location_of(const Call& call) {
  for (const auto& [type, name] : call.id.segments()) {
    if (equals_ignoring_case(type, "locations")) return name;
  }
  return {};
}

struct CognitiveServices {
  CognitiveServices(arm::Service& with, openai::Gateway& gateway, entra::Entra* entra)
      : service(with), accounts(with, gateway, entra), deployments(with, gateway) {}

  Result<Answer> check_domain(const Call& call) const {
    if (call.method != "POST") return Error{"MethodNotAllowed", "Only POST is allowed here.", 405};
    const std::string name = string_at(call.body, "subdomainName");
    const std::string refusal = accounts.subdomain_refusal(name, {});
    if (refusal.empty()) {
      return Answer::json(200, JsonObject{{"isSubdomainAvailable", true}, {"subdomainName", name}});
    }
    return Answer::json(200, JsonObject{{"isSubdomainAvailable", false},
                                        {"reason", refusal},
                                        {"subdomainName", name},
                                        {"type", string_at(call.body, "type")}});
  }

  Result<Answer> check_skus(const Call& call) const {
    const auto* asked = find(call.body, "skus");
    if (call.method != "POST" || asked == nullptr || !asked->is_array()) {
      return arm::bad_request("BadRequest", "The names of the SKUs to check are missing.", "skus");
    }
    const std::string kind_name = string_at(call.body, "kind");
    const AccountKind* kind = find_kind(kind_name);
    JsonArray items;
    for (const auto& sku : asked->as_array()) {
      const std::string name = string_or(&sku);
      const bool available = kind && kind->has_sku(to_upper(name));
      JsonObject item{
          {"kind", kind_name}, {"type", string_at(call.body, "type")}, {"skuName", name}, {"skuAvailable", available}};
      if (!available) {
        item["reason"] = "NotAvailableForSubscription";
        item["message"] = std::string("The SKU name '")
                              .append(name)
                              .append("' in account type '")
                              .append(kind_name)
                              .append("' is invalid.");
      }
      items.push_back(std::move(item));
    }
    return list_of(std::move(items));
  }

  Result<Answer> usages(const Call& call) const {
    const std::string location = location_of(call);
    const auto plain = [](std::string_view text) { return to_lower(replace_all(std::string(text), " ", "")); };
    std::int64_t all = 0, openai = 0;
    for (const auto& account : service.resources().of_type(kAccountType, "/subscriptions/" + call.id.subscription())) {
      if (plain(string_or(account.document.if_contains("location"))) != plain(location)) continue;
      ++all;
      openai += string_or(account.document.if_contains("kind")) == "OpenAI";
    }
    return list_of(location_usages(used_capacity(service, call.id.subscription(), location), openai, all));
  }

  // Of one location, or of all where the path names none.
  Result<Answer> capacities(const Call& call) const {
    for (const auto* name : {"modelFormat", "modelName", "modelVersion"}) {
      if (call.query.get(name).empty()) {
        return arm::bad_request("MissingParameter", "The query parameter '" + std::string(name) + "' is missing.",
                                name);
      }
    }
    const auto* model =
        openai::find_model(call.query.get("modelFormat"), call.query.get("modelName"), call.query.get("modelVersion"));
    if (model == nullptr) return list_of({});
    std::vector<std::string> locations = service.parts().locations;
    if (const std::string one = location_of(call); !one.empty()) locations = {one};
    const std::string& subscription = call.id.subscription();
    JsonArray items;
    for (const auto& location : locations) {
      for (auto& item :
           model_capacities(subscription, location, *model, used_capacity(service, subscription, location))) {
        items.push_back(std::move(item));
      }
    }
    return list_of(std::move(items));
  }

  arm::Service& service;
  Accounts accounts;
  Deployments deployments;
};

JsonArray account_models(const Call&) {
  JsonArray items;
  for (const auto& model : openai::models()) items.push_back(account_model(model));
  return items;
}

// What an account lists of itself; most collections are always empty here, as a new account's are on Azure.
void add_lists(arm::Service& service) {
  const auto add = [&](std::string_view name, arm::TypeHandler list) {
    arm::TypeSpec spec;
    spec.type = std::string(kAccountType) + "/" + std::string(name);
    spec.api_versions = cognitive_services_versions();
    spec.list = identified(service, std::move(list));
    service.add(std::move(spec));
  };
  add("models", [](const Call& call) -> Result<Answer> { return list_of(account_models(call)); });
  add("usages", [&service](const Call& call) -> Result<Answer> {
    const auto account = service.resources().get(*call.id.parent());
    if (!account) return arm::resource_not_found(*call.id.parent());
    return list_of(account_usages(string_or(account->document.if_contains("kind"))));
  });
  for (const auto* name : {"privateEndpointConnections", "privateLinkResources", "commitmentPlans",
                           "networkSecurityPerimeterConfigurations", "raiPolicies", "raiBlocklists", "encryptionScopes",
                           "defenderForAISettings", "projects", "connections"}) {
    add(name, [](const Call&) -> Result<Answer> { return list_of({}); });
  }
}

}  // namespace

void add_cognitive_services(arm::Service& service, openai::Gateway& gateway, entra::Entra* entra) {
  const auto all = std::make_shared<CognitiveServices>(service, gateway, entra);
  all->accounts.add_to(service);
  all->deployments.add_to(service);
  add_lists(service);
  const std::string provider(kProvider);
  service.add_provider_path(provider, "checkDomainAvailability",
                            identified(service, [all](const Call& call) { return all->check_domain(call); }));
  service.add_provider_path(provider, "locations/*/checkSkuAvailability",
                            identified(service, [all](const Call& call) { return all->check_skus(call); }));
  service.add_provider_path(provider, "locations/*/usages",
                            identified(service, [all](const Call& call) { return all->usages(call); }));
  for (const auto* path : {"modelCapacities", "locations/*/modelCapacities"}) {
    service.add_provider_path(provider, path,
                              identified(service, [all](const Call& call) { return all->capacities(call); }));
  }
  service.add_provider_path(provider, "locations/*/models", [](const Call& call) -> Result<Answer> {
    return list_of(location_models(call.id.subscription(), location_of(call)));
  });
  service.add_provider_path(provider, "skus", [all](const Call&) -> Result<Answer> {
    JsonArray items;
    for (const auto& location : all->service.parts().locations) {
      for (auto& sku : sku_list(location)) items.push_back(std::move(sku));
    }
    return list_of(std::move(items));
  });
  all->accounts.restore();
  all->deployments.restore();
}

}  // namespace lazuli::providers
