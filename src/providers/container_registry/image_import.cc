#include "providers/container_registry/image_import.h"

#include "base/text.h"
#include "providers/container_registry/registries.h"
#include "providers/container_registry/registry_document.h"

namespace lazuli::providers {

using arm::Answer;
using arm::Call;

namespace {

constexpr const char* kImport = "containerRegistry.importImage";
constexpr const char* kPull = "Microsoft.ContainerRegistry/registries/pull/read";

std::vector<std::string> texts(const Json* list) {
  std::vector<std::string> out;
  if (list && list->is_array())
    for (const Json& one : list->as_array()) out.push_back(string_or(&one));
  return out;
}

Answer result_of(const arm::Operation& operation) {
  if (!operation.done()) return Answer::json(202, JsonObject{{"status", "Accepted"}});
  if (operation.status == "Succeeded") return Answer::json(200, JsonObject{{"status", "Succeeded"}});
  Json body = arm::Service::error_body(operation.error);
  body.as_object()["status"] = "Failed";
  return Answer::json(operation.error.status, std::move(body));
}

}  // namespace

ImageImport::ImageImport(arm::Service& service, registry::Registry& registry) : service_(service) {
  service_.operations().define(kImport, [&registry](arm::OperationContext& context) -> Result<Json> {
    const Json& input = context.operation().input;
    auto copied = registry.copy_image(string_at(input, "source"), string_at(input, "loginServer"),
                                      texts(find(input, "targetTags")), bool_or(find(input, "force")));
    if (!copied) return Error{"ImportImageFailed", copied.error().message, copied.error().status == 404 ? 404 : 400};
    return Json(nullptr);
  });
  service_.add_operation_form(kImport, {.status = {}, .result = result_of});
}

Result<std::string> ImageImport::source_name(const Call& call) const {
  const std::string image = string_at(call.body, "source", "sourceImage");
  if (image.empty()) return arm::bad_request("InvalidParameter", "source.sourceImage is required.", "source");
  std::string host = to_lower(string_at(call.body, "source", "registryUri"));
  if (host.starts_with("https://")) host.erase(0, 8);
  std::string registry_id = string_at(call.body, "source", "resourceId");
  if (registry_id.empty() && host.ends_with(".azurecr.io")) {
    for (const auto& one : service_.resources().of_type(kRegistryType))
      if (one.property_text("loginServer") == host) registry_id = one.id();
  }
  if (registry_id.empty()) {
    if (host.empty() || host.ends_with(".azurecr.io"))
      return arm::bad_request("InvalidParameter", "The source registry does not exist.", "source");
    return host + "/" + image;
  }
  const auto source = service_.resources().get(registry_id);
  if (!source) return arm::bad_request("InvalidParameter", "The source registry does not exist.", "source");
  if (!service_.parts().authorizer.check(call.caller, kPull, source->id(), access::Plane::control).allowed)
    return Error{
        "LinkedAuthorizationFailed",
        "The client has permission to perform action 'Microsoft.ContainerRegistry/registries/importImage/action' "
        "on scope '" +
            call.id.text() + "', however the linked scope '" + source->id() + "' does not allow it to perform '" +
            kPull + "'.",
        403};
  return source->property_text("loginServer") + "/" + image;
}

Result<Answer> ImageImport::begin(const Call& call) const {
  const auto resource = service_.resources().get(call.id);
  if (!resource) return arm::resource_not_found(call.id);
  auto source = source_name(call);
  if (!source)
    return source.error().status == 403 ? Result<Answer>(source.error()) : registry_refusal(call, source.error());
  JsonArray tags;
  for (const auto& tag : texts(find(call.body, "targetTags"))) tags.emplace_back(tag);
  if (tags.empty())
    return registry_refusal(call, arm::bad_request("InvalidParameter", "targetTags is required.", "targetTags"));
  auto operation =
      service_.operations().start(kImport, resource->id(), call.id.subscription(),
                                  JsonObject{{"source", *source},
                                             {"loginServer", resource->property_text("loginServer")},
                                             {"targetTags", std::move(tags)},
                                             {"force", equals_ignoring_case(string_at(call.body, "mode"), "Force")}});
  if (!operation) return operation.error();
  Answer answer = Answer::no_body(202);
  answer.headers.set("api-supported-versions", call.api_version);
  answer.headers.set(
      "Location",
      registry_result_url(call, to_upper(string_or(resource->document.if_contains("location"))), operation->id));
  return answer;
}

}  // namespace lazuli::providers
