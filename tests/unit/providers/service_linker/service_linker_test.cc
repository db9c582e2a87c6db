#include "providers/service_linker/service_linker.h"

#include <gtest/gtest.h>

#include "../../fakes.h"
#include "base/text.h"
#include "providers/service_linker/names.h"

namespace lazuli::providers {
namespace {

using lazuli::testing::json;

constexpr std::string_view kClient = "11111111-2222-3333-4444-555555555555";
constexpr std::string_view kIssuer = "https://eastus.oic.prod-aks.azure.com/tenant/guid/";

class ServiceLinker : public lazuli::testing::ArmTest {
 public:
  ServiceLinker() {
    put(std::string(kSubscription), R"({"properties":{}})");
    put(std::string(kGroup), R"({"location":"eastus","properties":{"provisioningState":"Succeeded"}})");
    put(cluster,
        R"({"location":"eastus","properties":{"provisioningState":"Succeeded","powerState":{"code":"Running"}}})");
    put(account, R"({"kind":"OpenAI","location":"eastus","properties":{"customSubDomainName":"myopenai",
        "endpoint":"https://myopenai.openai.azure.com/"}})");
    put(identity, R"({"location":"eastus","properties":{"clientId":"11111111-2222-3333-4444-555555555555",
        "principalId":"principal","tenantId":"tenant"}})");
    objects->held["/api/v1/namespaces/default"] = json(R"({"metadata":{"name":"default"}})");

    add_plain_type("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials");
    add_plain_type("Microsoft.Authorization/roleAssignments");
    add_plain_type("Microsoft.KubernetesConfiguration/extensions");
    arm::TypeSpec clusters;
    clusters.type = "Microsoft.ContainerService/managedClusters";
    clusters.put = [this](const arm::Call& call) -> Result<arm::Answer> {
      calls.push_back("PUT " + call.id.key());
      if (cluster_fault.status != 0) return cluster_fault;
      EXPECT_TRUE(bool_or(find(call.body, "properties", "securityProfile", "workloadIdentity", "enabled")));
      arm::Resource made;
      made.document = call.body.as_object();
      object_at(made.properties(), "oidcIssuerProfile")["issuerURL"] = kIssuer;
      if (auto saved = service.resources().save(made); !saved) return saved.error();
      return arm::Answer::json(200, made.visible());
    };
    service.add(std::move(clusters));
    arm::TypeSpec accounts;
    accounts.type = "Microsoft.CognitiveServices/accounts";
    accounts.actions["listKeys"] = [](const arm::Call&) -> Result<arm::Answer> {
      return arm::Answer::json(200, json(R"({"key1":"the-key","key2":"other"})"));
    };
    service.add(std::move(accounts));
    arm::TypeSpec identities;
    identities.type = "Microsoft.ManagedIdentity/userAssignedIdentities";
    service.add(std::move(identities));
    add_service_linker(service, objects_of(),
                       [this](const arm::ResourceId& id) -> Result<std::vector<service_linker::Finding>> {
                         EXPECT_EQ(id.name(), "openai_conn");
                         return found;
                       });
    service.operations().resume();
  }

  Json body(std::string_view auth = R"({"authType":"userAssignedIdentity",
      "clientId":"11111111-2222-3333-4444-555555555555","subscriptionId":"00000000-0000-0000-0000-000000000001"})",
            std::string_view scope = "default") const {
    return JsonObject{
        {"properties", JsonObject{{"targetService", JsonObject{{"type", "AzureResource"}, {"id", account}}},
                                  {"authInfo", json(auth)},
                                  {"clientType", "none"},
                                  {"scope", scope},
                                  {"secretStore", JsonObject()},
                                  {"publicNetworkSolution", JsonObject()},
                                  {"configurationInfo", JsonObject{{"configurationStore", JsonObject()}}}}}};
  }
  std::string linker(std::string_view name) const {
    return cluster + "/providers/Microsoft.ServiceLinker/linkers/" + std::string(name);
  }
  // The status with which making it ended.
  std::string create(std::string_view name, const Json& asked) {
    const auto answer = send("PUT", linker(name), asked);
    EXPECT_EQ(answer.status, 201) << answer.body;
    const auto operation = ended(answer);
    if (!operation) return "(no operation)";
    last_error = operation->error;
    return operation->status;
  }
  std::string secret_value(const std::string& path, std::string_view name) {
    const auto held = objects->held.find(path);
    if (held == objects->held.end()) return "(no secret)";
    return base64_decode(string_at(held->second, "data", name)).value_or("(bad)");
  }
  std::size_t count(std::string_view type) { return service.resources().of_type(type).size(); }

  const std::string cluster = in_group("Microsoft.ContainerService/managedClusters/aks");
  const std::string account = in_group("Microsoft.CognitiveServices/accounts/myopenai");
  const std::string identity = in_group("Microsoft.ManagedIdentity/userAssignedIdentities/id");
  const std::string secret = "/api/v1/namespaces/default/secrets/sc-openaiconn-secret";
  const std::string service_account =
      "/api/v1/namespaces/default/serviceaccounts/sc-account-11111111-2222-3333-4444-555555555555";
  static constexpr std::string_view kCredentials =
      "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
  static constexpr std::string_view kRoles = "Microsoft.Authorization/roleAssignments";
  std::vector<service_linker::Finding> found;  // by the doctor
  Error cluster_fault{{}, {}, 0};
  Error last_error;
};

TEST_F(ServiceLinker, MakesEveryLinkOfTheKeylessChain) {
  ASSERT_EQ(create("openai_conn", body()), "Succeeded") << last_error.message;

  const auto credentials = service.resources().of_type(kCredentials);
  ASSERT_EQ(credentials.size(), 1U);
  EXPECT_EQ(credentials[0].property_text("issuer"), kIssuer);
  EXPECT_EQ(credentials[0].property_text("subject"),
            "system:serviceaccount:default:sc-account-" + std::string(kClient));
  EXPECT_EQ(to_text(*credentials[0].property("audiences")), R"(["api://AzureADTokenExchange"])");
  const auto roles = service.resources().of_type(kRoles);
  ASSERT_EQ(roles.size(), 1U);
  EXPECT_EQ(roles[0].property_text("principalId"), "principal");
  EXPECT_TRUE(roles[0].property_text("roleDefinitionId").ends_with("5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"));
  EXPECT_TRUE(to_lower(roles[0].id()).starts_with(to_lower(account)));

  const auto& made = objects->held.at(service_account);
  EXPECT_EQ(string_at(made, "metadata", "annotations", "azure.workload.identity/client-id"), kClient);
  EXPECT_EQ(string_at(made, "metadata", "annotations", "azure.workload.identity/tenant-id"), "tenant");
  for (const auto* name : {"AZURE_OPENAI_BASE", "AZURE_OPENAI_ENDPOINT"}) {
    EXPECT_EQ(secret_value(secret, name), "https://myopenai.openai.azure.com/");
  }
  EXPECT_EQ(secret_value(secret, "AZURE_OPENAI_CLIENTID"), kClient);
  EXPECT_EQ(count("Microsoft.KubernetesConfiguration/extensions"), 1U);
}

TEST_F(ServiceLinker, AnswersAsRecorded) {
  const auto begun = send("PUT", linker("openai_conn"), body());
  ASSERT_EQ(begun.status, 201);
  const auto answer = json(begun.body);
  EXPECT_EQ(string_at(answer, "type"), "microsoft.servicelinker/linkers");
  EXPECT_EQ(string_at(answer, "properties", "provisioningState"), "Accepted");
  EXPECT_EQ(answer.at("properties").as_object().begin()->key(), "provisioningState");
  EXPECT_TRUE(find(answer, "properties", "authInfo", "roles")->is_null());
  EXPECT_TRUE(find(answer, "properties", "secretStore", "keyVaultId")->is_null());
  const std::string poll(begun.headers.get("Azure-AsyncOperation"));
  EXPECT_NE(poll.find("/locations/EASTUS/operationStatuses/"), std::string::npos) << poll;
  EXPECT_NE(poll.find("api-version=2021-01-01-privatepreview"), std::string::npos) << poll;
  EXPECT_EQ(begun.headers.get("Location"), "");
  ASSERT_TRUE(ended(begun));
  const auto path = poll.substr(std::string("https://management.azure.com").size(), poll.find('?') - 28);
  const auto status = json(send("GET", path, nullptr, "2021-01-01-privatepreview").body);
  EXPECT_EQ(string_at(status, "status"), "Succeeded") << to_text(status);
  EXPECT_EQ(string_at(status, "resourceId"), linker("openai_conn"));
  EXPECT_EQ(string_at(status, "name"), path.substr(path.rfind('/') + 1));
  EXPECT_EQ(to_text(*find(status, "properties")), R"({"Message":null})");
  const auto shown = json(send("GET", linker("OPENAI_CONN")).body);
  EXPECT_EQ(string_at(shown, "properties", "provisioningState"), "Succeeded");
  EXPECT_EQ(shown.at("properties").as_object().begin()->key(), "publicNetworkSolution");
}

TEST_F(ServiceLinker, RunsAgainWithoutMakingAnythingTwice) {
  ASSERT_EQ(create("openai_conn", body()), "Succeeded");
  const auto held = objects->held;
  calls.clear();
  ASSERT_EQ(create("openai_conn", body()), "Succeeded");
  EXPECT_EQ(objects->held, held);
  EXPECT_EQ(count(kCredentials), 1U);
  EXPECT_EQ(count(kRoles), 1U);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "PUT " + to_lower(cluster)), 0);
}

TEST_F(ServiceLinker, GoesOnFromTheJournalAfterACrash) {
  ASSERT_EQ(create("openai_conn", body()), "Succeeded");
  // As a crash leaves it that came after the grants and before the Kubernetes objects.
  objects->held.erase(secret);
  arm::Operation operation;
  ASSERT_TRUE(service.resources()
                  .store()
                  .transact([&](store::Transaction& transaction) -> Status {
                    auto held = arm::Resources::get(transaction, *arm::ResourceId::parse(linker("openai_conn")));
                    held->properties()["provisioningState"] = "Accepted";
                    arm::Resources::save(transaction, *held);
                    operation = service.operations().prepare(transaction, "serviceLinker.create", linker("openai_conn"),
                                                             "s", json(R"({"location":"eastus"})"));
                    return {};
                  })
                  .ok());
  service.operations().resume();
  EXPECT_EQ(service.operations().wait(operation.id, std::chrono::seconds(20))->status, "Succeeded");
  EXPECT_TRUE(objects->held.contains(secret));
  EXPECT_EQ(count(kCredentials) + count(kRoles), 2U);
  EXPECT_EQ(string_at(json(send("GET", linker("openai_conn")).body), "properties", "provisioningState"), "Succeeded");
}

TEST_F(ServiceLinker, RefusesAtOnceWhatCannotWorkAndChangesNothing) {
  struct Case {
    const char* what;
    std::string path;
    Json body;
    int status;
    std::string code;
  };
  auto no_account = body();
  no_account.at("properties").at("targetService").as_object()["id"] =
      in_group("Microsoft.CognitiveServices/accounts/none");
  auto no_id = body();
  no_id.at("properties").at("targetService").as_object()["id"] = "myopenai";
  auto vault = body();
  vault.at("properties").at("targetService").as_object()["id"] = in_group("Microsoft.KeyVault/vaults/v");
  const std::vector<Case> cases = {
      {"absent target", linker("c"), no_account, 404, "ResourceNotFound"},
      {"target that is no id", linker("c"), no_id, 400, "LinkedInvalidPropertyId"},
      {"target of another kind", linker("c"), vault, 400, "UnsupportedTargetService"},
      {"absent identity", linker("c"),
       body(R"({"authType":"userAssignedIdentity","clientId":"99999999-2222-3333-4444-555555555555"})"), 404,
       "ResourceNotFound"},
      {"identity without client id", linker("c"), body(R"({"authType":"userAssignedIdentity"})"), 400, "BadRequest"},
      {"unknown kind of authentication", linker("c"), body(R"({"authType":"systemAssignedIdentity"})"), 400,
       "UnsupportedAuthType"},
      {"name with a dash", linker("a-b"), body(), 400, "BadRequest"},
      {"namespace that cannot be", linker("c"), body(R"({"authType":"secret"})", "../kube"), 400, "BadRequest"},
      {"no properties", linker("c"), json(R"({"properties":[]})"), 400, "InvalidRequestContent"},
      {"absent cluster",
       in_group("Microsoft.ContainerService/managedClusters/none/providers/Microsoft.ServiceLinker/linkers/c"), body(),
       404, "ResourceNotFound"},
      {"another source", account + "/providers/Microsoft.ServiceLinker/linkers/c", body(), 400,
       "UnsupportedSourceType"},
  };
  for (const auto& one : cases) {
    const auto answer = send("PUT", one.path, one.body);
    EXPECT_EQ(answer.status, one.status) << one.what << ": " << answer.body;
    EXPECT_EQ(string_at(json(answer.body), "error", "code"), one.code) << one.what;
  }
  EXPECT_EQ(count("Microsoft.ServiceLinker/linkers"), 0U);
  EXPECT_TRUE(calls.empty());
}

TEST_F(ServiceLinker, RefusesCallerWhoMayNotDoTheStepsHimself) {
  authorizer.denied = {"Microsoft.Authorization/roleAssignments/write"};
  const auto answer = send("PUT", linker("c"), body());
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(string_at(json(answer.body), "error", "code"), "UnauthorizedResourceAccess");
  EXPECT_NE(answer.body.find("roleAssignments/write"), std::string::npos);
  EXPECT_TRUE(calls.empty());
  // A key needs no role to be assigned.
  EXPECT_EQ(create("key", body(R"({"authType":"secret"})")), "Succeeded");
}

TEST_F(ServiceLinker, FailsAsAzureDoesWhenTheClusterIsBusyAndRepairsWithAnotherPut) {
  cluster_fault = Error{"OperationNotAllowed", "Another operation is in progress.", 409};
  EXPECT_EQ(create("openai_conn", body()), "Failed");
  EXPECT_EQ(last_error.code, "GeneralUserError");
  EXPECT_TRUE(last_error.message.starts_with("Execution failed. Operation returned an invalid status code 'Conflict'"));
  EXPECT_EQ(string_at(json(send("GET", linker("openai_conn")).body), "properties", "provisioningState"), "Failed");
  cluster_fault.status = 0;
  EXPECT_EQ(create("openai_conn", body()), "Succeeded");
}

TEST_F(ServiceLinker, SaysWhichNamespaceIsMissing) {
  EXPECT_EQ(create("c", body(R"({"authType":"secret"})", "shop")), "Failed");
  EXPECT_NE(last_error.message.find("kubectl create namespace shop"), std::string::npos);
}

TEST_F(ServiceLinker, SaysThatTheClusterIsStopped) {
  put(cluster, R"({"location":"eastus","properties":{"powerState":{"code":"Stopped"}}})");
  EXPECT_EQ(create("c", body()), "Failed");
  EXPECT_NE(last_error.message.find("az aks start -n aks -g group"), std::string::npos);
}

TEST_F(ServiceLinker, PutsKeyOnlyIntoTheClusterAndNeverIntoAnAnswer) {
  ASSERT_EQ(create("openai_conn", body(R"({"authType":"secret"})")), "Succeeded");
  EXPECT_EQ(secret_value(secret, "AZURE_OPENAI_KEY"), "the-key");
  EXPECT_FALSE(objects->held.contains(service_account));
  EXPECT_EQ(count(kRoles) + count(kCredentials), 0U);
  const auto shown = send("GET", linker("openai_conn")).body;
  EXPECT_NE(shown.find(R"("secretInfo":{"secretType":"rawValue"})"), std::string::npos) << shown;
  const auto listed = send("POST", linker("openai_conn") + "/listConfigurations").body;
  EXPECT_EQ((shown + listed).find("the-key"), std::string::npos);
}

TEST_F(ServiceLinker, KeepsSecretOfServicePrincipalOutOfAnswers) {
  const auto answer = send("PUT", linker("openai_conn"), body(R"({"authType":"servicePrincipalSecret","clientId":"c",
      "principalId":"sp","secret":"hush"})"));
  EXPECT_EQ(answer.body.find("hush"), std::string::npos);
  ASSERT_EQ(ended(answer)->status, "Succeeded");
  EXPECT_EQ(secret_value(secret, "AZURE_OPENAI_CLIENTSECRET"), "hush");
  EXPECT_EQ(secret_value(secret, "AZURE_OPENAI_TENANTID"), "tenant");
  EXPECT_EQ(send("GET", linker("openai_conn")).body.find("hush"), std::string::npos);
}

TEST_F(ServiceLinker, ListsTheNamesOfItsApiVersion) {
  ASSERT_EQ(create("openai_conn", body()), "Succeeded");
  const auto names = [&](std::string_view version) {
    std::string all;
    const auto answer = json(send("POST", linker("openai_conn") + "/listConfigurations", nullptr, version).body);
    for (const auto& one : answer.at("configurations").as_array()) all += string_at(one, "name") + " ";
    return all;
  };
  EXPECT_EQ(names("2024-07-01-preview"), "AZURE_OPENAI_ENDPOINT AZURE_OPENAI_CLIENTID ");
  EXPECT_EQ(names("2023-04-01-preview"), "AZURE_OPENAI_BASE AZURE_OPENAI_CLIENTID ");
}

TEST_F(ServiceLinker, NamesVariablesByTheKindOfAccountAndByWish) {
  put(account, R"({"kind":"AIServices","properties":{"customSubDomainName":"myopenai"}})");
  auto asked = body();
  asked.at("properties").at("configurationInfo").as_object()["customizedKeys"] =
      json(R"({"AZURE_AISERVICES_OPENAI_BASE":"MY_BASE"})");
  ASSERT_EQ(create("openai_conn", asked), "Succeeded");
  EXPECT_EQ(secret_value(secret, "MY_BASE"), "https://myopenai.openai.azure.com/");
  EXPECT_EQ(secret_value(secret, "AZURE_AISERVICES_COGNITIVESERVICES_ENDPOINT"),
            "https://myopenai.cognitiveservices.azure.com/");
  const auto roles = service.resources().of_type(kRoles);
  ASSERT_EQ(roles.size(), 1U);
  EXPECT_TRUE(roles[0].property_text("roleDefinitionId").ends_with("a97b65f3-24c7-4388-baec-2e87135dc908"));
}

TEST_F(ServiceLinker, DeletingTakesWhatNoOtherConnectionNeeds) {
  ASSERT_EQ(create("openai_conn", body()), "Succeeded");
  ASSERT_EQ(create("second", body()), "Succeeded");
  EXPECT_EQ(count(kCredentials), 1U);

  const auto first = send("DELETE", linker("openai_conn"));
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(first.body, "null");
  EXPECT_NE(first.headers.get("Location"), "");
  EXPECT_EQ(ended(first)->status, "Succeeded");
  EXPECT_FALSE(objects->held.contains(secret));
  EXPECT_TRUE(objects->held.contains(service_account));
  EXPECT_EQ(count(kCredentials) + count(kRoles), 2U);

  EXPECT_EQ(ended(send("DELETE", linker("second")))->status, "Succeeded");
  EXPECT_FALSE(objects->held.contains(service_account));
  EXPECT_EQ(count(kCredentials) + count(kRoles), 0U);
  EXPECT_EQ(count("Microsoft.ServiceLinker/linkers"), 0U);
  EXPECT_EQ(send("DELETE", linker("second")).status, 204);
}

TEST_F(ServiceLinker, DeletingLeavesWhatTheUserMade) {
  put(identity + "/federatedIdentityCredentials/mine",
      R"({"properties":{"issuer":"https://eastus.oic.prod-aks.azure.com/tenant/guid/",
          "subject":"system:serviceaccount:default:sc-account-11111111-2222-3333-4444-555555555555"}})");
  ASSERT_EQ(create("openai_conn", body()), "Succeeded");
  EXPECT_EQ(count(kCredentials), 1U);
  objects->held[secret].as_object().erase("metadata");  // no longer labelled as ours
  ASSERT_EQ(ended(send("DELETE", linker("openai_conn")))->status, "Succeeded");
  EXPECT_EQ(count(kCredentials), 1U);
  EXPECT_TRUE(objects->held.contains(secret));
}

TEST_F(ServiceLinker, DeletesWhileTheClusterIsStopped) {
  ASSERT_EQ(create("openai_conn", body()), "Succeeded");
  cluster_runs = false;
  ASSERT_EQ(ended(send("DELETE", linker("openai_conn")))->status, "Succeeded");
  EXPECT_EQ(count(kCredentials) + count(kRoles), 0U);
}

TEST_F(ServiceLinker, ChangingTheIdentityGivesTheOldGrantsBack) {
  put(in_group("Microsoft.ManagedIdentity/userAssignedIdentities/other"),
      R"({"properties":{"clientId":"22222222-2222-3333-4444-555555555555","principalId":"p2","tenantId":"tenant"}})");
  ASSERT_EQ(create("openai_conn", body()), "Succeeded");
  ASSERT_EQ(create("openai_conn", body(R"({"authType":"userAssignedIdentity",
      "clientId":"22222222-2222-3333-4444-555555555555"})")),
            "Succeeded");
  const auto roles = service.resources().of_type(kRoles);
  ASSERT_EQ(roles.size(), 1U);
  EXPECT_EQ(roles[0].property_text("principalId"), "p2");
  EXPECT_EQ(count(kCredentials), 1U);
  EXPECT_FALSE(objects->held.contains(service_account));
}

TEST_F(ServiceLinker, RefusesSecondConnectionWithTheSameSecret) {
  ASSERT_EQ(create("openai_conn", body()), "Succeeded");
  const auto answer = send("PUT", linker("openaiconn"), body());
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.body.find("sc-openaiconn-secret"), std::string::npos);
}

struct Told {
  std::string what;
  std::vector<service_linker::Finding> findings;
  std::string result;  // of the five checks: s, f or w
  std::string description;
};

TEST_F(ServiceLinker, ValidateTellsTheDoctorsFindingsInAzuresChecks) {
  using service_linker::Outcome;
  ASSERT_EQ(create("openai_conn", body()), "Succeeded");
  const std::vector<Told> cases = {
      {"nothing wrong", {{"role", Outcome::success, ""}}, "sssss", ""},
      {"no account",
       {{"target", Outcome::failure, "gone"}, {"network", Outcome::warning, ""}, {"role", Outcome::warning, ""}},
       "fwssw",
       "gone"},
      {"firewall", {{"network", Outcome::failure, "closed"}}, "sfsss", "closed"},
      {"secret", {{"secret", Outcome::failure, "other"}, {"connection", Outcome::failure, "later"}}, "ssfss", "other"},
      {"a link that no check names", {{"fault on request", Outcome::failure, "x"}}, "ssfss", "x"},
      {"no identity", {{"identity", Outcome::failure, "none"}, {"role", Outcome::warning, "y"}}, "sssfw", "none"},
      {"unknown, then wrong",
       {{"token exchange", Outcome::warning, "?"}, {"role", Outcome::failure, "no"}},
       "ssssf",
       "no"},
  };
  for (const auto& one : cases) {
    found = one.findings;
    const auto begun = send("POST", linker("openai_conn") + "/validateLinker");
    EXPECT_EQ(begun.status, 202);
    EXPECT_EQ(begun.body, "null");
    const auto operation = ended(begun);
    std::string result, description;
    for (const auto& check : operation->result.at("validationDetail").as_array()) {
      result += string_at(check, "result").substr(0, 1);
      if (string_at(check, "result") == "failure") description = string_at(check, "description");
    }
    EXPECT_EQ(result, one.result) << one.what;
    EXPECT_EQ(description, one.description) << one.what;
    EXPECT_EQ(bool_or(find(operation->result, "isConnectionAvailable")), one.result.find('f') == std::string::npos)
        << one.what;
  }
}

TEST_F(ServiceLinker, ValidateOfAConnectionWithAKeyHasThreeChecks) {
  ASSERT_EQ(create("openai_conn", body(R"({"authType":"secret"})")), "Succeeded");
  const auto operation = ended(send("POST", linker("openai_conn") + "/validateLinker"));
  EXPECT_EQ(operation->result.at("validationDetail").as_array().size(), 3U);
  EXPECT_EQ(string_at(operation->result, "authType"), "secret");
}

TEST(ServiceLinkerNames, AreThoseThatAzPrints) {
  using namespace service_linker;
  EXPECT_EQ(secret_name("openai_conn"), "sc-openaiconn-secret");
  EXPECT_EQ(secret_name("cognitiveservices_um03a"), "sc-cognitiveservicesum03a-secret");
  EXPECT_EQ(secret_name("My.Conn_1"), "sc-myconn1-secret");
  EXPECT_EQ(service_account_name("ABC-1"), "sc-account-abc-1");
  const auto suffix = operation_suffix(*arm::ResourceId::parse("/subscriptions/s/resourceGroups/g"));
  EXPECT_EQ(suffix.size(), 65U);
  EXPECT_EQ(suffix, operation_suffix(*arm::ResourceId::parse("/SUBSCRIPTIONS/s/resourcegroups/G")));
}

}  // namespace
}  // namespace lazuli::providers
