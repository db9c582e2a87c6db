// A pod of a Deployment in which every link of the chain holds, over objects in maps: each test breaks one.
#pragma once

#include <gtest/gtest.h>

#include "../fakes.h"
#include "base/text.h"
#include "doctor/doctor.h"

namespace lazuli::doctor {

using lazuli::testing::json;

inline constexpr std::string_view kIssuer = "https://eastus.oic.prod-aks.azure.com/tenant/guid/";
inline constexpr std::string_view kPod = "/api/v1/namespaces/default/pods/app-1";
inline constexpr std::string_view kAccountPath = "/api/v1/namespaces/default/serviceaccounts/sc-account";
inline constexpr std::string_view kSecretPath = "/api/v1/namespaces/default/secrets/sc-conn-secret";
inline constexpr std::string_view kDeployPath = "/apis/apps/v1/namespaces/default/deployments/app";
inline constexpr std::string_view kLogPath = "/api/v1/namespaces/default/pods/app-1/log?container=web&tailLines=200";
inline constexpr std::string_view kEvents =
    "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dapp-1";

// How a trial of the webhook ends.
enum class Webhook { injects, passes_over, not_reached };

// The cluster's side: token requests are answered with a token whose key is "k1", and a dry run with what admission
// does.
class TokenObjects final : public cluster::Objects {
 public:
  TokenObjects(std::shared_ptr<lazuli::testing::MapObjects> map, Webhook webhook)
      : map_(std::move(map)), webhook_(webhook) {}
  Result<Json> get(std::string_view path) override { return map_->get(path); }
  Result<Json> create(std::string_view path, const Json& object) override {
    if (path.ends_with("/pods?dryRun=All")) {
      if (webhook_ == Webhook::not_reached) return Error{"InternalError", "failed calling webhook: x509", 500};
      Json made = object;
      if (webhook_ == Webhook::injects) made.as_object()["env"] = "AZURE_FEDERATED_TOKEN_FILE";
      return made;
    }
    if (!path.ends_with("/token")) return map_->create(path, object);
    const auto token =
        base64url(R"({"alg":"RS256","kid":"k1"})") + "." + base64url(R"({"iss":"i"})") + "." + base64url("signature");
    return Json(JsonObject{{"status", JsonObject{{"token", token}}}});
  }
  Result<Json> apply(std::string_view path, const Json& object) override { return map_->apply(path, object); }
  Status remove(std::string_view path) override { return map_->remove(path); }
  Result<std::string> text(std::string_view path) override { return map_->text(path); }

 private:
  std::shared_ptr<lazuli::testing::MapObjects> map_;
  Webhook webhook_;
};

// A pod of a Deployment in which every link holds. Each test breaks one.
class DoctorTest : public lazuli::testing::ArmTest {
 public:
  DoctorTest() {
    put(std::string(kSubscription), R"({"properties":{}})");
    put(std::string(kGroup), R"({"location":"eastus","properties":{}})");
    put(cluster, R"({"location":"eastus","properties":{"securityProfile":{"workloadIdentity":{"enabled":true}},
      "oidcIssuerProfile":{"enabled":true,"issuerURL":"https://eastus.oic.prod-aks.azure.com/tenant/guid/"},
      "identityProfile":{"kubeletidentity":{"objectId":"kubelet"}}}})");
    put(identity, R"({"properties":{"clientId":"11111111-2222-3333-4444-555555555555",
      "principalId":"99999999-2222-3333-4444-555555555555","tenantId":"tenant"}})");
    put(credential, R"({"properties":{"issuer":"https://eastus.oic.prod-aks.azure.com/tenant/guid/",
      "subject":"system:serviceaccount:default:sc-account","audiences":["api://AzureADTokenExchange"]}})");
    put(account, R"({"kind":"OpenAI","location":"eastus","properties":{"customSubDomainName":"myopenai",
      "endpoint":"https://myopenai.openai.azure.com/"}})");
    put(account + "/deployments/MyModel", R"({"properties":{"model":{"name":"gpt-4","version":"2024-05-13"}}})");
    put(registry, R"({"properties":{"loginServer":"myregistry.azurecr.io","anonymousPullEnabled":false}})");
    authorizer.granted_objects = {"99999999-2222-3333-4444-555555555555"};
    for (const auto* type : {"Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleDefinitions"}) {
      arm::TypeSpec spec;
      spec.type = type;
      service.add(std::move(spec));
    }
    auto& held = objects->held;
    held[std::string(kPod)] = json(R"({"metadata":{"name":"app-1","namespace":"default",
        "creationTimestamp":"2027-01-15T07:00:00Z","labels":{"azure.workload.identity/use":"true"},
        "ownerReferences":[{"kind":"ReplicaSet","name":"app-x"}]},
      "spec":{"serviceAccountName":"sc-account","nodeName":"node",
        "volumes":[{"name":"azure-workload-identity-reserved-1","projected":{"sources":[{"serviceAccountToken":
          {"audience":"api://AzureADTokenExchange","path":"token/azure-identity-token"}}]}}],
        "containers":[{"name":"web","image":"myregistry.azurecr.io/app:1",
          "envFrom":[{"secretRef":{"name":"sc-conn-secret"}}],
          "env":[{"name":"AZURE_CLIENT_ID","value":"11111111-2222-3333-4444-555555555555"},
                 {"name":"AZURE_TENANT_ID","value":"tenant"},
                 {"name":"AZURE_FEDERATED_TOKEN_FILE","value":"/var/run/secrets/azure/wi/token/azure-identity-token"},
                 {"name":"AZURE_OPENAI_DEPLOYMENT","value":"MyModel"},
                 {"name":"OPENAI_API_VERSION","value":"2024-10-21"}]}]},
      "status":{"phase":"Running","containerStatuses":[{"name":"web","restartCount":0,
        "state":{"running":{"startedAt":"2027-01-15T07:55:00Z"}}}]}})");
    held["/apis/apps/v1/namespaces/default/replicasets/app-x"] =
        json(R"({"metadata":{"name":"app-x","ownerReferences":[{"kind":"Deployment","name":"app"}]}})");
    held[std::string(kDeployPath)] = json(R"({"metadata":{"name":"app"}})");
    held[std::string(kAccountPath)] = json(R"({"metadata":{"name":"sc-account","annotations":
        {"azure.workload.identity/client-id":"11111111-2222-3333-4444-555555555555"}}})");
    held[std::string(kSecretPath)] = json(R"({"metadata":{"name":"sc-conn-secret"},"data":{}})");
    secret("AZURE_OPENAI_BASE", "https://myopenai.openai.azure.com/");
    held["/api/v1/nodes/node"] = json(R"({"status":{"nodeInfo":{"architecture":"amd64"}}})");
    held
        ["/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/"
         "azure-wi-webhook-mutating-webhook-configuration"] = json(R"({"metadata":{}})");
    log_is("");
  }

  void secret(std::string_view name, std::string_view value) {
    object_at(objects->held[std::string(kSecretPath)].as_object(), "data")[name] = base64(value);
  }
  void log_is(std::string_view text) { objects->held[std::string(kLogPath)] = Json(text); }
  void event_is(std::string_view text) {
    JsonArray items;
    items.push_back(JsonObject{{"message", text}});
    objects->held[std::string(kEvents)] = JsonObject{{"items", std::move(items)}};
  }
  Json& pod() { return objects->held[std::string(kPod)]; }
  JsonObject& container() { return pod().at("spec").at("containers").at(0).as_object(); }
  JsonObject& annotations() {
    return objects->held[std::string(kAccountPath)].at("metadata").at("annotations").as_object();
  }
  void env(std::string_view name, const char* value) {
    auto& list = container()["env"].as_array();
    for (auto at = list.begin(); at != list.end(); ++at) {
      if (string_at(*at, "name") == name) {
        list.erase(at);
        break;
      }
    }
    if (value) list.push_back(JsonObject{{"name", name}, {"value", value}});
  }
  // What the Deployment makes its pods of; none of them is there.
  void no_pod(std::string_view event, Json replicas = 1) {
    objects->held.erase(std::string(kPod));
    objects->held["/api/v1/namespaces/default/pods"] = json(R"({"items":[]})");
    const JsonObject happened{{"reason", "FailedCreate"},
                              {"involvedObject", JsonObject{{"name", "app-x"}}},
                              {"lastTimestamp", "2027-01-15T07:00:00Z"},
                              {"message", event}};
    objects->held["/api/v1/namespaces/default/events"] =
        JsonObject{{"items", event.empty() ? JsonArray() : JsonArray({Json(happened)})}};
    auto& deployment = objects->held[std::string(kDeployPath)].as_object();
    deployment["spec"] = JsonObject{{"replicas", std::move(replicas)}, {"template", made_from()}};
  }
  static Json made_from() {
    return json(
        R"({"metadata":{"labels":{"azure.workload.identity/use":"true"}},"spec":{"serviceAccountName":"sc-account",
      "containers":[{"name":"web","image":"i","envFrom":[{"secretRef":{"name":"sc-conn-secret"}}],
        "env":[{"name":"AZURE_OPENAI_DEPLOYMENT","value":"MyModel"}]}]}})");
  }
  // A variable that the template sets itself, so that every pod has it.
  void own_env(std::string_view name, const char* value) {
    env(name, value);
    auto made = made_from();
    made.at("spec").at("containers").at(0).at("env").as_array().push_back(JsonObject{{"name", name}, {"value", value}});
    objects->held[std::string(kDeployPath)].as_object()["spec"] = JsonObject{{"template", std::move(made)}};
  }
  void own_token_volume(std::string_view audience) {
    pod().at("spec").at("volumes").as_array().push_back(JsonObject{
        {"name", "mine"},
        {"projected",
         JsonObject{
             {"sources", JsonArray({Json(JsonObject{
                             {"serviceAccountToken", JsonObject{{"audience", audience}, {"path", "token"}}}})})}}}});
    container()["volumeMounts"] = json(R"([{"name":"mine","mountPath":"/mine"}])");
  }
  void account_named(std::string_view name) {
    JsonArray items;
    items.push_back(
        JsonObject{{"metadata", JsonObject{{"name", name},
                                           {"annotations", JsonObject{{"azure.workload.identity/client-id",
                                                                       "11111111-2222-3333-4444-555555555555"}}}}}});
    objects->held["/api/v1/namespaces/default/serviceaccounts"] = JsonObject{{"items", std::move(items)}};
  }
  void not_injected() {
    for (const auto* name : {"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"}) env(name, nullptr);
    pod().at("spec").as_object()["volumes"] = JsonArray();
  }
  void unlabelled() {
    pod().at("metadata").as_object().erase("labels");
    not_injected();
  }
  void property(const std::string& id, std::string_view name, Json value) {
    ASSERT_TRUE(service.resources()
                    .update(*arm::ResourceId::parse(id),
                            [&](arm::Resource& held) -> Status {
                              held.properties()[name] = value;
                              return {};
                            })
                    .ok());
  }
  void waiting(std::string_view reason, std::string_view message) {
    pod().at("status").at("containerStatuses").at(0).as_object()["state"] =
        JsonObject{{"waiting", JsonObject{{"reason", reason}, {"message", message}}}};
  }
  void image_fails(std::string_view message) {
    waiting("ImagePullBackOff", "Back-off pulling image");
    event_is(R"(Failed to pull image "myregistry.azurecr.io/app:1": )" + std::string(message));
  }
  void role(std::string_view name, std::string_view principal, const std::string& scope, std::string_view data) {
    const auto definition = std::string(kSubscription) + "/providers/Microsoft.Authorization/roleDefinitions/d1";
    JsonObject permission{{"dataActions", data.empty() ? JsonArray() : JsonArray({Json(data)})}};
    put(definition, to_text(JsonObject{{"properties", JsonObject{{"roleName", name},
                                                                 {"permissions", JsonArray({Json(permission)})}}}}));
    put(scope + "/providers/Microsoft.Authorization/roleAssignments/a1",
        to_text(JsonObject{{"properties", JsonObject{{"principalId", principal}, {"roleDefinitionId", definition}}}}));
    authorizer.granted_objects = {"nobody"};
  }

  Doctor doctor() {
    return Doctor({service,
                   [this](std::string_view) -> Result<std::shared_ptr<cluster::Objects>> {
                     if (!cluster_runs) return Error{"ClusterNotRunning", "The cluster is not running.", 409};
                     return std::shared_ptr<cluster::Objects>(std::make_shared<TokenObjects>(objects, webhook));
                   },
                   authorizer,
                   clock,
                   [this](std::string_view) { return published; },
                   [this](const TokenExchange&) { return exchange; },
                   [this](std::string_view id) -> std::optional<Identity> {
                     if (application && (application->client_id == id || application->principal_id == id)) {
                       return application;
                     }
                     return std::nullopt;
                   },
                   {},
                   &refused,
                   &faults,
                   [this](std::string_view host, std::string_view repository) {
                     return host == "myregistry.azurecr.io" && repository == "app" ? tags : std::vector<std::string>();
                   }});
  }
  Report examine(std::string_view subject = "pod/app-1") {
    auto report = doctor().check(cluster, "default", subject);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report ? *report : Report{};
  }
  // The diagnosis: the first link that is wrong.
  std::string cause() {
    last = examine();
    const auto* wrong = last.first_wrong();
    return wrong ? wrong->cause : "well";
  }
  std::string mend() const { return last.first_wrong() ? last.first_wrong()->mend : ""; }

  const std::string cluster = in_group("Microsoft.ContainerService/managedClusters/aks");
  const std::string identity = in_group("Microsoft.ManagedIdentity/userAssignedIdentities/id");
  const std::string credential = identity + "/federatedIdentityCredentials/fic";
  const std::string account = in_group("Microsoft.CognitiveServices/accounts/myopenai");
  const std::string registry = in_group("Microsoft.ContainerRegistry/registries/myregistry");
  std::optional<Json> published = json(R"({"keys":[{"kid":"k1"}]})");
  Status exchange;
  std::vector<std::string> tags;  // of the image
  Webhook webhook = Webhook::injects;
  std::optional<Identity> application;  // of the directory
  access::RefusedCalls refused;
  fault::Rules faults{clock, random};
  Report last;
};

}  // namespace lazuli::doctor
