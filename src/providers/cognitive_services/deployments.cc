#include "providers/cognitive_services/deployments.h"

#include <algorithm>

#include "base/text.h"
#include "providers/cognitive_services/account_body.h"
#include "providers/cognitive_services/deployment_settings.h"
#include "providers/cognitive_services/handlers.h"
#include "providers/cognitive_services/model_body.h"
#include "providers/cognitive_services/versions.h"

namespace lazuli::providers {

namespace {

using arm::ResourceId;
using openai::find_model;
using openai::find_sku;

bool is_valid_name(std::string_view name) {
  const auto letter_or_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return name.size() >= 2 && name.size() <= 64 && letter_or_digit(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

Error model_not_supported(const Json& model) {
  return arm::bad_request("DeploymentModelNotSupported",
                          "The model 'Format:" + string_at(model, "format") + ",Name:" + string_at(model, "name") +
                              ",Version:" + string_at(model, "version") + "' of account deployment is not supported.");
}

Error sku_not_supported(std::string_view sku, const openai::Model& model) {
  return arm::bad_request("InvalidResourceProperties", "The specified SKU '" + std::string(sku) +
                                                           "' of account deployment is not supported by the model '" +
                                                           std::string(model.name) + "' version: '" +
                                                           std::string(model.version) + "'.");
}

Error not_found(const ResourceId& id) {  // the provider's own, hence not ResourceNotFound (reported)
  return Error{"NotFound", "Specified resource '" + id.text() + "' cannot be found.", 404};
}

std::int64_t capacity_of(const arm::Resource& deployment) {
  const auto* sku = deployment.document.if_contains("sku");
  return sku ? integer(find(*sku, "capacity")).value_or(0) : 0;
}

const openai::Model* model_of(const arm::Resource& deployment) {
  const auto* model = deployment.property("model");
  if (model == nullptr) return nullptr;
  return find_model(string_at(*model, "format"), string_at(*model, "name"), string_at(*model, "version"));
}

std::string sku_of(const arm::Resource& deployment) {
  const auto* sku = deployment.document.if_contains("sku");
  return sku ? string_at(*sku, "name") : std::string();
}

std::string usage_of(const arm::Resource& deployment) {
  const auto* known = model_of(deployment);
  const auto* facts = find_sku(sku_of(deployment));
  return known && facts ? usage_name(*known, *facts) : std::string();
}

}  // namespace

std::string usage_name(const openai::Model& model, const openai::SkuFacts& sku) {
  const std::string base = std::string(model.format) + "." + std::string(sku.name);
  return sku.quota_for_each_model ? base + "." + std::string(model.name) : base;
}

std::map<std::string, std::int64_t> used_capacity(arm::Service& service, std::string_view subscription,
                                                  std::string_view location) {
  std::map<std::string, std::int64_t> used;
  const auto plain = [](std::string_view text) { return to_lower(replace_all(std::string(text), " ", "")); };
  for (const auto& deployment :
       service.resources().of_type(kDeploymentType, "/subscriptions/" + std::string(subscription))) {
    const auto id = ResourceId::parse(deployment.id());
    const auto account = service.resources().get(*id->parent());
    if (!account || plain(string_or(account->document.if_contains("location"))) != plain(location)) continue;
    used[usage_of(deployment)] += capacity_of(deployment);
  }
  return used;
}

void Deployments::add_to(arm::Service& service) {
  arm::TypeSpec spec;
  spec.type = kDeploymentType;
  spec.etag = service_.stored_etag();
  spec.api_versions = cognitive_services_versions();
  spec.list = identified(service, [this](const Call& call) { return list(call); });
  spec.get = identified(service, [this](const Call& call) { return get(call); });
  spec.put = identified(service, [this](const Call& call) { return put(call); });
  spec.patch = identified(service, [this](const Call& call) { return patch(call); });
  spec.del = identified(service, [this](const Call& call) { return remove(call); });
  spec.actions["pause"] = identified(service, [this](const Call& call) { return set_state(call, kPaused); });
  spec.actions["resume"] = identified(service, [this](const Call& call) { return set_state(call, kRunning); });
  service.add(std::move(spec));
  arm::TypeSpec skus;
  skus.type = std::string(kDeploymentType) + "/skus";
  skus.api_versions = cognitive_services_versions();
  skus.list = identified(service, [this](const Call& call) { return list_skus(call); });
  service.add(std::move(skus));
  service.on_forget(std::string(kDeploymentType), [this](const Resource& deployment) -> Status {
    gateway_.remove_deployment(deployment.id());
    return {};
  });
}

void Deployments::restore() {
  for (const auto& deployment : service_.resources().of_type(kDeploymentType)) {
    gateway_.put(gateway_deployment(deployment), false);  // lazuli's own start stays small and quick
  }
}

Result<Deployments::Answer> Deployments::get(const Call& call) const {
  const auto deployment = service_.resources().get(call.id);
  if (!deployment) return not_found(call.id);
  return shown(call, *deployment, 200);
}

Result<Deployments::Answer> Deployments::list(const Call& call) const {
  JsonArray items;
  for (const auto& deployment : service_.resources().children(call.id)) {
    items.push_back(deployment_shown(deployment, call.api_version));
  }
  return Answer::json(200, arm::Service::page(call, std::move(items)));
}

Result<Deployments::Answer> Deployments::put(const Call& call) {
  if (!is_valid_name(call.id.name())) {
    return arm::bad_request("InvalidResourceName",
                            "The deployment name '" + call.id.name() +
                                "' is invalid: it must have 2 to 64 letters, digits, '-', '_' or '.', and begin with a "
                                "letter or digit.");
  }
  const std::lock_guard lock(mutex_);
  const auto account = service_.resources().get(*call.id.parent());
  if (!account) return arm::resource_not_found(*call.id.parent());
  auto existing = service_.resources().get(call.id);
  const auto planned = plan(call, *account, existing ? &*existing : nullptr);
  if (!planned) return planned.error();
  Resource deployment = existing.value_or(Resource());
  compose(deployment, *planned, call);
  return save(call, deployment, existing ? 200 : 201);
}

// Only sku and tags, and the upgrade option; the model stays.
Result<Deployments::Answer> Deployments::patch(const Call& call) {
  const std::lock_guard lock(mutex_);
  const auto account = service_.resources().get(*call.id.parent());
  auto deployment = service_.resources().get(call.id);
  if (!account || !deployment) return not_found(call.id);
  const auto planned = plan(call, *account, &*deployment);
  if (!planned) return planned.error();
  compose(*deployment, *planned, call);
  return save(call, *deployment, 200);
}

Result<Deployments::Answer> Deployments::remove(const Call& call) {
  const std::lock_guard lock(mutex_);
  if (!service_.resources().get(call.id)) return Answer::no_body(204);
  if (auto gone = service_.forget(call.id); !gone) return gone.error();
  return Answer::no_body(200);
}

Result<Deployments::Answer> Deployments::list_skus(const Call& call) const {
  const auto deployment = service_.resources().get(*call.id.parent());
  if (!deployment) return not_found(*call.id.parent());
  JsonArray items;
  if (const auto* model = model_of(*deployment)) {
    items = deployment_skus(*model, sku_of(*deployment), capacity_of(*deployment));
  }
  return Answer::json(200, JsonObject{{"value", std::move(items)}});
}

// Idempotent; a paused deployment keeps its capacity.
Result<Deployments::Answer> Deployments::set_state(const Call& call, std::string_view state) {
  const std::lock_guard lock(mutex_);
  auto deployment = service_.resources().get(call.id);
  if (!deployment) return not_found(call.id);
  if (state == kPaused) {
    if (auto pausable = check_pausable(sku_of(*deployment)); !pausable) return pausable.error();
  }
  deployment->document.at("properties").as_object()[kDeploymentState] = state;
  auto& data = deployment->document["systemData"];
  data = system_data(call.caller, service_.parts().clock.now(), &data);
  return save(call, *deployment, 200);
}

Result<Deployments::Plan> Deployments::plan(const Call& call, const Resource& account, const Resource* existing) const {
  const AccountKind* kind = find_kind(string_or(account.document.if_contains("kind")));
  if (kind == nullptr || !kind->models) {
    return arm::bad_request(
        "InvalidResourceProperties",
        "Accounts of the kind '" + string_or(account.document.if_contains("kind")) + "' have no deployments.");
  }
  const Json* model = find(call.body, "properties", "model");
  if ((model == nullptr || !model->is_object()) && existing) model = existing->property("model");
  if (model == nullptr || !model->is_object()) {
    return arm::bad_request("InvalidResourceProperties", "The model of the account deployment is missing.",
                            "properties.model");
  }
  Plan plan;
  plan.model = find_model(string_at(*model, "format"), string_at(*model, "name"), string_at(*model, "version"));
  if (plan.model == nullptr) return model_not_supported(*model);

  const Json* sku = find(call.body, "sku");
  const Json* before = existing ? existing->document.if_contains("sku") : nullptr;
  std::string name = sku ? string_at(*sku, "name") : std::string();
  if (name.empty() && before) name = string_at(*before, "name");
  if (name.empty()) name = "Standard";
  plan.sku = find_sku(name);
  if (plan.sku == nullptr || !(plan.model->skus & plan.sku->bit)) return sku_not_supported(name, *plan.model);
  auto settings = deployment_settings(find(call.body, "properties"), existing, plan.sku->name);
  if (!settings) return settings.error();
  plan.settings = *std::move(settings);

  plan.capacity = before ? capacity_of(*existing) : 1;
  const Json* scale = sku ? nullptr : plan.settings.if_contains("scaleSettings");
  const Json* sizes = sku ? sku : scale;
  if (const auto* capacity = sizes ? find(*sizes, "capacity") : nullptr; capacity && !capacity->is_null()) {
    const auto asked = integer(capacity);  // az sends it as text
    const std::int64_t least = std::max<std::int64_t>(1, plan.sku->minimum);
    if (!asked || *asked < least || *asked > plan.sku->maximum) {
      return arm::bad_request("InvalidCapacity",
                              "The specified capacity '" +
                                  (capacity->is_string() ? string_or(capacity) : to_text(*capacity)) +
                                  "' of account deployment should be at least " + std::to_string(least) +
                                  " and no more than " + std::to_string(plan.sku->maximum) + ".");
    }
    plan.capacity = *asked;
  }
  if (auto enough = check_quota(plan, account, existing); !enough) return enough.error();
  return plan;
}

Status Deployments::check_quota(const Plan& plan, const Resource& account, const Resource* existing) const {
  const auto id = ResourceId::parse(account.id());
  const std::string name = usage_name(*plan.model, *plan.sku);
  auto used = used_capacity(service_, id->subscription(), string_or(account.document.if_contains("location")))[name];
  const std::int64_t own = existing && usage_of(*existing) == name ? capacity_of(*existing) : 0;
  const std::int64_t more = plan.capacity - own;
  if (more <= 0 || used + more <= plan.sku->quota) return {};
  const std::string shown = usage_display_name(*plan.model, *plan.sku);
  return arm::bad_request("InsufficientQuota",
                          "This operation require " + std::to_string(more) + " new capacity in quota " + shown +
                              ", which is bigger than the current available capacity " +
                              std::to_string(std::max<std::int64_t>(0, plan.sku->quota - used)) +
                              ". The current quota usage is " + std::to_string(used) + " and the quota limit is " +
                              std::to_string(plan.sku->quota) + " for quota " + shown + ".");
}

// Members in the service's order (recorded 2025-10).
void Deployments::compose(Resource& deployment, const Plan& plan, const Call& call) const {
  const JsonObject before = deployment.document;
  const auto kept = [&](std::string_view name) -> const Json* {
    if (const auto* asked = find(call.body, "properties", name); asked && !asked->is_null()) return asked;
    return deployment.property(name);
  };
  JsonObject properties{
      {"model",
       JsonObject{{"format", plan.model->format}, {"name", plan.model->name}, {"version", plan.model->version}}}};
  for (const auto& [name, value] : plan.settings) properties[name] = value;
  properties["currentCapacity"] = plan.capacity;
  properties["capabilities"] = model_capabilities(*plan.model);
  for (const auto* name : {"raiPolicyName", "dynamicThrottlingEnabled", "spilloverDeploymentName"}) {
    if (const auto* value = kept(name)) properties[name] = *value;
  }
  properties["provisioningState"] = "Succeeded";
  properties["rateLimits"] = rate_limits(*plan.model, plan.capacity);

  JsonObject document{{"id", call.id.text()},
                      {"type", kDeploymentType},
                      {"name", call.id.name()},
                      {"sku", JsonObject{{"name", plan.sku->name}, {"capacity", plan.capacity}}}};
  const auto* tags = find(call.body, "tags");
  if (tags == nullptr) tags = before.if_contains("tags");
  if (tags && tags->is_object()) document["tags"] = *tags;
  document["properties"] = std::move(properties);
  document["systemData"] = system_data(call.caller, service_.parts().clock.now(), before.if_contains("systemData"));
  deployment.document = std::move(document);
}

Result<Deployments::Answer> Deployments::save(const Call& call, Resource& deployment, int status) {
  deployment.document["etag"] = "\"" + service_.parts().random.uuid() + "\"";
  if (auto saved = service_.resources().save(deployment); !saved) return saved.error();
  gateway_.put(gateway_deployment(deployment));
  return shown(call, deployment, status);
}

Deployments::Answer Deployments::shown(const Call& call, const Resource& deployment, int status) {
  Answer answer = Answer::json(status, deployment_shown(deployment, call.api_version));
  answer.headers.set("ETag", string_or(deployment.document.if_contains("etag")));
  return answer;
}

}  // namespace lazuli::providers
