#include "providers/resources/resource_groups.h"

#include <algorithm>

#include "base/text.h"
#include "providers/resources/filter.h"
#include "providers/resources/regions.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

constexpr std::string_view kType = "Microsoft.Resources/resourceGroups";
constexpr std::string_view kReadAction = "Microsoft.Resources/subscriptions/resourceGroups/read";
constexpr std::size_t kLongestName = 90;

bool is_name_character(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '(' || c == ')' ||
         c == '_' || static_cast<unsigned char>(c) >= 0x80;  // letters of any script are allowed
}

// A double quote is shown as a single one, as recorded.
std::string shown_name(std::string_view name) {
  return replace_all(std::string(name), "\"", "'");
}

Error invalid_group(std::string message) {
  return arm::bad_request("InvalidResourceGroup", std::move(message));
}

class ResourceGroups {
 public:
  ResourceGroups(arm::Service& service, std::shared_ptr<GroupDeletion> deletion)
      : service_(service), deletion_(std::move(deletion)) {}

  Result<Answer> get(const Call& call) const {
    if (auto good = check_group_name(call.id.resource_group()); !good) return good.error();
    const auto stored = service_.resources().get(call.id);
    if (!stored) return arm::group_not_found(call.id.resource_group());
    return Answer::json(200, stored->visible());
  }

  Result<Answer> list(const Call& call) const {
    const auto filter = ResourceFilter::parse(call.query.get("$filter"));
    if (!filter) return filter.error();
    const auto& authorizer = service_.parts().authorizer;
    JsonArray items;
    for (const auto& group : service_.resources().of_type(kType, "/subscriptions/" + call.id.subscription())) {
      FilteredItem item{ResourceId::parse(group.id())->name(), std::string(kType),
                        string_or(group.document.if_contains("location")), "", nullptr};
      const Json* tags = group.document.if_contains("tags");
      if (tags) item.tags = tags->if_object();
      if (filter->takes(item) &&
          authorizer.check(call.caller, kReadAction, group.id(), access::Plane::control).allowed) {
        items.push_back(group.visible());
      }
    }
    return Answer::json(200, arm::Service::page(call, std::move(items)));
  }

  Result<Answer> put(const Call& call) const {
    if (auto good = check_group_name(call.id.resource_group()); !good) return good.error();
    const std::string asked = string_at(call.body, "location");
    const auto existing = service_.resources().get(call.id);
    if (auto good = check_location(call, asked, existing); !good) return good.error();
    Resource group = existing.value_or(Resource{});
    if (!existing) {
      group.document = {{"id", ResourceId::group(call.id.subscription(), call.id.resource_group()).text()},
                        {"name", call.id.resource_group()},
                        {"type", kType},
                        {"location", region_name(asked)}};
    }
    set_members(group, call.body, true);
    group.document.erase("properties");
    group.properties()["provisioningState"] = "Succeeded";
    if (auto saved = service_.resources().save(group); !saved) return saved.error();
    return Answer::json(existing ? 200 : 201, group.visible());
  }

  Result<Answer> patch(const Call& call) const {
    auto changed = service_.resources().update(call.id, [&](Resource& group) -> Status {
      if (group.property_text("provisioningState") == "Deleting") return being_deleted(call);
      set_members(group, call.body, false);
      return {};
    });
    if (!changed) {
      return changed.error().code == "ResourceNotFound" ? arm::group_not_found(call.id.resource_group())
                                                        : changed.error();
    }
    return get(call);
  }

  Result<Answer> remove(const Call& call) const {
    if (!service_.resources().get(call.id)) return arm::group_not_found(call.id.resource_group());
    return deletion_->begin(call);
  }

  // What az group export shows: every resource as it stands, without what the service itself computes.
  Result<Answer> export_template(const Call& call) const {
    if (!service_.resources().get(call.id)) return arm::group_not_found(call.id.resource_group());
    JsonArray items;
    for (const arm::TypeSpec* type : service_.types()) {
      if (!type->tracked) continue;
      for (const auto& resource : service_.resources().of_type(type->type, call.id.text())) {
        items.push_back(template_item(*type, resource));
      }
    }
    return Answer::json(
        200, JsonObject{{"template",
                         JsonObject{{"$schema",
                                     "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#"},
                                    {"contentVersion", "1.0.0.0"},
                                    {"parameters", JsonObject()},
                                    {"variables", JsonObject()},
                                    {"resources", std::move(items)}}}});
  }

 private:
  static Error being_deleted(const Call& call) {
    return {"ResourceGroupBeingDeleted",
            "The resource group '" + call.id.resource_group() +
                "' is in deprovisioning state and cannot perform this operation.",
            409};
  }

  Status check_location(const Call& call, const std::string& asked, const std::optional<Resource>& existing) const {
    if (asked.empty()) return Error{"LocationRequired", "The location property is required for this definition.", 400};
    const auto& known = service_.parts().locations;
    if (std::ranges::find(known, region_name(asked)) == known.end()) {
      return arm::bad_request("LocationNotAvailableForResourceGroup",
                              "The provided location '" + asked +
                                  "' is not available for resource group. List of available regions is '" +
                                  join(known, ",") + "'.");
    }
    if (!existing) return {};
    if (existing->property_text("provisioningState") == "Deleting") return being_deleted(call);
    const std::string at = string_or(existing->document.if_contains("location"));
    if (region_name(at) == region_name(asked)) return {};
    return Error{
        "InvalidResourceGroupLocation",
        "Invalid resource group location '" + asked + "'. The Resource group already exists in location '" + at + "'.",
        409};
  }

  // Members keep their order: id, name, type, location, managedBy, tags. Tags stay away until they were once sent.
  static void set_members(Resource& group, const Json& body, bool whole) {
    const std::string manager = string_at(body, "managedBy");
    if (!manager.empty()) group.document["managedBy"] = manager;
    const Json* tags = find(body, "tags");
    if (tags && tags->is_object()) {
      group.document["tags"] = *tags;
    } else if (whole) {
      group.document.erase("tags");
    }
  }

  static JsonObject template_item(const arm::TypeSpec& type, const Resource& resource) {
    JsonObject item{{"type", type.type},
                    {"apiVersion", type.api_versions.empty() ? "" : type.api_versions.front()},
                    {"name", ResourceId::parse(resource.id())->name()}};
    for (const std::string_view member : {"location", "tags", "sku", "kind", "properties"}) {
      if (const Json* value = resource.document.if_contains(member)) item[member] = *value;
    }
    if (auto* properties = item.if_contains("properties"); properties && properties->is_object()) {
      properties->as_object().erase("provisioningState");
    }
    return item;
  }

  arm::Service& service_;
  std::shared_ptr<GroupDeletion> deletion_;
};

}  // namespace

Status check_group_name(std::string_view name) {
  std::string bad;
  for (const char c : name) {
    if (!is_name_character(c)) bad += c;
  }
  if (!bad.empty()) {
    return invalid_group("The provided resource group name '" + shown_name(name) + "' has these invalid characters: '" +
                         shown_name(bad) + "'. The name can only be a letter, digit, '-', '.', '(', ')' or '_'.");
  }
  if (name.size() > kLongestName) {
    return invalid_group("The provided resource group name '" + std::string(name.substr(0, kLongestName)) +
                         "…' is too long: it can have up to 90 characters.");
  }
  if (name.ends_with('.')) {
    return invalid_group("The provided resource group name '" + std::string(name) + "' must not end with a period.");
  }
  return {};
}

void add_resource_groups(arm::Service& service, std::shared_ptr<GroupDeletion> deletion) {
  const auto groups = std::make_shared<ResourceGroups>(service, std::move(deletion));
  arm::TypeSpec spec;
  spec.type = kType;
  spec.api_versions = {"2025-04-01", "2024-11-01", "2024-07-01", "2024-03-01", "2023-07-01", "2022-09-01",
                       "2021-04-01", "2020-10-01", "2020-06-01", "2019-10-01", "2018-05-01"};
  spec.get = [groups](const Call& call) { return groups->get(call); };
  spec.list = [groups](const Call& call) { return groups->list(call); };
  spec.put = [groups](const Call& call) { return groups->put(call); };
  spec.patch = [groups](const Call& call) { return groups->patch(call); };
  spec.del = [groups](const Call& call) { return groups->remove(call); };
  service.add(std::move(spec));
  service.add_path({"POST", "/subscriptions/*/resourcegroups/*/exportTemplate",
                    "Microsoft.Resources/subscriptions/resourceGroups/exportTemplate/action",
                    [groups](const Call& call) { return groups->export_template(call); }});
  for (const auto& action : {std::string("moveResources"), std::string("validateMoveResources")}) {
    service.add_path({"POST", "/subscriptions/*/resourcegroups/*/" + action,
                      "Microsoft.Resources/subscriptions/resourceGroups/" + action + "/action",
                      [](const Call&) -> Result<Answer> {
                        return arm::bad_request("ResourceMoveNotSupported",
                                                "Resources cannot be moved to another group or subscription here.");
                      }});
  }
}

}  // namespace lazuli::providers
