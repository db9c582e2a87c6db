#include "providers/container_service/managed_clusters.h"

#include "base/text.h"
#include "providers/container_service/cluster_document.h"
#include "providers/container_service/flat_error.h"
#include "providers/container_service/names.h"
#include "providers/container_service/versions.h"
#include "providers/container_service/vocabulary.h"

namespace lazuli::providers::container_service {
namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;

std::string plain_location(std::string text) {
  text = to_lower(text);
  std::erase(text, ' ');
  return text;
}

// "containerService.createManagedCluster" → "create managed cluster"
std::string in_words(std::string_view operation_kind) {
  std::string words;
  for (const char c : operation_kind.substr(operation_kind.find('.') + 1)) {
    if (c >= 'A' && c <= 'Z') words += ' ';
    words += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  return words;
}

Result<Answer> flat(const Result<Answer>& answer) {
  return answer ? answer : Result<Answer>(flat_error(answer.error()));
}

}  // namespace

Result<Answer> ManagedClusters::get(const Call& call) const {
  const auto cluster = service_.resources().get(call.id);
  if (!cluster) return arm::resource_not_found(call.id);
  return Answer::json(200, cluster->visible());
}

// Azure's list has a nextLink even when nothing follows.
Result<Answer> ManagedClusters::list(const Call& call) const {
  if (call.query.has("skipToken")) return Answer::json(200, JsonObject{{"value", JsonArray{}}});
  const bool everywhere = call.id.resource_group().empty();
  JsonArray items;
  for (const auto& cluster : everywhere ? service_.resources().of_type(kClusterType, call.id.scope().text())
                                        : service_.resources().children(call.id))
    items.push_back(cluster.visible());
  return Answer::json(200, first_page(call, std::move(items)));
}

JsonObject first_page(const Call& call, JsonArray items) {
  const std::string token = std::to_string(items.size());
  return {
      {"value", std::move(items)},
      {"nextLink", call.url + "?%24skipToken=" + token + "&api-version=" + call.api_version + "&skipToken=" + token}};
}

Status ManagedClusters::check_idle(const ResourceId& id) const {
  const auto running = service_.operations().running(id.text());
  if (!running || running->kind == kind::kAbort) return {};
  return Error{"OperationNotAllowed",
               "Operation is not allowed because there's an in progress " + in_words(running->kind) +
                   " operation (operation ID: " + running->id + ") on the managed cluster started on UTC " +
                   iso8601(running->started, 0) +
                   ". Please wait for it to finish before starting a new operation. You can also use 'az aks "
                   "operation-abort' to abort the ongoing operation.",
               409};
}

Result<Answer> ManagedClusters::put(const Call& call) const {
  if (auto idle = check_idle(call.id); !idle) return flat_error(idle.error());
  auto cluster = service_.resources().get(call.id);
  return flat(cluster ? change(call, std::move(*cluster)) : create(call));
}

Result<Answer> ManagedClusters::create(const Call& call) const {
  if (auto good = check_cluster_name(call.id.name()); !good) return good.error();
  const auto version = choose_version(string_at(call.body, "properties", "kubernetesVersion"),
                                      clusters_.kubernetes_version(), call.id.name());
  if (!version) return version.error();
  auto& random = service_.parts().random;
  Given given;
  given.id = cluster_id(call.id);
  given.group = call.id.resource_group();
  given.name = call.id.name();
  given.location = plain_location(string_at(call.body, "location"));
  given.label = random_label(random);
  given.issuer = issuer_url(given.location, service_.parts().tenant_id, random.uuid());
  given.uid = resource_uid(random, service_.parts().clock.now());
  given.digits = random_digits(random);
  auto cluster = new_cluster(call.body, given, *version);
  if (!cluster) return cluster.error();
  if (auto done = give_identity(call, *cluster); !done) return done.error();
  return begin(*cluster, call.id, kind::kCreate, Answer::json(201, put_answer(*cluster)), false);
}

Result<Answer> ManagedClusters::change(const Call& call, Resource cluster) const {
  const bool never_made = cluster.property_text("provisioningState") == state::kFailed ||
                          cluster.property_text("provisioningState") == state::kCanceled;
  const auto wanted = string_at(call.body, "properties", "kubernetesVersion");
  const auto version = choose_version(wanted.empty() ? cluster.property_text("kubernetesVersion") : wanted,
                                      clusters_.kubernetes_version(), call.id.name());
  if (!version) return version.error();
  if (auto changed = change_cluster(cluster, call.body, *version); !changed) return changed.error();
  if (find(call.body, "identity"))
    if (auto done = give_identity(call, cluster); !done) return done.error();
  // A PUT again after a failure goes on with the creation.
  const bool again = never_made && !cluster.property("identityProfile");
  return begin(cluster, call.id, again ? kind::kCreate : kind::kUpdate, Answer::json(200, put_answer(cluster)), false);
}

Status ManagedClusters::give_identity(const Call& call, Resource& cluster) const {
  const std::string type = string_at(call.body, "identity", "type");
  JsonObject identity{{"type", type.empty() ? "SystemAssigned" : type}};
  if (equals_ignoring_case(type, "UserAssigned")) {
    JsonObject users;
    const Json* asked = find(call.body, "identity", "userAssignedIdentities");
    if (!asked || !asked->is_object() || asked->get_object().empty())
      return refusal("BadRequest", "identity.userAssignedIdentities must name an identity.", "identity");
    for (const auto& [id, ignored] : asked->get_object()) {
      const auto principal = entra_.managed_identity(id);
      if (!principal)
        return refusal("BadRequest", "The user assigned identity '" + std::string(id) + "' was not found.", "identity");
      users[id] = JsonObject{{"principalId", principal->object_id}};
    }
    identity["userAssignedIdentities"] = std::move(users);
  } else {
    const auto principal = entra_.ensure_managed_identity(cluster.id(), call.id.name());
    if (!principal) return principal.error();
    identity["principalId"] = principal->object_id;
    identity["tenantId"] = service_.parts().tenant_id;
  }
  JsonObject document;
  for (const char* name : {"id", "location", "name", "tags", "type", "kind", "properties"})
    if (auto* value = cluster.document.if_contains(name)) document[name] = *value;
  document["identity"] = std::move(identity);
  for (const char* name : {"sku", "eTag", "private"})
    if (auto* value = cluster.document.if_contains(name)) document[name] = *value;
  cluster.document = std::move(document);
  return {};
}

Result<Answer> ManagedClusters::begin(const Resource& cluster, const ResourceId& id, std::string_view operation_kind,
                                      Answer answer, bool with_location, Json input) const {
  arm::Operation operation;
  auto written = service_.resources().store().transact([&](store::Transaction& transaction) -> Status {
    arm::Resources::save(transaction, cluster);
    operation =
        service_.operations().prepare(transaction, std::string(operation_kind), id.text(), id.subscription(), input);
    return {};
  });
  if (!written) return written.error();
  service_.operations().launch(operation);
  add_headers(answer, cluster, operation, with_location);
  return answer;
}

void ManagedClusters::add_headers(Answer& answer, const Resource& cluster, const arm::Operation& operation,
                                  bool with_location) const {
  arm::Service::PollStyle style;
  style.provider = kProvider;
  style.location = string_or(cluster.document.if_contains("location"));
  style.result_segment = with_location ? "operationresults" : "";
  style.api_version = kPollVersion;
  service_.add_poll_headers(answer, operation, style);
}

Result<Answer> ManagedClusters::patch(const Call& call) const {
  if (auto idle = check_idle(call.id); !idle) return flat_error(idle.error());
  auto cluster = service_.resources().get(call.id);
  if (!cluster) return arm::resource_not_found(call.id);
  const Json* tags = find(call.body, "tags");
  if (!tags || !tags->is_object())
    return flat_error(refusal("BadRequest", "A PATCH changes tags, and has none.", "tags"));
  JsonObject body{{"tags", *tags}, {"location", *cluster->document.if_contains("location")}};
  Call whole = call;
  whole.body = std::move(body);
  return flat(change(whole, std::move(*cluster)));
}

Result<Answer> ManagedClusters::remove(const Call& call) const {
  auto cluster = service_.resources().get(call.id);
  if (!cluster) return Answer::no_body(204);
  // Whatever runs is asked to end, and the deletion waits for it.
  const auto running = service_.operations().running(call.id.text());
  if (running && running->kind == kind::kDelete) {
    Answer answer = Answer::no_body(202);
    add_headers(answer, *cluster, *running, true);
    return answer;
  }
  set_state(*cluster, state::kDeleting);
  return begin(*cluster, call.id, kind::kDelete, Answer::no_body(202), true,
               running ? Json(JsonObject{{"operation", running->id}}) : Json(nullptr));
}

Result<Answer> ManagedClusters::stop(const Call& call) const {
  return change_power(call, false);
}

Result<Answer> ManagedClusters::start(const Call& call) const {
  return change_power(call, true);
}

Result<Answer> ManagedClusters::change_power(const Call& call, bool run) const {
  if (auto idle = check_idle(call.id); !idle) return flat_error(idle.error());
  auto cluster = service_.resources().get(call.id);
  if (!cluster) return arm::resource_not_found(call.id);
  set_state(*cluster, run ? state::kStarting : state::kStopping);
  return begin(*cluster, call.id, run ? kind::kStart : kind::kStop, Answer::no_body(202), true);
}

Result<Answer> ManagedClusters::abort(const Call& call) const {
  auto cluster = service_.resources().get(call.id);
  if (!cluster) return arm::resource_not_found(call.id);
  const auto running = service_.operations().running(call.id.text());
  if (!running || running->kind == kind::kDelete)
    return flat_error(
        refusal("OperationNotAllowed", "There is no operation on the managed cluster that can be aborted."));
  auto marked = service_.resources().update(call.id, [](Resource& stored) -> Status {
    stored.hidden()["aborting"] = true;
    return {};
  });
  if (!marked) return marked.error();
  const auto begun = service_.operations().start(std::string(kind::kAbort), call.id.text(), call.id.subscription(),
                                                 JsonObject{{"operation", running->id}});
  if (!begun) return begun.error();
  Answer answer = Answer::json(202, put_answer(*cluster));
  add_headers(answer, *cluster, *begun, true);
  return answer;
}

Result<std::string> ManagedClusters::kubeconfig_of(const Resource& cluster, bool admin) const {
  if (const Json* disabled = cluster.property("disableLocalAccounts"); bool_or(disabled))
    return refusal("BadRequest",
                   "Getting static credential is not allowed because this cluster is set to disable local accounts.");
  auto text = clusters_.kubeconfig(cluster.id(), admin);
  if (text) return text;
  return Error{"OperationNotAllowed",
               text.error().message + " Its provisioning state is " + cluster.property_text("provisioningState") +
                   "; `az aks show` tells more, and `az aks start` starts a stopped one.",
               409};
}

Result<Answer> ManagedClusters::credential(const Call& call, bool admin) const {
  const auto cluster = service_.resources().get(call.id);
  if (!cluster) return arm::resource_not_found(call.id);
  const auto text = kubeconfig_of(*cluster, admin);
  if (!text) return flat_error(text.error());
  const JsonObject config{{"name", admin ? "clusterAdmin" : "clusterUser"}, {"value", base64(*text)}};
  return Answer::json(200, JsonObject{{"kubeconfigs", JsonArray{config}}});
}

Result<Answer> ManagedClusters::access_profile(const Call& call) const {
  const auto owner = call.id.parent();
  const auto cluster = owner ? service_.resources().get(*owner) : std::nullopt;
  const bool admin = equals_ignoring_case(call.id.name(), "clusterAdmin");
  if (!cluster || (!admin && !equals_ignoring_case(call.id.name(), "clusterUser")))
    return arm::resource_not_found(call.id);
  const auto text = kubeconfig_of(*cluster, admin);
  if (!text) return flat_error(text.error());
  return Answer::json(200, JsonObject{{"id", cluster->id() + "/accessprofiles/" + call.id.name()},
                                      {"name", call.id.name()},
                                      {"type", "Microsoft.ContainerService/ManagedClusters/AccessProfiles"},
                                      {"location", *cluster->document.if_contains("location")},
                                      {"properties", JsonObject{{"kubeConfig", base64(*text)}}}});
}

Result<Answer> ManagedClusters::upgrades(const Call& call) const {
  const auto owner = call.id.parent();
  auto cluster = owner ? service_.resources().get(*owner) : std::nullopt;
  if (!cluster || !equals_ignoring_case(call.id.name(), "default")) return arm::resource_not_found(call.id);
  const auto profile = [&](std::string name) {
    return JsonObject{{"name", std::move(name)},
                      {"kubernetesVersion", cluster->property_text("currentKubernetesVersion")},
                      {"osType", "Linux"},
                      {"upgrades", JsonArray{}}};
  };
  JsonArray pools;
  if (const Json* each = cluster->property("agentPoolProfiles"); each && each->is_array())
    for (const auto& pool : each->get_array()) pools.push_back(profile(string_at(pool, "name")));
  JsonObject control_plane = profile("master");
  return Answer::json(200, JsonObject{{"id", cluster->id() + "/upgradeprofiles/default"},
                                      {"name", "default"},
                                      {"type", "Microsoft.ContainerService/managedClusters/upgradeprofiles"},
                                      {"properties", JsonObject{{"controlPlaneProfile", std::move(control_plane)},
                                                                {"agentPoolProfiles", std::move(pools)}}}});
}

Result<Answer> ManagedClusters::outbound_endpoints(const Call& call) const {
  const auto owner = call.id.parent();
  const auto cluster = owner ? service_.resources().get(*owner) : std::nullopt;
  if (!cluster) return arm::resource_not_found(owner.value_or(call.id));
  return Answer::json(200, JsonObject{{"value", outbound_dependencies(cluster->property_text("fqdn"))}});
}

}  // namespace lazuli::providers::container_service
