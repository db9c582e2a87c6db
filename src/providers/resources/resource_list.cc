#include "providers/resources/resource_list.h"

#include "base/text.h"
#include "providers/resources/filter.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

// Of a child the names of those above it come first: "account/deployment".
std::string full_name(const ResourceId& id) {
  std::string name;
  for (const auto& [type, each] : id.segments()) name += (name.empty() ? "" : "/") + each;
  return name;
}

bool asks_for(const std::string& expand, std::string_view name) {
  return to_lower(expand).find(to_lower(name)) != std::string::npos;
}

JsonObject item(const Resource& resource, const ResourceId& id, const std::string& expand) {
  JsonObject out{{"id", resource.id()}, {"name", full_name(id)}, {"type", resource.type()}};
  for (const std::string_view member : {"sku", "kind", "managedBy", "location", "identity", "tags"}) {
    if (const Json* value = resource.document.if_contains(member)) out[member] = *value;
  }
  const std::string created = string_at(resource.document, "systemData", "createdAt");
  const std::string changed = string_at(resource.document, "systemData", "lastModifiedAt");
  if (asks_for(expand, "createdTime") && !created.empty()) out["createdTime"] = created;
  if (asks_for(expand, "changedTime") && !changed.empty()) out["changedTime"] = changed;
  if (asks_for(expand, "provisioningState")) {
    const std::string state = resource.property_text("provisioningState");
    out["provisioningState"] = state.empty() ? "Succeeded" : state;
  }
  return out;
}

Result<Answer> list(arm::Service& service, const Call& call) {
  if (!call.id.resource_group().empty() && !service.resources().get(call.id)) {
    return arm::group_not_found(call.id.resource_group());
  }
  const auto filter = ResourceFilter::parse(call.query.get("$filter"));
  if (!filter) return filter.error();
  const auto& authorizer = service.parts().authorizer;
  JsonArray items;
  for (const arm::TypeSpec* type : service.types()) {
    if (!type->tracked) continue;
    for (const auto& resource : service.resources().of_type(type->type, call.id.text())) {
      const auto id = ResourceId::parse(resource.id());
      FilteredItem candidate{full_name(*id), type->type, string_or(resource.document.if_contains("location")),
                             id->resource_group(), nullptr};
      if (const Json* tags = resource.document.if_contains("tags")) candidate.tags = tags->if_object();
      if (filter->takes(candidate) &&
          authorizer.check(call.caller, type->type + "/read", resource.id(), access::Plane::control).allowed) {
        items.push_back(item(resource, *id, call.query.get("$expand")));
      }
    }
  }
  return Answer::json(200, arm::Service::page(call, std::move(items)));
}

}  // namespace

void add_resource_list(arm::Service& service) {
  for (const auto& path :
       {std::string("/subscriptions/*/resources"), std::string("/subscriptions/*/resourcegroups/*/resources")}) {
    service.add_path({"GET", path, "", [&service](const Call& call) { return list(service, call); }});
  }
}

}  // namespace lazuli::providers
