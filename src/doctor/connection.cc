// A connection of Service Connector, as `az aks connection validate` asks about it: whether what it made is there, says
// what the connection says, and lets a pod through that takes its service account and reads its secret. There is no
// pod; the secret is looked at as the environment of a container that reads it.
#include <array>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/connections.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kTargetLink = "target";
constexpr std::string_view kSecretLink = "secret";
// The endpoint's variable was renamed with the second; the secret has both.
constexpr std::array<std::string_view, 2> kListings = {"2023-04-01-preview", "2024-07-01-preview"};

void check_target(Scene& scene, const Connection& connection) {
  scene.account = scene.parts.service.resources().get(connection.target);
  if (scene.account) {
    scene.good(std::string(kTargetLink), scene.account->id());
    check_network(scene);
    return;
  }
  auto& finding = scene.wrong(std::string(kTargetLink), "target-does-not-exist");
  finding.expected = "the account " + connection.target;
  finding.found = "there is none";
  if (const auto id = arm::ResourceId::parse(connection.target)) {
    finding.mend = commands::recover_account(scene, id->name());
    if (finding.mend.empty())
      finding.mend = "az cognitiveservices account create " + commands::resource_options(*id) +
                     " -l eastus --kind OpenAI --sku s0 --custom-domain " + to_lower(id->name());
  }
  scene.unknown("network", "no account to look at");
}

// What is wrong with a variable of the secret, in words; empty: nothing. A credential is listed without its value.
std::string fault_of_variable(const Environment& held, const std::string& name, const std::string& listed) {
  const auto* variable = held.find(name);
  if (!variable) return "it has no '" + name + "'";
  if (listed.empty()) return variable->hidden() && variable->value.empty() ? "its '" + name + "' is empty" : "";
  if (variable->value == listed) return {};
  return "its '" + name + "' is " + (variable->hidden() ? "another" : "'" + variable->value + "'");
}

void check_secret(Scene& scene, const Connection& connection) {
  const Environment& held = scene.containers.front().environment;
  const auto add = [&](std::string cause, std::string found) {
    auto& finding = scene.wrong(std::string(kSecretLink), std::move(cause));
    finding.expected = "secret '" + connection.secret + "' in namespace '" + scene.name_space +
                       "', with what the connection '" + connection.id.name() + "' lists";
    finding.found = std::move(found);
    finding.mend = commands::make_connection(scene, connection, scene.name_space);
  };
  if (!held.missing.empty()) return add("secret-missing", "there is none");
  for (const auto version : kListings) {
    const auto listed = scene.parts.service.call(
        "POST", connection.id.text() + "/listConfigurations?api-version=" + std::string(version));
    if (!listed) return static_cast<void>(scene.unknown(std::string(kSecretLink), listed.error().message));
    const Json* configurations = find(listed->body, "configurations");
    if (!configurations || !configurations->is_array()) continue;
    for (const auto& one : configurations->get_array()) {
      auto fault = fault_of_variable(held, string_at(one, "name"), string_at(one, "value"));
      if (!fault.empty()) return add("secret-differs-from-connection", std::move(fault));
    }
  }
  scene.good(std::string(kSecretLink), connection.secret + " says what the connection says");
}

void check_account(Scene& scene, const Connection& connection) {
  check_service_account(scene);
  const auto annotated = scene.account_annotation(kClientIdAnnotation);
  if (scene.report.is_wrong(kAccountLink) || equals_ignoring_case(annotated, connection.client_id)) return;
  auto& finding = scene.wrong(std::string(kAccountLink), "client-id-annotation-of-another-identity");
  finding.expected = "annotation " + std::string(kClientIdAnnotation) + " " + connection.client_id +
                     " on service account " + scene.service_account_name;
  finding.found = annotated;
  finding.mend = commands::annotate_account(scene, kClientIdAnnotation, connection.client_id);
}

void check_cluster_side(Scene& scene, const Connection& connection) {
  auto objects = scene.parts.objects(scene.cluster.text());
  if (!objects) {
    auto& finding = scene.wrong("connection", "cluster-does-not-run");
    finding.expected = "the cluster " + scene.cluster.name() + " runs, so that the connection's objects can be seen";
    finding.found = objects.error().message;
    finding.mend = "az aks start " + commands::resource_options(scene.cluster);
    return;
  }
  scene.objects = *std::move(objects);
  Container reader;
  reader.name = connection.id.name();
  JsonArray sources;
  sources.push_back(JsonObject{{"secretRef", JsonObject{{"name", connection.secret}}}});
  reader.environment = read_environment(*scene.objects, scene.name_space, JsonObject{{"envFrom", std::move(sources)}});
  scene.containers.push_back(std::move(reader));
  check_secret(scene, connection);
  check_keys(scene);
  check_connections(scene);
  if (connection.service_account.empty()) return;
  if (auto held = scene.objects->get("/api/v1/namespaces/" + scene.name_space + "/serviceaccounts/" +
                                     scene.service_account_name)) {
    scene.service_account = *std::move(held);
  }
  check_account(scene, connection);
}

void check_permissions(Scene& scene, const Connection& connection) {
  if (connection.service_account.empty()) return;
  scene.client_id = connection.client_id;
  check_cluster_identity(scene);
  check_identity(scene);
  check_credential(scene);
  if (scene.objects) check_exchange(scene);
  check_role(scene);
}

}  // namespace

Result<Report> Doctor::check_connection(const arm::ResourceId& id) const {
  const auto cluster = id.scope();
  auto document = parts_.service.resources().get(cluster);
  if (!document) return arm::resource_not_found(cluster);
  Scene scene{parts_, cluster, *std::move(document), {}, {}, {}};
  for (const auto& connection : connections_of(scene)) {
    if (connection.id.key() != id.key()) continue;
    scene.name_space = connection.name_space;
    scene.service_account_name = connection.service_account;
    scene.report.subject = "connection " + connection.id.name() + " of cluster " + cluster.name();
    check_target(scene, connection);
    check_cluster_side(scene, connection);
    check_permissions(scene, connection);
    check_faults(scene);
    return std::move(scene.report);
  }
  return arm::resource_not_found(id);
}

}  // namespace lazuli::doctor
