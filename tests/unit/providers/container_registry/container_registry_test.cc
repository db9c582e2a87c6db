#include "providers/container_registry/container_registry.h"

#include "../../fakes.h"
#include "base/files.h"
#include "crypto/keys.h"
#include "providers/container_registry/build_runs.h"
#include "providers/container_registry/registry_document.h"

namespace lazuli::providers {
namespace {

using lazuli::testing::json;

class ContainerRegistry : public lazuli::testing::ArmTest {
 public:
  ContainerRegistry() {
    static const std::string key = crypto::PrivateKey::generate_rsa().pem();
    EXPECT_TRUE(store->put("registry.keys", "signing", JsonObject{{"pem", key}}));
    std::string pattern = (std::filesystem::temp_directory_path() / "lazuli-acr-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    registry = std::make_unique<registry::Registry>(registry::Registry::Parts{
        *store, clock, random, log, client, tokens, authorizer, nullptr, directory, "tenant", "", "", pool});
    put(std::string(kSubscription), R"({"properties":{}})");
    put(std::string(kGroup), R"({"location":"eastus","properties":{"provisioningState":"Succeeded"}})");
    put(std::string(kSubscription) + "/resourceGroups/other",
        R"({"location":"eastus","properties":{"provisioningState":"Succeeded"}})");
    add_container_registry(service, *registry);
    service.operations().resume();
  }
  ~ContainerRegistry() override { (void)remove_tree(directory); }

  static std::string id(std::string_view name, std::string_view group = "group") {
    return std::string(kSubscription) + "/resourceGroups/" + std::string(group) +
           "/providers/Microsoft.ContainerRegistry/registries/" + std::string(name);
  }
  net::Response create(std::string_view name, std::string_view sku = "Standard",
                       std::string_view version = "2026-09-01-preview", std::string_view group = "group") {
    return send("PUT", id(name, group), JsonObject{{"location", "eastus"}, {"sku", JsonObject{{"name", sku}}}},
                version);
  }
  static std::string code(const net::Response& answer) { return string_at(json(answer.body), "error", "code"); }

  std::string directory;
  net::Client client;
  WorkerPool pool{"registry", 1};
  std::unique_ptr<registry::Registry> registry;
};

TEST_F(ContainerRegistry, AnswersACreationAtOnceSince2026AndWithAnOperationBefore) {
  const auto now = create("first1");
  EXPECT_EQ(now.status, 200) << now.body;
  EXPECT_EQ(string_at(json(now.body), "properties", "provisioningState"), "Succeeded");
  const auto then = create("first2", "Standard", "2024-11-01-preview");
  EXPECT_EQ(then.status, 201);
  EXPECT_EQ(string_at(json(then.body), "properties", "provisioningState"), "Creating");
  EXPECT_NE(then.headers.get("Azure-AsyncOperation").find("/operationStatuses/registries-"), std::string_view::npos);
  EXPECT_TRUE(registry->find("first1.azurecr.io"));
}

TEST_F(ContainerRegistry, NameBelongsToOneRegistryWhateverItsCaseAndGroup) {
  ASSERT_EQ(create("taken1").status, 200);
  const auto refused = create("TAKEN1", "Standard", "2026-09-01-preview", "other");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(code(refused), "RegistryNameAlreadyInUse");
  EXPECT_EQ(string_at(json(refused.body), "status"), "Failed");
  const auto check =
      send("POST", std::string(kSubscription) + "/providers/Microsoft.ContainerRegistry/checkNameAvailability",
           json(R"({"name":"taken1","type":"Microsoft.ContainerRegistry/registries"})"));
  EXPECT_EQ(string_at(json(check.body), "reason"), "AlreadyExists");
}

TEST_F(ContainerRegistry, RefusesNamesAndSkusThatDoNotExist) {
  for (const char* name : {"abcd", "with-dash", "with_line", "012345678901234567890123456789012345678901234567890"})
    EXPECT_EQ(code(create(name)), "InvalidResourceName") << name;
  EXPECT_EQ(code(create("goodname", "Classic")), "InvalidSku");
  EXPECT_FALSE(registry->find("goodname.azurecr.io"));
}

TEST_F(ContainerRegistry, AnonymousPullReachesTheDataPlaneButNotOnBasic) {
  ASSERT_EQ(create("standard1").status, 200);
  ASSERT_EQ(create("basic1", "Basic").status, 200);
  const Json body = json(R"({"properties":{"anonymousPullEnabled":true}})");
  EXPECT_EQ(send("PATCH", id("Standard1"), body).status, 200);
  EXPECT_TRUE(registry->find("standard1.azurecr.io")->anonymous_pull);
  EXPECT_EQ(code(send("PATCH", id("basic1"), body)), "AnonymousPullNotSupported");
  EXPECT_FALSE(registry->find("basic1.azurecr.io")->anonymous_pull);
}

TEST_F(ContainerRegistry, CredentialsNeedTheAdminUserAndChangeOneAtATime) {
  ASSERT_EQ(create("admin1").status, 200);
  EXPECT_EQ(code(send("POST", id("admin1") + "/listCredentials")), "UnAuthorizedForCredentialOperations");
  ASSERT_EQ(send("PATCH", id("admin1"), json(R"({"properties":{"adminUserEnabled":true}})")).status, 200);
  const Json before = json(send("POST", id("admin1") + "/listCredentials").body);
  const Json after = json(send("POST", id("admin1") + "/regenerateCredential", json(R"({"name":"password2"})")).body);
  EXPECT_EQ(before.at("passwords").at(0), after.at("passwords").at(0));
  EXPECT_NE(before.at("passwords").at(1), after.at("passwords").at(1));
  EXPECT_EQ(registry->find("admin1.azurecr.io")->admin_passwords[1], string_at(after.at("passwords").at(1), "value"));
  EXPECT_EQ(send("GET", id("admin1")).body.find(string_at(after.at("passwords").at(1), "value")), std::string::npos);
}

TEST_F(ContainerRegistry, DeletedRegistryIsGoneFromBothPlanes) {
  ASSERT_EQ(create("going1").status, 200);
  EXPECT_EQ(send("DELETE", id("going1"), nullptr, "2023-07-01").status, 200);
  EXPECT_EQ(send("GET", id("going1")).status, 404);
  EXPECT_FALSE(registry->find("going1.azurecr.io"));
  EXPECT_EQ(send("DELETE", id("going1")).status, 204);
}

TEST_F(ContainerRegistry, RunsAreRefusedInWordsWhenTheyCannotBe) {
  ASSERT_EQ(create("builds1").status, 200);
  EXPECT_EQ(code(send("POST", id("builds1") + "/scheduleRun", json(R"({"type":"TaskRunRequest"})"))),
            "OperationNotSupported");
  EXPECT_EQ(code(send("POST", id("builds1") + "/scheduleRun",
                      json(R"({"type":"DockerBuildRequest","sourceLocation":"x","platform":{"os":"Windows"}})"))),
            "OperationNotSupported");
  EXPECT_EQ(send("GET", id("builds1") + "/runs/ca1").status, 404);
  EXPECT_EQ(send("GET", id("builds1") + "/runs").body, R"({"value":[]})");
}

TEST(RegistryDocument, EachVersionShowsItsOwnMembers) {
  const auto parsed = arm::ResourceId::parse(ContainerRegistry::id("r12345"));
  JsonObject document = new_registry(*parsed, "r12345.azurecr.io", from_unix(0));
  ASSERT_TRUE(change_registry(document, json(R"({"sku":{"name":"premium"}})"), from_unix(0)));
  const Json oldest = registry_view(document, "2019-05-01");
  EXPECT_FALSE(find(oldest, "properties", "anonymousPullEnabled"));
  EXPECT_TRUE(find(oldest, "properties", "networkRuleSet", "virtualNetworkRules"));
  EXPECT_FALSE(find(registry_view(document, "2021-09-01"), "properties", "anonymousPullEnabled"));
  EXPECT_FALSE(
      find(registry_view(document, "2025-03-01-preview"), "properties", "networkRuleSet", "virtualNetworkRules"));
  EXPECT_TRUE(find(registry_view(document, "2026-09-01-preview"), "properties", "writableCacheRepos"));
}

TEST(RunFilter, ComparesWhatAzSendsIt) {
  const Json run = json(R"({"runId":"ca1","status":"Succeeded"})");
  EXPECT_TRUE(run_matches(run, ""));
  EXPECT_TRUE(run_matches(run, "Status eq 'Succeeded' and RunId eq 'ca1'"));
  EXPECT_FALSE(run_matches(run, "TaskName eq 'nightly'"));
}

}  // namespace
}  // namespace lazuli::providers
