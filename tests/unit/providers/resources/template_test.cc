#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arm/relaxed_json.h"
#include "providers/resources/deployment_request.h"
#include "providers/resources/template_functions.h"

namespace lazuli::providers {
namespace {

Json json(std::string_view text) {
  auto parsed = parse_json(arm::strict_json(text));
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Json(nullptr);
}

const DeploymentScope kScope{"11111111-1111-1111-1111-111111111111", "Test", "g", "eastus", "tid", "d"};
const std::string kGroup = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g";

TEST(RelaxedJson, TakesWhatPeopleWriteInTemplates) {
  EXPECT_EQ(json("{template: {'a': \"it's\", /* x */ \"b\": true, // y: z\n c: 'say \"hi\"'}}"),
            Json(JsonObject{{"template", JsonObject{{"a", "it's"}, {"b", true}, {"c", "say \"hi\""}}}}));
  EXPECT_EQ(json(R"({"url": "http://x//y", "n": 1e3})").at("url"), Json("http://x//y"));
}

TEST(TemplateExpressions, MeanWhatAzureSays) {
  const Json document = json(R"({"parameters":{"name":{"type":"string","defaultValue":"[concat('a','b')]"},
    "given":{"type":"string"},"list":{"type":"array","defaultValue":["x","y"]}},
    "variables":{"v":{"deep":["p",{"q":7}]},"copy":[{"name":"loop","count":2,"input":"[copyIndex('loop', 1)]"}]}})");
  TemplateEvaluator evaluator(document, {{"given", "hello"}}, kScope, {}, {});
  const std::string other = "/subscriptions/11111111-1111-1111-1111-111111111111/";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[parameters('name')]", R"("ab")"},
      {"[PARAMETERS('given')]", R"("hello")"},
      {"[variables('v').deep[1].q]", "7"},
      {"[variables('loop')]", "[1,2]"},
      {"[[literal]", R"("[literal]")"},
      {"plain", R"("plain")"},
      {"[format('{0}-{1}{{}}', 'a', 2)]", R"("a-2{}")"},
      {"[toUpper(substring('hello', 1, 3))]", R"("ELL")"},
      {"[if(equals('A', 'a'), 'same', parameters('missing'))]", R"("same")"},
      {"[resourceId('Microsoft.X/a/b', 'n', 'm')]", "\"" + kGroup + "/providers/Microsoft.X/a/n/b/m\""},
      {"[resourceId('other', 'Microsoft.X/a', 'n')]",
       "\"" + other + "resourceGroups/other/providers/Microsoft.X/a/n\""},
      {"[subscriptionResourceId('M.A/roleDefinitions', 'r')]", "\"" + other + "providers/M.A/roleDefinitions/r\""},
      {"[resourceGroup().location]", R"("eastus")"},
      {"[subscription().subscriptionId]", R"("11111111-1111-1111-1111-111111111111")"},
      {"[union(createObject('a', 1), createObject('b', 2))]", R"({"a":1,"b":2})"},
      {"[length(concat(parameters('list'), createArray('z')))]", "3"},
      {"[contains(parameters('list'), 'y')]", "true"},
      {"[add(mul(2, 3), mod(7, 4))]", "9"},
      {"[join(split('a,b', ','), '-')]", R"("a-b")"},
      {"[empty(json('null'))]", "true"},
      {"[first('it''s')]", R"("i")"},
  };
  for (const auto& [text, expected] : cases) {
    const auto value = evaluator.value(Json(text));
    ASSERT_TRUE(value) << text << ": " << value.error().message;
    EXPECT_EQ(to_text(*value), expected) << text;
  }
}

TEST(TemplateExpressions, ReadGivenArraysAndObjects) {
  const Json document = json(R"({"parameters":{"list":{"type":"array"}}})");
  TemplateEvaluator evaluator(document, {{"list", JsonArray{"a", JsonObject{{"b", 1}}}}}, kScope, {}, {});
  const auto value = evaluator.value(Json("[createArray(parameters('list')[1].b, length(parameters('list')))]"));
  ASSERT_TRUE(value);
  EXPECT_EQ(to_text(*value), "[1,2]");
}

TEST(TemplateExpressions, RefuseWithASentence) {
  const Json document = json(R"({"parameters":{"needed":{"type":"string"}},
    "variables":{"a":"[variables('b')]","b":"[variables('a')]"}})");
  TemplateEvaluator evaluator(document, {}, kScope, {}, {});
  for (const std::string text :
       {"[concat('a']", "[nothing()]", "[parameters('x')]", "[parameters('needed')]", "[variables('a')]", "[div(1, 0)]",
        "[resourceId('Microsoft.X/a', 'n', 'm')]", "[reference('x')]", "[copyIndex()]", "[createArray(1)[1]]",
        "[mul(9223372036854775807, 2)]", "[range(0, 1000000000)]"}) {
    const auto value = evaluator.value(Json(text));
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, "InvalidTemplate") << text;
  }
}

TEST(TemplateExpressions, CannotBlowUp) {
  JsonObject variables{{"v0", std::string(1000, 'x')}};
  for (int i = 1; i < 40; ++i) {
    const std::string before = "variables('v" + std::to_string(i - 1) + "')";
    variables["v" + std::to_string(i)] = "[createArray(" + before + ", " + before + ")]";
  }
  const Json document = JsonObject{{"variables", variables}};
  TemplateEvaluator evaluator(document, {}, kScope, {}, {});
  EXPECT_FALSE(evaluator.value(Json("[variables('v39')]")));
}

TEST(TemplateExpressions, GuidIsStableAndOfVersionFive) {
  EXPECT_EQ(deterministic_guid("a-b"), deterministic_guid("a-b"));
  EXPECT_NE(deterministic_guid("a-b"), deterministic_guid("a-c"));
  EXPECT_EQ(deterministic_guid("a")[14], '5');
}

std::vector<std::string> ids(const Result<std::vector<PlannedResource>>& plan) {
  std::vector<std::string> all;
  if (!plan) return {plan.error().message};
  for (const auto& resource : *plan) all.push_back(resource.id.substr(kGroup.size()));
  return all;
}

Result<std::vector<PlannedResource>> plan(const std::string& resources) {
  static Json document;
  document = json(R"({"resources":)" + resources + "}");
  TemplateEvaluator evaluator(document, {}, kScope, {}, {});
  return plan_template(document, evaluator);
}

TEST(TemplatePlan, OrdersByDependsOnAndReference) {
  EXPECT_EQ(ids(plan(R"([
    {"type":"M.X/a","apiVersion":"1","name":"last","properties":{"p":"[reference('mid').x]"}},
    {"type":"M.X/a","apiVersion":"1","name":"mid","dependsOn":["[resourceId('M.X/a', 'first')]"]},
    {"type":"M.X/a","apiVersion":"1","name":"first"}])")),
            (std::vector<std::string>{"/providers/M.X/a/first", "/providers/M.X/a/mid", "/providers/M.X/a/last"}));
}

TEST(TemplatePlan, KnowsChildrenExtensionsLoopsAndConditions) {
  EXPECT_EQ(ids(plan(R"([
    {"type":"M.X/a","apiVersion":"1","name":"p","resources":[{"type":"b","apiVersion":"1","name":"c","dependsOn":["p"]}]},
    {"type":"M.Y/locks","apiVersion":"1","name":"l","scope":"M.X/a/p","dependsOn":["p"]},
    {"type":"M.X/a/providers/roles","apiVersion":"1","name":"p/M.Z/r","dependsOn":["p"]},
    {"type":"M.X/a","apiVersion":"1","name":"[concat('n', copyIndex())]","copy":{"name":"many","count":2}},
    {"type":"M.X/a","apiVersion":"1","name":"not","condition":false}])")),
            (std::vector<std::string>{
                "/providers/M.X/a/p", "/providers/M.X/a/p/b/c", "/providers/M.X/a/p/providers/M.Y/locks/l",
                "/providers/M.X/a/p/providers/M.Z/roles/r", "/providers/M.X/a/n0", "/providers/M.X/a/n1"}));
}

TEST(TemplatePlan, ReadsSymbolicNames) {
  EXPECT_EQ(ids(plan(R"({"two":{"type":"M.X/a","apiVersion":"1","name":"b","dependsOn":["one"]},
                         "one":{"type":"M.X/a","apiVersion":"1","name":"a"},
                         "old":{"type":"M.X/a","apiVersion":"1","name":"c","existing":true}})")),
            (std::vector<std::string>{"/providers/M.X/a/a", "/providers/M.X/a/b"}));
}

TEST(TemplatePlan, RefusesCirclesAndUnknownDependencies) {
  EXPECT_FALSE(
      plan(R"([{"type":"M.X/a","name":"a","dependsOn":["b"]},{"type":"M.X/a","name":"b","dependsOn":["a"]}])"));
  EXPECT_FALSE(plan(R"([{"type":"M.X/a","name":"a","dependsOn":["nothing"]}])"));
  EXPECT_FALSE(plan(R"([{"type":"M.X/a/b","name":"a"}])"));
  EXPECT_FALSE(plan(R"([{"type":"M.X/a"}])"));
  EXPECT_FALSE(plan(R"(["text"])"));
}

TEST(DeploymentRequest, ChecksParametersAgainstTheirDeclarations) {
  const auto read = [](const std::string& parameters) {
    return read_deployment_request(json(R"({"properties":{"mode":"Incremental","template":{"parameters":
      {"s":{"type":"string","allowedValues":["a","b"]},"n":{"type":"int","defaultValue":1}},"resources":[]},"parameters":)" +
                                        parameters + "}}"));
  };
  EXPECT_TRUE(read(R"({"s":{"value":"a"}})"));
  for (const std::string bad :
       {R"({"s":{"value":"c"}})", R"({"s":"a"})", R"({"x":{"value":1}})", R"({"n":{"value":"1"}})", "[]"}) {
    const auto request = read(bad);
    ASSERT_FALSE(request) << bad;
    EXPECT_EQ(request.error().code, "InvalidTemplate") << bad;
  }
}

}  // namespace
}  // namespace lazuli::providers
