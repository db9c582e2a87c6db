#include "providers/kubernetes_configuration/kubernetes_configuration.h"

#include "base/text.h"
#include "providers/kubernetes_configuration/extension.h"

namespace lazuli::providers {

namespace kubernetes_configuration {

namespace {

using arm::Answer;
using arm::Call;

constexpr std::string_view kInstall = "kubernetesConfiguration.install";
constexpr std::string_view kUninstall = "kubernetesConfiguration.uninstall";
constexpr std::string_view kClusterType = "Microsoft.ContainerService/managedClusters";
constexpr std::string_view kOrigin = "https://management.azure.com";

class Handlers {
 public:
  Handlers(arm::Service& service, cluster::ObjectsOf objects) : service_(service), objects_(std::move(objects)) {}

  Result<Answer> get(const Call& call);
  Result<Answer> list(const Call& call);
  Result<Answer> put(const Call& call);
  Result<Answer> patch(const Call& call);
  Result<Answer> remove(const Call& call);
  Result<Json> install_body(arm::OperationContext& context);
  Result<Json> uninstall_body(arm::OperationContext& context);
  Status withdraw(const arm::Resource& extension);

 private:
  Result<Answer> write(const Call& call, const Json& properties, const std::optional<arm::Resource>& before,
                       int status);
  Result<arm::Operation> begin(std::string_view kind, const Call& call, const arm::Resource& extension);

  arm::Service& service_;
  cluster::ObjectsOf objects_;
};

// Polls live below the extension: {extension}/operations/{guid}.
std::string poll_path(const arm::Operation& operation) {
  return operation.resource + "/operations/" + operation.id;
}

void add_poll_header(Answer& answer, const arm::Operation& operation) {
  answer.headers.set("Azure-AsyncOperation",
                     std::string(kOrigin) + poll_path(operation) + "?api-version=" + std::string(kApiVersion));
}

Answer versioned(Answer answer) {
  answer.headers.set("api-supported-versions", kApiVersion);
  return answer;
}

Answer status_of(const arm::Operation& operation) {
  const Json error = operation.done() && operation.status != "Succeeded"
                         ? arm::Service::error_body(operation.error).at("error")
                         : Json(nullptr);
  return versioned(Answer::json(200, JsonObject{{"id", poll_path(operation)},
                                                {"name", operation.id},
                                                {"status", operation.status},
                                                {"properties", JsonObject()},
                                                {"error", error}}));
}

// What .NET writes for a response object; the real service answers a forced deletion with it (recorded in 2026).
JsonObject forced_body() {
  return JsonObject{{"version", "1.1"},          {"content", JsonObject{{"headers", JsonArray()}}},
                    {"statusCode", 200},         {"reasonPhrase", "OK"},
                    {"headers", JsonArray()},    {"trailingHeaders", JsonArray()},
                    {"requestMessage", nullptr}, {"isSuccessStatusCode", true}};
}

Result<Answer> Handlers::get(const Call& call) {
  const auto extension = service_.resources().get(call.id);
  if (!extension) return arm::resource_not_found(call.id);
  return versioned(Answer::json(200, extension->visible()));
}

Result<Answer> Handlers::list(const Call& call) {
  JsonArray value;
  for (const auto& extension : service_.resources().children(call.id)) value.push_back(extension.visible());
  return versioned(Answer::json(200, JsonObject{{"value", std::move(value)}, {"nextLink", nullptr}}));
}

Result<arm::Operation> Handlers::begin(std::string_view kind, const Call& call, const arm::Resource& extension) {
  arm::Operation operation;
  auto written = service_.resources().store().transact([&](store::Transaction& transaction) -> Status {
    arm::Resources::save(transaction, extension);
    operation = service_.operations().prepare(transaction, std::string(kind), extension.id(), call.id.subscription(),
                                              JsonObject());
    return {};
  });
  if (!written) return written.error();
  service_.operations().launch(operation);
  return operation;
}

Result<Answer> Handlers::write(const Call& call, const Json& properties, const std::optional<arm::Resource>& before,
                               int status) {
  const auto cluster = call.id.scope();
  if (!equals_ignoring_case(cluster.type(), kClusterType)) {
    return arm::bad_request("UnsupportedClusterType", "Extensions are supported on " + std::string(kClusterType) +
                                                          ", not on '" + cluster.type() + "'.");
  }
  if (!service_.resources().get(cluster)) return arm::resource_not_found(cluster);
  if (service_.operations().running(call.id.key())) {
    return Error{"Conflict", "Another operation on the extension '" + call.id.name() + "' is in progress.", 409};
  }
  const Json* earlier = before ? before->document.if_contains("properties") : nullptr;
  auto made = before.value_or(arm::Resource{});
  if (!before) made.document["id"] = call.path.ends_with('/') ? call.path.substr(0, call.path.size() - 1) : call.path;
  made.document["name"] = call.id.name();
  made.document["type"] = kType;
  made.document["properties"] = filled(properties, earlier);
  made.document["systemData"] = system_data(before ? &*before : nullptr, service_.parts().clock.now());
  if (const auto type = made.property_text("extensionType"); !equals_ignoring_case(type, kConnectorType)) {
    return arm::bad_request(
        "ExtensionTypeRegistrationGetFailed",
        "The extension type '" + type + "' is not available here. Available: " + std::string(kConnectorType) + ".",
        "properties.extensionType");
  }
  const auto operation = begin(kInstall, call, made);
  if (!operation) return operation.error();
  auto answer = versioned(Answer::json(status, made.visible()));
  add_poll_header(answer, *operation);
  return answer;
}

Result<Answer> Handlers::put(const Call& call) {
  const Json* properties = find(call.body, "properties");
  if (!properties || !properties->is_object()) {
    return arm::bad_request("InvalidRequestContent", "The request content was invalid: 'properties' is missing.");
  }
  const auto before = service_.resources().get(call.id);
  return write(call, *properties, before, before ? 200 : 201);
}

Result<Answer> Handlers::patch(const Call& call) {
  const auto before = service_.resources().get(call.id);
  if (!before) return arm::resource_not_found(call.id);
  const Json* properties = find(call.body, "properties");
  return write(call, properties ? *properties : Json(JsonObject()), before, 202);
}

Result<Answer> Handlers::remove(const Call& call) {
  auto extension = service_.resources().get(call.id);
  if (!extension) return versioned(Answer::no_body(204));
  if (equals_ignoring_case(call.query.get("forceDelete"), "true")) {
    if (auto gone = service_.forget(call.id); !gone) return gone.error();
    return versioned(Answer::json(200, forced_body()));
  }
  extension->properties()["provisioningState"] = "Deleting";
  const auto operation = begin(kUninstall, call, *extension);
  if (!operation) return operation.error();
  auto answer = versioned(Answer::no_body(202));
  add_poll_header(answer, *operation);
  return answer;
}

Result<Json> Handlers::install_body(arm::OperationContext& context) {
  const auto id = arm::ResourceId::parse(context.operation().resource);
  if (!id || !service_.resources().get(*id)) {
    return Error{"ResourceNotFound", "The extension was deleted while it was being installed.", 404};
  }
  context.progress("installing the extension");
  const auto objects = objects_(id->scope().text());
  const Status installed = objects ? install(**objects, id->name(), LAZULI_VERSION) : Status(objects.error());
  if (!installed && context.cancelled()) return installed.error();
  auto noted = service_.resources().update(*id, [&](arm::Resource& extension) -> Status {
    auto& properties = extension.properties();
    properties["provisioningState"] = installed ? "Succeeded" : "Failed";
    properties["statuses"] = JsonArray();
    if (installed) {
      properties["currentVersion"] = LAZULI_VERSION;
    } else {
      properties["statuses"].get_array().push_back(JsonObject{{"code", "InstallationFailed"},
                                                              {"displayStatus", nullptr},
                                                              {"level", nullptr},
                                                              {"message", installed.error().message},
                                                              {"time", nullptr}});
    }
    return {};
  });
  if (!noted) return noted.error();
  if (!installed) {
    return Error{"ExtensionOperationFailed",
                 "The extension operation failed with the following error: " + installed.error().message,
                 installed.error().status};
  }
  return Json(JsonObject());
}

Result<Json> Handlers::uninstall_body(arm::OperationContext& context) {
  const auto id = arm::ResourceId::parse(context.operation().resource);
  if (!id) return Json(nullptr);
  context.progress("removing the extension");
  if (auto gone = service_.forget(*id); !gone) return gone.error();
  return Json(nullptr);
}

// A cluster that is stopped or being deleted keeps or loses the objects with everything else.
Status Handlers::withdraw(const arm::Resource& extension) {
  const auto id = arm::ResourceId::parse(extension.id());
  const auto objects = id ? objects_(id->scope().text()) : Result<std::shared_ptr<cluster::Objects>>(Error{});
  if (!objects) return {};
  return uninstall(**objects, id->name());
}

}  // namespace

}  // namespace kubernetes_configuration

void add_kubernetes_configuration(arm::Service& service, cluster::ObjectsOf objects) {
  using namespace kubernetes_configuration;
  auto handlers = std::make_shared<Handlers>(service, std::move(objects));
  arm::TypeSpec extensions;
  extensions.type = kType;
  extensions.api_versions = {"2025-03-01", "2024-11-01", "2023-05-01", "2022-11-01",
                             "2022-07-01", "2022-03-01", "2021-09-01"};
  extensions.get = [handlers](const Call& call) { return handlers->get(call); };
  extensions.list = [handlers](const Call& call) { return handlers->list(call); };
  extensions.put = [handlers](const Call& call) { return handlers->put(call); };
  extensions.patch = [handlers](const Call& call) { return handlers->patch(call); };
  extensions.del = [handlers](const Call& call) { return handlers->remove(call); };
  service.add(std::move(extensions));
  for (const auto kind : {kInstall, kUninstall}) {
    service.add_operation_form(std::string(kind), arm::OperationForm{status_of, status_of});
  }
  auto& operations = service.operations();
  operations.define(std::string(kInstall), [handlers](auto& context) { return handlers->install_body(context); });
  operations.define(std::string(kUninstall), [handlers](auto& context) { return handlers->uninstall_body(context); });
  service.on_forget(std::string(kType),
                    [handlers](const arm::Resource& extension) { return handlers->withdraw(extension); });
}

}  // namespace lazuli::providers
