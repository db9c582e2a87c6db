#include "providers/container_registry/container_registry.h"

#include "base/text.h"
#include "providers/container_registry/build_runs.h"
#include "providers/container_registry/image_import.h"
#include "providers/container_registry/registries.h"
#include "providers/container_registry/registry_document.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::TypeSpec;

const std::vector<std::string> kVersions = {
    "2026-09-01-preview", "2026-01-01-preview", "2025-11-01",         "2025-05-01-preview", "2025-04-01",
    "2025-03-01-preview", "2024-11-01-preview", "2023-11-01-preview", "2023-08-01-preview", "2023-07-01",
    "2023-06-01-preview", "2023-01-01-preview", "2022-12-01",         "2022-02-01-preview", "2021-12-01-preview",
    "2021-09-01",         "2021-08-01-preview", "2021-06-01-preview", "2020-11-01-preview", "2019-12-01-preview",
    "2019-06-01-preview", "2019-05-01",         "2019-04-01",         "2018-09-01",         "2017-10-01"};

// Children that lazuli has none of: they list as empty, and one that is asked for by name is not there.
void add_empty(arm::Service& service, const std::string& name) {
  TypeSpec spec;
  spec.type = std::string(kRegistryType) + "/" + name;
  spec.api_versions = kVersions;
  spec.list = [](const Call&) -> Result<Answer> { return Answer::json(200, JsonObject{{"value", JsonArray{}}}); };
  spec.get = [](const Call& call) -> Result<Answer> {
    return Answer::json(
        404, JsonObject{{"error", JsonObject{{"code", "ResourceNotFound"},
                                             {"message", "The resource " + call.id.name() + " could not be found."}}},
                        {"status", "Failed"}});
  };
  service.add(std::move(spec));
}

void add_runs(arm::Service& service, const std::shared_ptr<BuildRuns>& runs) {
  TypeSpec spec;
  spec.type = std::string(kRegistryType) + "/runs";
  spec.api_versions = {"2025-03-01-preview", "2019-06-01-preview", "2019-04-01", "2018-09-01"};
  spec.get = [runs](const Call& call) { return runs->get(call); };
  spec.list = [runs](const Call& call) { return runs->list(call); };
  spec.patch = [runs](const Call& call) { return runs->patch(call); };
  spec.actions["listLogSasUrl"] = [runs](const Call& call) { return runs->log_url(call); };
  spec.actions["cancel"] = [runs](const Call& call) { return runs->cancel(call); };
  service.add(std::move(spec));
}

}  // namespace

void add_container_registry(arm::Service& service, registry::Registry& registry) {
  const auto registries = std::make_shared<Registries>(service, registry);
  const auto runs = std::make_shared<BuildRuns>(service, registry);
  const auto import = std::make_shared<ImageImport>(service, registry);

  TypeSpec spec;
  spec.type = kRegistryType;
  spec.api_versions = kVersions;
  spec.tracked = true;
  spec.get = [registries](const Call& call) { return registries->get(call); };
  spec.list = [registries](const Call& call) { return registries->list(call); };
  spec.put = [registries](const Call& call) { return registries->put(call); };
  spec.patch = [registries](const Call& call) { return registries->patch(call); };
  spec.del = [registries](const Call& call) { return registries->remove(call); };
  spec.actions["listCredentials"] = [registries](const Call& call) { return registries->credentials(call); };
  spec.actions["regenerateCredential"] = [registries](const Call& call) { return registries->regenerate(call); };
  spec.actions["importImage"] = [import](const Call& call) { return import->begin(call); };
  spec.actions["listBuildSourceUploadUrl"] = [runs](const Call& call) { return runs->upload_url(call); };
  spec.actions["scheduleRun"] = [runs](const Call& call) { return runs->schedule(call); };
  service.add(std::move(spec));
  add_runs(service, runs);

  TypeSpec usages;  // GET …/registries/R/listUsages: a collection by its form
  usages.type = std::string(kRegistryType) + "/listUsages";
  usages.api_versions = kVersions;
  usages.list = [registries](const Call& call) { return registries->usages(call); };
  service.add(std::move(usages));

  TypeSpec statuses;  // where the old form of a PUT sends its client; the work is done by then
  statuses.type = std::string(kRegistryType) + "/operationStatuses";
  statuses.api_versions = kVersions;
  statuses.get = [registries](const Call& call) { return registries->status(call); };
  service.add(std::move(statuses));

  for (const char* name : {"replications", "webhooks", "tokens", "scopeMaps", "tasks", "taskRuns", "agentPools",
                           "cacheRules", "credentialSets", "connectedRegistries", "privateEndpointConnections"})
    add_empty(service, name);

  service.add_provider_path("Microsoft.ContainerRegistry", "checkNameAvailability",
                            [registries](const Call& call) { return registries->check_name(call); });
  service.on_forget(std::string(kRegistryType),
                    [&registry](const arm::Resource& resource) { return registry.remove(resource.id()); });
}

}  // namespace lazuli::providers
