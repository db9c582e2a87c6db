#include "providers/resources/deployments.h"

#include <gmock/gmock.h>

#include "../../arm/service_fixture.h"

namespace lazuli::providers {
namespace {

using arm::Answer;
using arm::Call;
using testing::HasSubstr;
using testing::Not;

class DeploymentsTest : public arm::ServiceFixture {
 protected:
  DeploymentsTest() {
    add_resources(service_, {kSubscription, "Test", "tid", "test.onmicrosoft.com"});
    arm::TypeSpec things;
    things.type = "Test.Things/things";
    things.api_versions = {"2024-01-01"};
    things.put = [this](const Call& call) -> Result<Answer> {
      if (call.id.name() == "bad") return Error{"Conflict", "It is taken.", 409};
      arm::Resource resource;
      resource.document = call.body.as_object();
      resource.document["id"] = call.id.text();
      resource.document["name"] = call.id.name();
      resource.document["type"] = "Test.Things/things";
      if (auto saved = service_.resources().save(resource); !saved) return saved.error();
      return Answer::json(201, resource.visible());
    };
    service_.add(things);
    EXPECT_EQ(send("PUT", group_ + v_, R"({"location":"eastus"})").status, 201);
  }

  // Deploys, waits for the end, and gives the status that the poll answers.
  std::string deploy(const std::string& document, const std::string& parameters = "{}") {
    begun_ =
        send("PUT", deployment_ + v_,
             R"({"properties":{"mode":"Incremental","parameters":)" + parameters + ", template:" + document + "}}");
    if (begun_.status > 201) return code(begun_);
    for (const auto& operation : service_.operations().unfinished()) {
      EXPECT_TRUE(service_.operations().wait(operation.id, std::chrono::seconds(10)));
    }
    polled_ = body(send("GET", path_of(begun_.headers.get("Azure-AsyncOperation"))));
    return string_at(polled_, "status");
  }
  Json deployment() { return body(send("GET", deployment_ + v_)); }

  const std::string v_ = "?api-version=2022-09-01";
  const std::string group_ = scope_ + "/resourcegroups/g";
  const std::string deployment_ = group_ + "/providers/Microsoft.Resources/deployments/d";
  net::Response begun_;
  Json polled_;
};

TEST_F(DeploymentsTest, PutsResourcesAndGivesOutputs) {
  EXPECT_EQ(deploy(R"({"parameters":{"Name":{"type":"string"}},"resources":[
      {"type":"Test.Things/things","apiVersion":"2024-01-01","name":"second","properties":{"of":"[reference('first').x]"}},
      {"type":"Test.Things/things","apiVersion":"2024-01-01","name":"first","properties":{"x":"[parameters('name')]"}}],
      "outputs":{"o":{"type":"string","value":"[reference('second').of]"}}})",
                   R"({"Name":{"value":"v"}})"),
            "Succeeded");
  EXPECT_EQ(begun_.status, 201);
  EXPECT_EQ(string_at(body(begun_), "properties", "provisioningState"), "Accepted");
  const Json done = deployment();
  EXPECT_EQ(string_at(done, "properties", "provisioningState"), "Succeeded");
  EXPECT_EQ(string_at(done, "properties", "parameters", "name", "type"), "String");
  EXPECT_EQ(string_at(done, "properties", "outputs", "o", "value"), "v");
  EXPECT_EQ(find(done, "properties", "outputResources")->as_array().size(), 2U);
  const Json operations = body(send("GET", group_ + "/deployments/d/operations" + v_));
  ASSERT_TRUE(find(operations, "value")) << to_text(operations);
  EXPECT_EQ(operations.at("value").as_array().size(), 3U);
}

TEST_F(DeploymentsTest, TellsWhichResourceFailedAndWhy) {
  EXPECT_EQ(deploy(R"({"resources":[{"type":"Test.Things/things","apiVersion":"2024-01-01","name":"bad"}]})"),
            "Failed");
  EXPECT_EQ(string_at(polled_, "error", "code"), "DeploymentFailed");
  EXPECT_THAT(to_text(polled_), HasSubstr("It is taken."));
  EXPECT_EQ(string_at(deployment(), "properties", "provisioningState"), "Failed");
}

TEST_F(DeploymentsTest, NestedTemplatesRunAsDeploymentsOfTheirOwn) {
  EXPECT_EQ(deploy(R"({"resources":[{"type":"Microsoft.Resources/deployments","apiVersion":"2022-09-01","name":"inner",
      "properties":{"mode":"Incremental","expressionEvaluationOptions":{"scope":"inner"},"parameters":{"p":{"value":"deep"}},
      "template":{"parameters":{"p":{"type":"string"}},"resources":[{"type":"Test.Things/things","apiVersion":"2024-01-01",
      "name":"[parameters('p')]"}],"outputs":{"n":{"type":"string","value":"[parameters('p')]"}}}}}],
      "outputs":{"o":{"type":"string","value":"[reference('inner').outputs.n.value]"}}})"),
            "Succeeded")
      << to_text(polled_);
  EXPECT_EQ(string_at(deployment(), "properties", "outputs", "o", "value"), "deep");
}

TEST_F(DeploymentsTest, SecretsStayOutOfAnswersAndStore) {
  EXPECT_EQ(deploy(R"({"parameters":{"key":{"type":"securestring"}},"resources":[
      {"type":"Test.Things/things","apiVersion":"2024-01-01","name":"a","properties":{"n":"[length(parameters('key'))]"}}]})",
                   R"({"key":{"value":"hunter2secret"}})"),
            "Succeeded");
  EXPECT_THAT(to_text(deployment()), Not(HasSubstr("hunter2secret")));
  for (const auto* collection : {"resources", "operations"}) {
    for (const auto& stored : store_->list(collection))
      EXPECT_THAT(to_text(stored.value), Not(HasSubstr("hunter2secret")));
  }
}

TEST_F(DeploymentsTest, RefusesBeforeAnythingIsPut) {
  struct Case {
    std::string document, code;
  };
  const std::vector<Case> cases = {
      {R"({"resources":[{"type":"Test.Nothing/things","name":"a"}]})", "InvalidTemplateDeployment"},
      {R"({"resources":[{"type":"Test.Things/things","name":"[nothing()]"}]})", "InvalidTemplate"},
      {R"({"resources":[{"type":"Microsoft.Resources/deployments","name":"n","resourceGroup":"gone"}]})",
       "ResourceGroupNotFound"},
      {R"([])", "InvalidTemplate"},
  };
  for (const auto& c : cases) EXPECT_EQ(deploy(c.document), c.code) << c.document;
  EXPECT_EQ(send("GET", deployment_ + v_).status, 404);
  access_.denied.insert("Test.Things/things/write");
  EXPECT_EQ(deploy(R"({"resources":[{"type":"Test.Things/things","name":"a"}]})"), "InvalidTemplateDeployment");
}

TEST_F(DeploymentsTest, ValidateChangesNothing) {
  const auto answer = send("POST", deployment_ + "/validate" + v_,
                           R"({"properties":{"mode":"Incremental","template":{"resources":[
                             {"type":"Test.Things/things","apiVersion":"2024-01-01","name":"a"}]}}})");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(string_at(body(answer).at("properties").at("validatedResources").as_array()[0], "id"),
              HasSubstr("/resourceGroups/g/providers/Test.Things/things/a"));
  EXPECT_EQ(send("GET", deployment_ + v_).status, 404);
}

}  // namespace
}  // namespace lazuli::providers
