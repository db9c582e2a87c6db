#include "providers/resources/deployment_request.h"

#include <algorithm>
#include <map>

#include "arm/resources.h"
#include "base/text.h"
#include "crypto/keys.h"

namespace lazuli::providers {

namespace {

// The JSON type of a declared one; empty for one that is not known.
bool fits(const Json& value, const std::string& type) {
  if (value.is_null()) return true;  // nullable; what takes it will say so
  if (type == "string" || type == "securestring") return value.is_string();
  if (type == "int") return value.is_int64() || value.is_uint64();
  if (type == "bool") return value.is_bool();
  if (type == "array") return value.is_array();
  return value.is_object();
}

std::string shown_type(const std::string& type) {
  static const std::map<std::string, std::string> kNames = {
      {"string", "String"}, {"securestring", "SecureString"}, {"int", "Int"}, {"bool", "Bool"}, {"array", "Array"},
      {"object", "Object"}, {"secureobject", "SecureObject"}};
  const auto found = kNames.find(to_lower(type));
  return found == kNames.end() ? type : found->second;
}

bool is_secure(const std::string& type) {
  return to_lower(type).starts_with("secure");
}

Error not_supported(const std::string& what) {
  return arm::bad_request("DeploymentFeatureNotSupported", what + " is not supported here.");
}

const Json* declared(const Json& document, std::string_view name) {
  const Json* all = find(document, "parameters");
  if (!all || !all->is_object()) return nullptr;
  for (const auto& member : all->as_object()) {
    if (equals_ignoring_case(member.key(), name)) return &member.value();
  }
  return nullptr;
}

// A type may be declared by "$ref": "#/definitions/name".
std::string type_of(const Json& document, const Json& declaration) {
  const std::string reference = string_at(declaration, "$ref");
  if (!reference.empty()) return string_at(document, "definitions", reference.substr(reference.rfind('/') + 1), "type");
  return string_at(declaration, "type");
}

Status check_value(const Json& document, const std::string& name, const Json& value) {
  const Json* declaration = declared(document, name);
  if (!declaration) {
    std::vector<std::string> known;
    if (const Json* all = find(document, "parameters"); all && all->is_object()) {
      for (const auto& member : all->as_object()) known.emplace_back(member.key());
    }
    return invalid_template("The template parameters '" + name +
                            "' in the parameters file are not valid; they are not present in the original template and "
                            "can therefore not be provided at deployment time. The only supported parameters for this "
                            "template are '" +
                            join(known, ", ") +
                            "'. Please see https://aka.ms/arm-pass-parameter-values for usage details.");
  }
  const std::string type = to_lower(type_of(document, *declaration));
  if (!fits(value, type)) {
    return invalid_template(
        "Template parameter JToken type is not valid. Expected '" + shown_type(type) + "'. Actual value of '" + name +
        "' has another type. Please see https://aka.ms/resource-manager-parameter-files for usage details.");
  }
  const Json* allowed = find(*declaration, "allowedValues");
  if (allowed && allowed->is_array() && std::ranges::find(allowed->as_array(), value) == allowed->as_array().end()) {
    return invalid_template("The provided value for the template parameter '" + name +
                            "' is not valid. The value is not part of the allowed value(s): '" + to_text(*allowed) +
                            "'.");
  }
  return {};
}

Status read_parameters(const Json& given, DeploymentRequest& request) {
  if (!given.is_object()) return invalid_template("The parameters are no object");
  for (const auto& member : given.as_object()) {
    const std::string name(member.key());
    if (find(member.value(), "reference")) return not_supported("A parameter out of a key vault ('" + name + "')");
    const Json* value = find(member.value(), "value");
    if (!value) {
      return invalid_template("Template parameter JToken type is not valid. Expected 'Object' with a value for '" +
                              name +
                              "'. Please see https://aka.ms/resource-manager-parameter-files for usage details.");
    }
    if (auto good = check_value(request.document, name, *value); !good) return good;
    request.parameters[name] = *value;
  }
  return {};
}

}  // namespace

Result<DeploymentRequest> read_deployment_request(const Json& body) {
  const Json* properties = find(body, "properties");
  if (!properties || !properties->is_object()) {
    return arm::bad_request("InvalidRequestContent",
                            "The request content was invalid and could not be deserialized: 'properties' is missing.");
  }
  DeploymentRequest request;
  if (find(*properties, "templateLink")) return not_supported("A template by link");
  if (find(*properties, "parametersLink")) return not_supported("A parameters file by link");
  const Json* document = find(*properties, "template");
  if (!document || !document->is_object()) {
    return Error{"InvalidTemplate", "Deployment template parse failed: 'The template is missing or no object.'.", 400};
  }
  request.document = *document;
  const std::string mode = string_at(*properties, "mode");
  if (equals_ignoring_case(mode, "Complete")) {
    return not_supported("Mode 'Complete', which deletes what the template does not name,");
  }
  if (!mode.empty() && !equals_ignoring_case(mode, "Incremental")) {
    return arm::bad_request("InvalidDeploymentMode", "The deployment mode '" + mode + "' is not valid.");
  }
  if (const Json* given = find(*properties, "parameters")) {
    if (auto read = read_parameters(*given, request); !read) return read.error();
  }
  if (const Json* all = find(request.document, "parameters"); all && all->is_object()) {
    for (const auto& member : all->as_object()) {
      if (is_secure(type_of(request.document, member.value()))) request.secure.emplace_back(member.key());
    }
  }
  return request;
}

Result<JsonObject> shown_parameters(const DeploymentRequest& request, TemplateEvaluator& evaluator) {
  JsonObject shown;
  const Json* all = find(request.document, "parameters");
  if (!all || !all->is_object()) return shown;
  for (const auto& member : all->as_object()) {
    std::string name(member.key());
    const std::string type = type_of(request.document, member.value());
    const bool nullable = bool_or(find(member.value(), "nullable"));
    auto value = evaluator.parameter(name);
    if (!value && nullable && !find(member.value(), "defaultValue")) value = Json(nullptr);
    if (!value) return value.error();
    if (!name.empty()) name[0] = to_lower(name.substr(0, 1))[0];
    JsonObject item{{"type", shown_type(type)}};
    if (!is_secure(type)) item["value"] = *value;
    shown[name] = std::move(item);
  }
  return shown;
}

Result<JsonObject> shown_outputs(const Json& document, TemplateEvaluator& evaluator) {
  JsonObject shown;
  const Json* outputs = find(document, "outputs");
  if (!outputs || !outputs->is_object()) return shown;
  for (const auto& member : outputs->as_object()) {
    if (const Json* condition = find(member.value(), "condition")) {
      const auto met = evaluator.value(*condition);
      if (!met) return met.error();
      if (!met->is_bool() || !met->as_bool()) continue;
    }
    const std::string type = type_of(document, member.value());
    JsonObject item{{"type", shown_type(type)}};
    if (!is_secure(type)) {
      const Json* source = find(member.value(), "value");
      auto value = evaluator.value(source ? *source : Json(nullptr));
      if (!value) return value.error();
      item["value"] = *std::move(value);
    }
    shown[member.key()] = std::move(item);
  }
  return shown;
}

JsonArray shown_providers(const std::vector<PlannedResource>& plan) {
  // namespace → type → locations, in the order of their names
  std::map<std::string, std::map<std::string, std::vector<std::string>>> all;
  for (const auto& resource : plan) {
    const std::size_t slash = resource.type.find('/');
    auto& locations = all[resource.type.substr(0, slash)][resource.type.substr(slash + 1)];
    if (std::ranges::find(locations, resource.location) == locations.end()) locations.push_back(resource.location);
  }
  JsonArray shown;
  for (const auto& [provider, types] : all) {
    JsonArray items;
    for (const auto& [type, locations] : types) {
      JsonArray names;
      for (const auto& location : locations) names.push_back(location.empty() ? Json(nullptr) : Json(location));
      items.push_back(JsonObject{{"resourceType", type}, {"locations", std::move(names)}});
    }
    shown.push_back(JsonObject{{"namespace", provider}, {"resourceTypes", std::move(items)}});
  }
  return shown;
}

JsonArray shown_dependencies(const std::vector<PlannedResource>& plan) {
  const auto named = [](const PlannedResource& resource) {
    return JsonObject{{"id", resource.id}, {"resourceType", resource.type}, {"resourceName", resource.name}};
  };
  JsonArray shown;
  for (const auto& resource : plan) {
    JsonArray needs;
    for (const auto& id : resource.depends_on) {
      const auto found = std::ranges::find(plan, id, &PlannedResource::id);
      if (found != plan.end()) needs.push_back(named(*found));
    }
    if (needs.empty()) continue;
    JsonObject item{{"dependsOn", std::move(needs)}};
    for (const auto& member : named(resource)) item[member.key()] = member.value();
    shown.push_back(std::move(item));
  }
  return shown;
}

std::string template_hash(const Json& document) {
  std::string given = string_at(document, "metadata", "_generator", "templateHash");
  if (!given.empty()) return given;
  const std::string digest = crypto::sha256(to_text(document));
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(digest[i]);
  return std::to_string(number);
}

}  // namespace lazuli::providers
