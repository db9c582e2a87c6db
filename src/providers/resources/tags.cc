#include "providers/resources/tags.h"

#include <map>

#include "base/text.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

constexpr std::string_view kNames = "resources.tagNames";  // the store's collection of names that were declared
constexpr std::size_t kMost = 50;                          // Azure's limit for one resource

JsonObject shown(const Resource& target) {
  const Json* tags = target.document.if_contains("tags");
  return {{"id", target.id() + "/providers/Microsoft.Resources/tags/default"},
          {"name", "default"},
          {"type", "Microsoft.Resources/tags"},
          {"properties", JsonObject{{"tags", tags && tags->is_object() ? *tags : Json(JsonObject())}}}};
}

Result<JsonObject> asked_tags(const Call& call) {
  const Json* tags = find(call.body, "properties", "tags");
  if (!tags || !tags->is_object()) {
    return arm::bad_request("InvalidRequestContent", "The request content was invalid: 'properties.tags' is missing.");
  }
  for (const auto& tag : tags->as_object()) {
    if (!tag.value().is_string() || tag.key().size() > 512 || tag.value().as_string().size() > 256) {
      return arm::bad_request("InvalidTag", "The tag '" + std::string(tag.key()) + "' is not valid.");
    }
  }
  return tags->as_object();
}

// Merge adds and changes, Delete takes away the pairs that are there, Replace takes the place of all.
Result<JsonObject> combined(const JsonObject& present, const JsonObject& asked, const std::string& operation) {
  if (equals_ignoring_case(operation, "Replace")) return asked;
  const bool merge = equals_ignoring_case(operation, "Merge");
  if (!merge && !equals_ignoring_case(operation, "Delete")) {
    return arm::bad_request("InvalidTagsPatchOperation", "The tags operation '" + operation + "' is not valid.");
  }
  JsonObject result = present;
  for (const auto& tag : asked) {
    if (merge) {
      result[tag.key()] = tag.value();
    } else if (const Json* value = result.if_contains(tag.key()); value && *value == tag.value()) {
      result.erase(tag.key());
    }
  }
  return result;
}

Result<Answer> change(arm::Service& service, const Call& call, const std::string& operation) {
  const auto asked = operation == "Clear" ? Result<JsonObject>(JsonObject()) : asked_tags(call);
  if (!asked) return asked.error();
  JsonObject answer;
  auto changed = service.resources().update(call.id.scope(), [&](Resource& target) -> Status {
    const Json* present = target.document.if_contains("tags");
    auto tags = combined(present && present->is_object() ? present->as_object() : JsonObject(), *asked,
                         operation == "Clear" ? "Replace" : operation);
    if (!tags) return tags.error();
    if (tags->size() > kMost) return arm::bad_request("TooManyTags", "A resource can have at most 50 tags.");
    target.document["tags"] = *std::move(tags);
    answer = shown(target);
    return {};
  });
  if (!changed) return changed.error();
  return operation == "Clear" ? Answer::no_body(200) : Answer::json(200, std::move(answer));
}

void add_tags_resource(arm::Service& service) {
  arm::TypeSpec spec;
  spec.type = "Microsoft.Resources/tags";
  spec.api_versions = {"2025-04-01", "2024-11-01", "2022-09-01", "2021-04-01", "2020-06-01", "2019-10-01"};
  spec.get = [&service](const Call& call) -> Result<Answer> {
    const auto target = service.resources().get(call.id.scope());
    if (!target) return arm::resource_not_found(call.id.scope());
    return Answer::json(200, shown(*target));
  };
  spec.put = [&service](const Call& call) { return change(service, call, "Replace"); };
  spec.patch = [&service](const Call& call) {
    const std::string operation = string_at(call.body, "operation");
    return change(service, call, operation == "Clear" ? "" : operation);
  };
  spec.del = [&service](const Call& call) { return change(service, call, "Clear"); };
  service.add(std::move(spec));
}

using Values = std::map<std::string, int>;

JsonObject count(int value) {
  return {{"type", "Total"}, {"value", value}};
}

// Declared names and those in use, with how often each value occurs.
std::map<std::string, Values> catalogue(arm::Service& service, const std::string& subscription) {
  std::map<std::string, Values> names;
  for (const auto& declared : service.parts().store.list(kNames, to_lower(subscription) + "/")) {
    auto& values = names[string_at(declared.value, "name")];
    const Json* list = find_member(declared.value, "values");
    if (!list || !list->is_array()) continue;
    for (const auto& value : list->as_array()) values.emplace(string_or(&value), 0);
  }
  for (const auto& resource : service.resources().below(*ResourceId::parse("/subscriptions/" + subscription))) {
    const Json* tags = resource.document.if_contains("tags");
    if (!tags || !tags->is_object()) continue;
    for (const auto& tag : tags->as_object()) ++names[std::string(tag.key())][string_or(&tag.value())];
  }
  return names;
}

Result<Answer> list_names(arm::Service& service, const Call& call) {
  const std::string base = "/subscriptions/" + call.id.subscription() + "/tagNames/";
  JsonArray items;
  for (const auto& [name, values] : catalogue(service, call.id.subscription())) {
    int total = 0;
    const std::string values_at = base + name + "/tagValues/";
    JsonArray shown_values;
    for (const auto& [value, uses] : values) {
      total += uses;
      shown_values.push_back(JsonObject{{"id", values_at + value}, {"tagValue", value}, {"count", count(uses)}});
    }
    items.push_back(JsonObject{
        {"id", base + name}, {"tagName", name}, {"count", count(total)}, {"values", std::move(shown_values)}});
  }
  return Answer::json(200, arm::Service::page(call, std::move(items)));
}

// /subscriptions/S/tagNames/NAME[/tagValues/VALUE]
Result<Answer> change_names(arm::Service& service, const Call& call, bool add) {
  const auto segments = split(call.path, '/');
  const std::string& name = segments[3];
  const std::string value = segments.size() > 5 ? segments[5] : "";
  const std::string key = to_lower(call.id.subscription() + "/" + name);
  auto stored = service.parts().store.get(kNames, key);
  if (!add && !stored) return Answer::no_body(204);
  if (!add && value.empty()) {
    if (auto gone = service.parts().store.erase(kNames, key); !gone) return gone.error();
    return Answer::no_body(200);
  }
  JsonArray values;
  if (stored) {
    if (const Json* list = find_member(stored->value, "values"); list && list->is_array()) {
      for (const auto& each : list->as_array()) {
        if (string_or(&each) != value) values.push_back(each);
      }
    }
  }
  if (add && !value.empty()) values.emplace_back(value);
  if (auto put = service.parts().store.put(kNames, key, JsonObject{{"name", name}, {"values", values}}); !put) {
    return put.error();
  }
  if (!add) return Answer::no_body(200);
  const std::string id = "/subscriptions/" + call.id.subscription() + "/tagNames/" + name;
  if (!value.empty()) {
    return Answer::json(stored ? 200 : 201,
                        JsonObject{{"id", id + "/tagValues/" + value}, {"tagValue", value}, {"count", count(0)}});
  }
  return Answer::json(stored ? 200 : 201,
                      JsonObject{{"id", id}, {"tagName", name}, {"count", count(0)}, {"values", values}});
}

}  // namespace

void add_tags(arm::Service& service) {
  add_tags_resource(service);
  const std::string names = "/subscriptions/*/tagNames";
  service.add_path({"GET", names, "Microsoft.Resources/subscriptions/tagNames/read",
                    [&service](const Call& call) { return list_names(service, call); }});
  for (const auto& path : {std::string(names + "/*"), std::string(names + "/*/tagValues/*")}) {
    service.add_path({"PUT", path, "Microsoft.Resources/subscriptions/tagNames/write",
                      [&service](const Call& call) { return change_names(service, call, true); }});
    service.add_path({"DELETE", path, "Microsoft.Resources/subscriptions/tagNames/delete",
                      [&service](const Call& call) { return change_names(service, call, false); }});
  }
}

}  // namespace lazuli::providers
