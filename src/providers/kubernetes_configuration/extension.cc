#include "providers/kubernetes_configuration/extension.h"

#include "base/text.h"

namespace lazuli::providers::kubernetes_configuration {

namespace {

std::string with_offset(TimePoint time) {
  auto text = iso8601(time);
  if (text.ends_with('Z')) text.replace(text.size() - 1, 1, "+00:00");
  return text;
}

// The names of protected settings; their values are kept nowhere.
JsonObject names_only(const Json* settings) {
  JsonObject made;
  const auto* given = settings ? settings->if_object() : nullptr;
  if (!given) return made;
  for (const auto& member : *given) made[member.key()] = "";
  return made;
}

Json value_or(const Json* first, const Json* second, Json fallback) {
  if (first && !first->is_null()) return *first;
  if (second && !second->is_null()) return *second;
  return fallback;
}

JsonObject labels() {
  return {{"app.kubernetes.io/managed-by", "service-connector"}};
}

std::string record_path(std::string_view extension) {
  return "/api/v1/namespaces/" + std::string(kConnectorNamespace) + "/configmaps/" + to_lower(extension);
}

}  // namespace

JsonObject filled(const Json& properties, const Json* before) {
  const auto member = [&](std::string_view name, Json fallback) {
    return value_or(find(properties, name), before ? find(*before, name) : nullptr, std::move(fallback));
  };
  const Json version = member("version", nullptr);
  JsonObject made;
  made["extensionType"] = member("extensionType", nullptr);
  // A pinned version and automatic upgrades exclude each other.
  made["autoUpgradeMinorVersion"] = version.is_null() ? member("autoUpgradeMinorVersion", true) : Json(false);
  made["autoUpgradeMode"] = member("autoUpgradeMode", "compatible");
  made["releaseTrain"] = member("releaseTrain", "Stable");
  made["version"] = version;
  made["currentVersion"] = before ? value_or(find(*before, "currentVersion"), nullptr, nullptr) : Json(nullptr);
  made["scope"] = JsonObject{{"cluster", JsonObject{{"releaseNamespace", kConnectorNamespace}}}};
  made["provisioningState"] = before ? "Updating" : "Creating";
  made["configurationSettings"] = member("configurationSettings", JsonObject());
  made["configurationProtectedSettings"] = names_only(find(properties, "configurationProtectedSettings"));
  made["statuses"] = JsonArray();
  made["aksAssignedIdentity"] = nullptr;
  made["isSystemExtension"] = false;
  made["extensionState"] = nullptr;
  made["additionalDetails"] =
      JsonObject{{"docs", nullptr}, {"releaseNotes", nullptr}, {"troubleshootingGuide", nullptr}};
  return made;
}

JsonObject system_data(const arm::Resource* before, TimePoint now) {
  const Json* earlier = before ? before->document.if_contains("systemData") : nullptr;
  const auto created = earlier ? string_at(*earlier, "createdAt") : std::string();
  return JsonObject{{"createdBy", nullptr},
                    {"createdByType", nullptr},
                    {"createdAt", created.empty() ? with_offset(now) : created},
                    {"lastModifiedBy", nullptr},
                    {"lastModifiedByType", nullptr},
                    {"lastModifiedAt", with_offset(now)}};
}

Status install(cluster::Objects& objects, std::string_view extension, std::string_view version) {
  const auto name_space =
      objects.apply("/api/v1/namespaces/" + std::string(kConnectorNamespace),
                    JsonObject{{"apiVersion", "v1"},
                               {"kind", "Namespace"},
                               {"metadata", JsonObject{{"name", kConnectorNamespace}, {"labels", labels()}}}});
  if (!name_space) return name_space.error();
  const auto record = objects.apply(
      record_path(extension),
      JsonObject{{"apiVersion", "v1"},
                 {"kind", "ConfigMap"},
                 {"metadata",
                  JsonObject{{"name", to_lower(extension)}, {"namespace", kConnectorNamespace}, {"labels", labels()}}},
                 {"data", JsonObject{{"extensionType", kConnectorType}, {"version", version}}}});
  return record ? Status() : Status(record.error());
}

Status uninstall(cluster::Objects& objects, std::string_view extension) {
  if (auto gone = objects.remove(record_path(extension)); !gone) return gone;
  return objects.remove("/api/v1/namespaces/" + std::string(kConnectorNamespace));
}

}  // namespace lazuli::providers::kubernetes_configuration
