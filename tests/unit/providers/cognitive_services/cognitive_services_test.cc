#include "providers/cognitive_services/cognitive_services.h"

#include <gtest/gtest.h>

#include "store/store.h"

namespace lazuli::providers {
namespace {

using arm::Answer;

class NoTokens final : public access::TokenVerifier {
 public:
  Result<access::Principal> verify(std::string_view, const std::vector<std::string>&) const override {
    return Error{"TokenMissing", "There are no tokens here.", 401};
  }
};

class Everybody final : public access::Authorizer {
 public:
  access::Decision check(const access::Principal&, std::string_view, std::string_view, access::Plane) const override {
    return {true, "Owner", "/"};
  }
};

constexpr std::string_view kGroup = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";
const std::string kProviderPath =
    "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.CognitiveServices";
const std::string kAccount = std::string(kGroup) + "/providers/Microsoft.CognitiveServices/accounts/MyOpenAIService";
const std::string kDeployment = kAccount + "/deployments/MyModel";

class CognitiveServicesTest : public testing::Test {
 protected:
  CognitiveServicesTest() { start(); }

  void start() {
    service_.reset();
    gateway_ = std::make_unique<openai::Gateway>(
        openai::Gateway::Parts{clock_, random_, log_, tokens_, everybody_, {{"*", "echo", nullptr}}, {}, {}, nullptr});
    service_ = std::make_unique<arm::Service>(
        arm::Service::Parts{*store_, clock_, random_, log_, tokens_, everybody_, "tenant", {"eastus", "japaneast"}});
    add_cognitive_services(*service_, *gateway_);
  }

  Result<Answer> put_account(Json properties = JsonObject(), std::string id = kAccount, std::string sku = "s0",
                             std::string kind = "OpenAI") {
    return service_->call_and_wait("PUT", id,
                                   JsonObject{{"location", "eastus"},
                                              {"kind", kind},
                                              {"sku", JsonObject{{"name", sku}}},
                                              {"properties", std::move(properties)}},
                                   std::chrono::seconds(5));
  }
  Result<Answer> put_deployment(std::string model, std::string version, Json capacity, std::string id = kDeployment,
                                std::string sku = "Standard") {
    return service_->call(
        "PUT", id,
        JsonObject{{"sku", JsonObject{{"name", sku}, {"capacity", std::move(capacity)}}},
                   {"properties",
                    JsonObject{{"model", JsonObject{{"format", "OpenAI"}, {"name", model}, {"version", version}}}}}});
  }
  static std::string code(const Result<Answer>& answer) { return answer ? "" : answer.error().code; }

  SystemClock system_;
  ManualClock clock_{system_.now()};
  SystemRandom random_;
  Log log_{2, Level::error};
  NoTokens tokens_;
  Everybody everybody_;
  std::unique_ptr<store::Store> store_ = store::Store::in_memory();
  std::unique_ptr<openai::Gateway> gateway_;
  std::unique_ptr<arm::Service> service_;
};

TEST_F(CognitiveServicesTest, CreatesAnAccountAsTheTutorialDoes) {
  const auto answer =
      service_->call("PUT", kAccount,
                     JsonObject{{"location", "eastus"},
                                {"kind", "OpenAI"},
                                {"sku", JsonObject{{"name", "s0"}}},
                                {"properties", JsonObject{{"customSubDomainName", "myopenaiservice"}}}});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(string_at(answer->body, "properties", "provisioningState"), "Creating");
  EXPECT_TRUE(answer->headers.has("Azure-AsyncOperation"));
  EXPECT_FALSE(answer->headers.has("Location"));
  const auto settled = put_account(JsonObject{{"customSubDomainName", "myopenaiservice"}});
  ASSERT_TRUE(settled.ok());
  const auto shown = service_->call("GET", kAccount);
  EXPECT_EQ(string_at(shown->body, "properties", "provisioningState"), "Succeeded");
  EXPECT_EQ(string_at(shown->body, "properties", "endpoint"), "https://myopenaiservice.openai.azure.com/");
  EXPECT_EQ(string_at(shown->body, "sku", "name"), "S0");
  EXPECT_EQ(find(shown->body, "private"), nullptr);
  EXPECT_EQ(shown->headers.get("etag"), string_at(shown->body, "etag"));
}

TEST_F(CognitiveServicesTest, RefusesAccountsWithAzuresErrors) {
  const std::string other = std::string(kGroup) + "/providers/Microsoft.CognitiveServices/accounts/";
  ASSERT_TRUE(put_account(JsonObject{{"customSubDomainName", "taken"}}).ok());
  EXPECT_EQ(code(put_account(JsonObject{{"customSubDomainName", "TAKEN"}}, other + "other")), "CustomDomainInUse");
  EXPECT_EQ(code(put_account(JsonObject(), other + "x")), "InvalidAccountName");
  EXPECT_EQ(code(put_account(JsonObject(), other + "with.dot")), "InvalidAccountName");
  EXPECT_EQ(code(put_account(JsonObject(), other + "other", "N0")), "InvalidSkuId");
  EXPECT_EQ(code(put_account(JsonObject(), other + "other", "S0", "NonExistAPI")), "InvalidApiSetId");
  EXPECT_EQ(code(service_->call("PATCH", kAccount, JsonObject{{"kind", "Face"}})), "UpdateKindNotAllowed");
}

TEST_F(CognitiveServicesTest, AnAccountThatWasDeletedKeepsItsNameUntilItIsPurged) {
  ASSERT_TRUE(put_account(JsonObject{{"customSubDomainName", "sub"}}).ok());
  const auto keys = service_->call("POST", kAccount + "/listKeys");
  EXPECT_EQ(service_->call("DELETE", kAccount)->status, 200);
  EXPECT_EQ(service_->call("DELETE", kAccount)->status, 204);
  EXPECT_EQ(code(put_account()), "FlagMustBeSetForRestore");
  const std::string deleted = kProviderPath + "/locations/eastus/resourceGroups/rg/deletedAccounts/MyOpenAIService";
  const auto shown = service_->call("GET", deleted);
  ASSERT_TRUE(shown.ok()) << shown.error().message;
  EXPECT_EQ(string_at(shown->body, "type"), "Microsoft.CognitiveServices/deletedAccounts");
  EXPECT_FALSE(string_at(shown->body, "properties", "scheduledPurgeDate").empty());
  EXPECT_EQ(service_->call("GET", kProviderPath + "/deletedAccounts")->body.at("value").as_array().size(), 1u);

  const auto restored = put_account(JsonObject{{"restore", true}});
  ASSERT_TRUE(restored.ok()) << restored.error().message;
  EXPECT_EQ(service_->call("POST", kAccount + "/listKeys")->body, keys->body);

  EXPECT_EQ(service_->call("DELETE", kAccount)->status, 200);
  ASSERT_TRUE(service_->call_and_wait("DELETE", deleted, nullptr, std::chrono::seconds(5)).ok());
  EXPECT_FALSE(service_->call("GET", deleted).ok());
  EXPECT_TRUE(put_account(JsonObject{{"customSubDomainName", "sub"}}).ok());
}

TEST_F(CognitiveServicesTest, ADeletedAccountIsGoneAfterTwoDays) {
  ASSERT_TRUE(put_account().ok());
  ASSERT_TRUE(service_->call("DELETE", kAccount).ok());
  clock_.advance(std::chrono::hours(49));
  EXPECT_TRUE(put_account().ok());
}

TEST_F(CognitiveServicesTest, RegeneratesOneKey) {
  ASSERT_TRUE(put_account().ok());
  const auto before = service_->call("POST", kAccount + "/listKeys");
  const auto after = service_->call("POST", kAccount + "/regenerateKey", JsonObject{{"keyName", "Key1"}});
  EXPECT_NE(string_at(after->body, "key1"), string_at(before->body, "key1"));
  EXPECT_EQ(string_at(after->body, "key2"), string_at(before->body, "key2"));
  EXPECT_EQ(string_at(after->body, "key1").size(), 32u);
  EXPECT_FALSE(service_->call("POST", kAccount + "/regenerateKey", JsonObject{{"keyName", "Key3"}}).ok());
}

TEST_F(CognitiveServicesTest, UpdatesAsRecorded) {
  ASSERT_TRUE(put_account().ok());
  const auto tagged = service_->call("PATCH", kAccount, JsonObject{{"tags", JsonObject{{"a", "b"}}}});
  EXPECT_EQ(tagged->status, 200);
  const auto acls = service_->call(
      "PATCH", kAccount,
      JsonObject{{"properties",
                  JsonObject{{"networkAcls", JsonObject{{"ipRules", JsonArray()}, {"defaultAction", "Deny"}}}}}});
  ASSERT_TRUE(acls.ok());
  EXPECT_EQ(acls->status, 202);
  EXPECT_TRUE(acls->headers.has("Location"));
  EXPECT_EQ(string_at(acls->body, "properties", "provisioningState"), "Accepted");
  EXPECT_EQ(to_text(*find(acls->body, "properties", "networkAcls")),
            R"({"defaultAction":"Deny","virtualNetworkRules":[],"ipRules":[]})");
}

TEST_F(CognitiveServicesTest, DeploysAModel) {
  ASSERT_TRUE(put_account().ok());
  const auto answer = put_deployment("gpt-4", "0613", "1");  // az sends the capacity as text
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(to_text(*find(answer->body, "sku")), R"({"name":"Standard","capacity":1})");
  EXPECT_EQ(string_at(answer->body, "properties", "provisioningState"), "Succeeded");
  EXPECT_EQ(to_text(*find(answer->body, "properties", "rateLimits")),
            R"([{"key":"request","renewalPeriod":10,"count":1},{"key":"token","renewalPeriod":60,"count":1000}])");
  EXPECT_EQ(service_->call("GET", kAccount + "/deployments")->body.at("value").as_array().size(), 1u);
  EXPECT_EQ(code(service_->call("DELETE", kAccount)), "CannotDeleteResource");
  const auto scaled = service_->call("PATCH", kDeployment, JsonObject{{"sku", JsonObject{{"capacity", 5}}}});
  ASSERT_TRUE(scaled.ok()) << scaled.error().message;
  EXPECT_EQ(integer(find(scaled->body, "properties", "currentCapacity")), 5);
  EXPECT_EQ(service_->call("DELETE", kDeployment)->status, 200);
  EXPECT_EQ(code(service_->call("GET", kDeployment)), "NotFound");
}

TEST_F(CognitiveServicesTest, RefusesDeploymentsWithAzuresErrors) {
  ASSERT_TRUE(put_account().ok());
  EXPECT_EQ(code(put_deployment("gpt-99", "1", 1)), "DeploymentModelNotSupported");
  EXPECT_EQ(code(put_deployment("gpt-4", "9999", 1)), "DeploymentModelNotSupported");
  EXPECT_EQ(code(put_deployment("gpt-4", "0613", 1, kDeployment, "GlobalStandard")), "InvalidResourceProperties");
  EXPECT_EQ(code(put_deployment("gpt-4", "0613", 0)), "InvalidCapacity");
  EXPECT_EQ(code(put_deployment("gpt-4", "0613", "many")), "InvalidCapacity");
  ASSERT_TRUE(put_deployment("gpt-4", "0613", 200).ok());
  const auto refused = put_deployment("gpt-4", "0613", 41, kAccount + "/deployments/second");
  EXPECT_EQ(code(refused), "InsufficientQuota");
  EXPECT_NE(refused.error().message.find("current available capacity 40"), std::string::npos);
  EXPECT_TRUE(put_deployment("gpt-4", "0613", 240).ok());  // its own share does not count against it
}

TEST_F(CognitiveServicesTest, UsagesCountWhatIsDeployed) {
  ASSERT_TRUE(put_account().ok());
  ASSERT_TRUE(put_deployment("gpt-4", "0613", 7).ok());
  const auto usages = service_->call("GET", kProviderPath + "/locations/EastUS/usages");
  ASSERT_TRUE(usages.ok());
  std::int64_t used = -1;
  for (const auto& item : usages->body.at("value").as_array()) {
    if (string_at(item, "name", "value") == "OpenAI.Standard.gpt-4") used = *integer(find(item, "currentValue"));
  }
  EXPECT_EQ(used, 7);
  EXPECT_FALSE(service_->call("GET", kProviderPath + "/locations/eastus/models")->body.at("value").as_array().empty());
  EXPECT_FALSE(service_->call("GET", kAccount + "/models")->body.at("value").as_array().empty());
  EXPECT_EQ(service_->call("GET", kAccount + "/skus")->body.at("value").as_array().size(), 1u);
}

TEST_F(CognitiveServicesTest, ADeploymentIsPausedAndResumed) {
  ASSERT_TRUE(put_account().ok());
  ASSERT_TRUE(put_deployment("gpt-4", "0613", 1).ok());
  const auto state = [&](const std::string& query = "") {
    const auto shown = service_->call("GET", kDeployment + query);
    return shown ? string_at(shown->body, "properties", "deploymentState") : shown.error().code;
  };
  EXPECT_EQ(state(), "Running");
  const auto paused = service_->call("POST", kDeployment + "/pause");
  ASSERT_TRUE(paused.ok()) << paused.error().message;
  EXPECT_EQ(paused->status, 200);
  EXPECT_EQ(string_at(paused->body, "properties", "deploymentState"), "Paused");
  EXPECT_TRUE(service_->call("POST", kDeployment + "/pause").ok());
  start();
  EXPECT_EQ(state(), "Paused");
  ASSERT_TRUE(service_->call("PATCH", kDeployment, JsonObject{{"sku", JsonObject{{"capacity", 5}}}}).ok());
  EXPECT_EQ(state(), "Paused");  // what a request leaves out stays
  EXPECT_EQ(state("?api-version=2025-09-01"), "");
  const auto oldest = service_->call("GET", kDeployment + "?api-version=2021-10-01");
  EXPECT_EQ(oldest->headers.get("etag"), string_at(oldest->body, "eTag"));
  EXPECT_EQ(find(oldest->body, "etag"), nullptr);
  ASSERT_TRUE(service_->call("POST", kDeployment + "/resume").ok());
  EXPECT_EQ(state(), "Running");
  ASSERT_TRUE(put_deployment("gpt-4o", "2024-08-06", 15, kDeployment, "GlobalProvisionedManaged").ok());
  EXPECT_EQ(code(service_->call("POST", kDeployment + "/pause")), "InvalidResourceProperties");
  EXPECT_EQ(code(service_->call("POST", kAccount + "/deployments/other/pause")), "NotFound");
}

TEST_F(CognitiveServicesTest, SettingsOfADeploymentAreOfAFewWords) {
  ASSERT_TRUE(put_account().ok());
  const auto put = [&](std::string_view name, Json value) {
    JsonObject properties{{"model", JsonObject{{"format", "OpenAI"}, {"name", "gpt-4"}, {"version", "0613"}}}};
    properties[name] = std::move(value);
    return service_->call("PUT", kDeployment, JsonObject{{"properties", std::move(properties)}});
  };
  for (const auto* name : {"versionUpgradeOption", "serviceTier", "deploymentState", "scaleSettings"}) {
    EXPECT_EQ(code(put(name, "Sometimes")), "InvalidResourceProperties") << name;
    EXPECT_EQ(code(put(name, 7)), "InvalidResourceProperties") << name;
  }
  EXPECT_EQ(code(put("scaleSettings", JsonObject{{"scaleType", "Manual"}, {"capacity", 0}})),
            "InvalidResourceProperties");
  const auto tier = put("serviceTier", "priority");
  ASSERT_TRUE(tier.ok()) << tier.error().message;
  EXPECT_EQ(string_at(tier->body, "properties", "serviceTier"), "Priority");
  EXPECT_EQ(string_at(tier->body, "properties", "versionUpgradeOption"), "OnceNewDefaultVersionAvailable");
  const auto scaled = put("scaleSettings", JsonObject{{"scaleType", "Standard"}, {"capacity", "3"}});
  ASSERT_TRUE(scaled.ok()) << scaled.error().message;
  EXPECT_EQ(to_text(*find(scaled->body, "properties", "scaleSettings")), R"({"scaleType":"Standard","capacity":3})");
  EXPECT_EQ(to_text(*find(scaled->body, "sku")), R"({"name":"Standard","capacity":3})");
}

TEST_F(CognitiveServicesTest, ADeploymentListsTheSkusOfItsModel) {
  ASSERT_TRUE(put_account().ok());
  ASSERT_TRUE(put_deployment("gpt-4o", "2024-08-06", 20, kDeployment, "GlobalStandard").ok());
  const auto skus = service_->call("GET", kDeployment + "/skus");
  ASSERT_TRUE(skus.ok()) << skus.error().message;
  std::string own;
  for (const auto& item : skus->body.at("value").as_array()) {
    EXPECT_EQ(string_at(item, "resourceType"), "Microsoft.CognitiveServices/accounts/deployments");
    EXPECT_TRUE(find(item, "capacity", "maximum"));
    if (find(item, "sku", "capacity")) own += to_text(*find(item, "sku"));
  }
  EXPECT_EQ(own, R"({"name":"GlobalStandard","capacity":20})");
  EXPECT_EQ(code(service_->call("GET", kAccount + "/deployments/other/skus")), "ParentResourceNotFound");
}

TEST_F(CognitiveServicesTest, ModelCapacitiesAreWhatIsLeftOfTheQuota) {
  ASSERT_TRUE(put_account().ok());
  ASSERT_TRUE(put_deployment("gpt-4", "0613", 7).ok());
  const auto ask = [&](const std::string& where, const std::string& model) {
    const auto answer = service_->call(
        "GET", kProviderPath + where + "/modelCapacities?modelFormat=OpenAI&modelName=" + model + "&modelVersion=0613");
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    return answer.ok() ? answer->body.at("value").as_array() : JsonArray();
  };
  const auto left = [](const JsonArray& items, std::string_view id) -> std::int64_t {
    for (const auto& item : items) {
      if (string_at(item, "id").ends_with(id)) return *integer(find(item, "properties", "availableCapacity"));
    }
    return -1;
  };
  const std::string standard = "/models/OpenAI.gpt-4.0613/skuCapacities/Standard";
  EXPECT_EQ(left(ask("/locations/eastus", "gpt-4"), "/locations/EastUS" + standard), 233);
  const auto everywhere = ask("", "gpt-4");
  EXPECT_EQ(left(everywhere, "/locations/EastUS" + standard), 233);
  EXPECT_EQ(left(everywhere, "/locations/JapanEast" + standard), 240);
  EXPECT_TRUE(ask("", "gpt-99").empty());
  EXPECT_EQ(code(service_->call("GET", kProviderPath + "/modelCapacities?modelFormat=OpenAI")), "MissingParameter");
}

TEST_F(CognitiveServicesTest, ModelsSayWhatCanBeTunedAndWhereTheyAreCatalogued) {
  ASSERT_TRUE(put_account().ok());
  std::size_t tunable = 0;
  const auto models = service_->call("GET", kAccount + "/models");
  for (const auto& model : models->body.at("value").as_array()) {
    const std::string name = string_at(model, "name"), version = string_at(model, "version");
    EXPECT_EQ(string_at(model, "modelCatalogAssetId"),
              "azureml://registries/azure-openai/models/" + name + "/versions/" + version);
    const bool tuned = find(model, "capabilities", "FineTuneTokensMaxValue") != nullptr;
    tunable += tuned;
    EXPECT_EQ(find(model, "deprecation", "fineTune") != nullptr, tuned) << name;
    if (name != "gpt-35-turbo" || version != "0125") continue;  // as recorded
    EXPECT_EQ(string_at(model, "capabilities", "FineTuneTokensMaxValuePerExample"), "16385");
    EXPECT_EQ(string_at(model, "capabilities", "allowProvisionedManagedCommitment"), "true");
    EXPECT_EQ(integer(find(model, "maxCapacity")), 9);
  }
  EXPECT_GT(tunable, 3U);
}

TEST_F(CognitiveServicesTest, AnAccountsUsagesAreTheAllowancesOfItsKind) {
  ASSERT_TRUE(put_account(JsonObject(), kAccount, "f0", "TextAnalytics").ok());
  const auto usages = service_->call("GET", kAccount + "/usages");
  ASSERT_TRUE(usages.ok()) << usages.error().message;
  const auto& items = usages->body.at("value").as_array();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(string_at(items[0], "name", "value"), "TextAnalytics.CtAutoTagging");
  EXPECT_EQ(string_at(items[0], "quotaPeriod"), "30.00:00:00");
  EXPECT_TRUE(find(items[0], "currentValue")->is_double());
  EXPECT_EQ(find(items[0], "limit")->as_double(), 5000);
}

TEST_F(CognitiveServicesTest, SaysWhetherASubdomainIsFree) {
  ASSERT_TRUE(put_account(JsonObject{{"customSubDomainName", "taken"}}).ok());
  const auto check = [&](const char* name) {
    const auto answer =
        service_->call("POST", kProviderPath + "/checkDomainAvailability",
                       JsonObject{{"subdomainName", name}, {"type", "Microsoft.CognitiveServices/accounts"}});
    EXPECT_TRUE(answer.ok());
    return answer.ok() && bool_or(find(answer->body, "isSubdomainAvailable"));
  };
  EXPECT_TRUE(check("free"));
  EXPECT_FALSE(check("Taken"));
  EXPECT_FALSE(check("not_valid"));
}

TEST_F(CognitiveServicesTest, KnowsItsAccountsAndDeploymentsAfterARestart) {
  ASSERT_TRUE(put_account().ok());
  ASSERT_TRUE(put_deployment("gpt-4", "0613", 1).ok());
  start();
  EXPECT_TRUE(service_->call("GET", kDeployment).ok());
  EXPECT_EQ(code(put_deployment("gpt-4", "0613", 241)), "InsufficientQuota");
}

}  // namespace
}  // namespace lazuli::providers
