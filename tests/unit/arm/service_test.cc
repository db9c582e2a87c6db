#include "service_fixture.h"

#include <gmock/gmock.h>

namespace lazuli::arm {
namespace {

class ServiceTest : public ServiceFixture {
 protected:
  ServiceTest() {
    TypeSpec things;
    things.type = "Test.Things/things";
    things.api_versions = {"2024-01-01", "2020-01-01"};
    things.tracked = true;
    things.put = [this](const Call& call) -> Result<Answer> {
      seen_ = call;
      Resource resource;
      resource.document = call.body.as_object();
      resource.document["id"] = call.id.text();
      resource.document["name"] = call.id.name();
      resource.document["type"] = "Test.Things/things";
      resource.hidden()["key"] = "secret";
      if (auto saved = service_.resources().save(resource); !saved) return saved.error();
      return Answer::json(201, resource.visible());
    };
    things.del = [this](const Call& call) -> Result<Answer> {
      if (auto gone = service_.forget(call.id); !gone) return gone.error();
      return Answer::no_body(200);
    };
    things.actions["listKeys"] = [this](const Call& call) -> Result<Answer> {
      seen_ = call;
      return Answer::json(200, JsonObject{{"key", "k"}});
    };
    service_.add(things);
    TypeSpec parts;
    parts.type = "Test.Things/things/parts";
    parts.put = things.put;
    service_.add(parts);
    TypeSpec locks;
    locks.type = "Microsoft.Authorization/locks";
    locks.put = things.put;
    service_.add(locks);
    service_.add_provider_path("Test.Things", "locations/*/usages", [](const Call&) -> Result<Answer> {
      return Answer::json(200, JsonObject{{"value", 1}});
    });
    service_.add_path({"GET", "/subscriptions/*/resources", "Test/read",
                       [](const Call&) -> Result<Answer> { return Answer::json(200, JsonObject{}); }});
    save(scope_, "Microsoft.Resources/subscriptions", std::string(kSubscription));
    save(scope_ + "/resourceGroups/MyGroup", "Microsoft.Resources/resourceGroups", "MyGroup");
  }

  const std::string thing_ = scope_ + "/resourceGroups/MyGroup/providers/Test.Things/things/a";
  Call seen_;
};

TEST_F(ServiceTest, AnswersWithAzuresCodes) {
  struct Case {
    std::string method, path;
    int status;
    std::string code;
  };
  const std::string v = "?api-version=2024-01-01";
  const std::string other = "/subscriptions/22222222-2222-2222-2222-222222222222";
  const std::vector<Case> cases = {
      {"GET", other + "/resources" + v, 404, "SubscriptionNotFound"},
      {"GET", "/subscriptions//resourcegroups/g" + v, 400, "InvalidSubscriptionId"},
      {"GET", thing_, 400, "MissingApiVersionParameter"},
      {"GET", thing_ + "?api-version=latest", 400, "NoRegisteredProviderFound"},
      {"GET", scope_ + "/resources?api-version=1", 400, "InvalidApiVersionParameter"},
      {"GET", scope_ + "/providers/Test.Nothing/things" + v, 404, "InvalidResourceNamespace"},
      {"GET", scope_ + "/providers/Test.Things/nothings" + v, 404, "InvalidResourceType"},
      {"GET", scope_ + "/resourceGroups/Other/providers/Test.Things/things/a" + v, 404, "ResourceGroupNotFound"},
      {"GET", thing_ + v, 404, "ResourceNotFound"},
      {"PUT", thing_ + "/parts/p" + v, 404, "ParentResourceNotFound"},
      {"PATCH", thing_ + "/parts/p" + v, 404, "ParentResourceNotFound"},
      {"DELETE", scope_ + "/resources" + v, 405, "MethodNotAllowed"},
      {"PUT", scope_ + "/providers/Test.Things/things" + v, 405, "MethodNotAllowed"},
      {"POST", thing_ + "/listNothing" + v, 404, "InvalidResourceType"},
      {"GET", "/nonsense" + v, 404, "NotFound"},
  };
  for (const auto& c : cases) {
    const auto response = send(c.method, c.path, c.method == "PUT" ? R"({"location":"eastus"})" : "");
    EXPECT_EQ(response.status, c.status) << c.method << " " << c.path << " " << response.body;
    EXPECT_EQ(code(response), c.code) << c.method << " " << c.path;
    EXPECT_EQ(response.headers.get("x-ms-failure-cause"), "gateway") << c.path;
  }
}

TEST_F(ServiceTest, RefusesBodiesThatAreNoResource) {
  const std::string path = thing_ + "?api-version=2024-01-01";
  EXPECT_EQ(code(send("PUT", path, "{")), "InvalidRequestContent");
  EXPECT_EQ(code(send("PUT", path, "[]")), "InvalidRequestContent");
  EXPECT_EQ(code(send("PUT", path, "")), "InvalidRequestContent");
  EXPECT_EQ(code(send("PUT", path, "{}")), "LocationRequired");
  EXPECT_EQ(code(send("PUT", path, R"({"location":"mars"})")), "LocationNotAvailableForResourceType");
  EXPECT_EQ(send("PUT", path, std::string((std::size_t{4} << 20) + 1, ' ')).status, 413);
  ASSERT_EQ(send("PUT", path, R"({"location":"East US"})").status, 201);
  EXPECT_EQ(code(send("PUT", path, R"({"location":"westus"})")), "InvalidResourceLocation");
}

TEST_F(ServiceTest, TellsWhyATokenIsRefused) {
  const std::string path = thing_ + "?api-version=2024-01-01";
  EXPECT_EQ(code(send("GET", path, "", "")), "AuthenticationFailed");
  EXPECT_EQ(code(send("GET", path, "", "forged")), "InvalidAuthenticationToken");
  EXPECT_EQ(code(send("GET", path, "", "expired")), "ExpiredAuthenticationToken");
  const auto response = send("GET", path, "", "");
  EXPECT_EQ(response.status, 401);
  EXPECT_THAT(std::string(response.headers.get("WWW-Authenticate")),
              testing::StartsWith("Bearer authorization_uri=\"https://login.windows.net/tid\""));
}

TEST_F(ServiceTest, AsksForTheActionOfEachMethodAtTheIdAsSent) {
  struct Case {
    std::string method, path, asked;
  };
  const std::string lower = scope_ + "/resourcegroups/mygroup/providers/test.things/THINGS/a";
  const std::vector<Case> cases = {
      {"GET", lower, "Test.Things/things/read " + lower},
      {"PUT", lower, "Test.Things/things/write " + lower},
      {"POST", lower + "/LISTKEYS", "Test.Things/things/listKeys/action " + lower},
      {"DELETE", lower, "Test.Things/things/delete " + lower},
      {"GET", scope_ + "/providers/Test.Things/locations/eastus/usages", "Test.Things/locations/usages/read " + scope_},
      {"GET", scope_ + "/resourceGroups/MyGroup/providers/Test.Things/things",
       "Test.Things/things/read " + scope_ + "/resourceGroups/MyGroup/providers/Test.Things"},
  };
  for (const auto& c : cases) {
    (void)send(c.method, c.path + "?api-version=2024-01-01", R"({"location":"eastus"})");
    EXPECT_EQ(access_.asked, c.asked);
  }
  access_.denied.insert("Test.Things/things/write");
  const auto refused = send("PUT", thing_ + "?api-version=2024-01-01", R"({"location":"eastus"})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, testing::HasSubstr("The client 'appid' with object id 'oid' does not have authorization to "
                                               "perform action 'Test.Things/things/write' over scope '" +
                                               thing_));
}

TEST_F(ServiceTest, HandlersSeeTheStoredSpelling) {
  const std::string v = "?api-version=2024-01-01";
  ASSERT_EQ(
      send("PUT", scope_ + "/resourcegroups/mygroup/providers/test.things/THINGS/Abc" + v, R"({"location":"eastus"})")
          .status,
      201);
  EXPECT_EQ(seen_.id.text(), scope_ + "/resourceGroups/MyGroup/providers/Test.Things/things/Abc");
  (void)send("POST", scope_ + "/resourceGroups/MYGROUP/providers/Test.Things/things/aBC/listkeys" + v);
  EXPECT_EQ(seen_.id.text(), scope_ + "/resourceGroups/MyGroup/providers/Test.Things/things/Abc");
  EXPECT_EQ(seen_.action, "listKeys");
}

TEST_F(ServiceTest, DefaultAnswersShowNothingPrivate) {
  const std::string v = "?api-version=2024-01-01";
  ASSERT_EQ(send("PUT", thing_ + v, R"({"location":"eastus"})").status, 201);
  for (const auto& path : {thing_, scope_ + "/providers/Test.Things/things"}) {
    const auto response = send("GET", path + v);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_THAT(response.body,
                testing::AllOf(testing::HasSubstr("Test.Things/things/a"), testing::Not(testing::HasSubstr("secret"))));
  }
  EXPECT_EQ(send("HEAD", thing_ + v).status, 204);
  EXPECT_EQ(send("HEAD", thing_ + "x" + v).status, 404);
  EXPECT_TRUE(send("HEAD", thing_ + "x" + v).body.empty());
}

TEST_F(ServiceTest, PatchOfTagsWorksForEveryTrackedType) {
  const std::string v = "?api-version=2024-01-01";
  ASSERT_EQ(send("PUT", thing_ + v, R"({"location":"eastus"})").status, 201);
  EXPECT_THAT(send("PATCH", thing_ + v, R"({"tags":{"a":"b"}})").body, testing::HasSubstr(R"("tags":{"a":"b"})"));
  EXPECT_EQ(send("PATCH", thing_ + v, R"({"properties":{}})").status, 405);
}

TEST_F(ServiceTest, LocksHoldUpTheirScopeAndWhatWouldTakeItAlong) {
  const std::string v = "?api-version=2024-01-01";
  ASSERT_EQ(send("PUT", thing_ + v, R"({"location":"eastus"})").status, 201);
  const std::string lock = scope_ + "/resourceGroups/MyGroup/providers/Microsoft.Authorization/locks/l";
  ASSERT_EQ(send("PUT", lock + v, R"({"properties":{"level":"CanNotDelete"}})").status, 201);
  const auto refused = send("DELETE", thing_ + v);
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(code(refused), "ScopeLocked");
  EXPECT_EQ(send("POST", thing_ + "/listKeys" + v).status, 200);
  ASSERT_EQ(send("PUT", lock + v, R"({"properties":{"level":"ReadOnly"}})").status, 201);
  EXPECT_EQ(code(send("POST", thing_ + "/listKeys" + v)), "ScopeLocked");
  EXPECT_EQ(send("GET", thing_ + v).status, 200);
}

TEST_F(ServiceTest, ForgetsDeepestFirstWithEachTypesCleanUp) {
  const std::string v = "?api-version=2024-01-01";
  ASSERT_EQ(send("PUT", thing_ + v, R"({"location":"eastus"})").status, 201);
  ASSERT_EQ(send("PUT", thing_ + "/parts/p" + v, "{}").status, 201);
  std::vector<std::string> order;
  for (const auto* type : {"Test.Things/things", "Test.Things/things/parts"}) {
    service_.on_forget(type, [&](const Resource& resource) -> Status {
      order.push_back(resource.id());
      return {};
    });
  }
  EXPECT_EQ(send("DELETE", thing_ + v).status, 200);
  EXPECT_EQ(order, (std::vector<std::string>{thing_ + "/parts/p", thing_}));
  EXPECT_TRUE(service_.resources().below(*ResourceId::parse(scope_ + "/resourceGroups/MyGroup")).empty());
}

TEST_F(ServiceTest, PollsAreFoundByTheGuidInTheirPath) {
  service_.operations().define("work", [](OperationContext&) -> Result<Json> { return Json(JsonObject{{"a", 1}}); });
  const auto operation = service_.operations().start("work", thing_, std::string(kSubscription), nullptr);
  ASSERT_TRUE(service_.operations().wait(operation->id, std::chrono::seconds(10)));
  Answer begun = Answer::no_body(202);
  service_.add_poll_headers(begun, *operation,
                            {"Test.Things", "eastus", "operationStatuses", "operationResults", "2024-01-01", "*abc"});
  EXPECT_EQ(begun.headers.get("Retry-After"), "1");
  const auto path = [](std::string_view url) {
    return std::string(url.substr(std::string_view("https://management.azure.com").size()));
  };
  const auto status = send("GET", path(begun.headers.get("Azure-AsyncOperation")));
  EXPECT_THAT(status.body, testing::HasSubstr(R"("status":"Succeeded")"));
  EXPECT_EQ(send("GET", path(begun.headers.get("Location"))).body, R"({"a":1})");
}

TEST_F(ServiceTest, CallAndWaitGivesTheErrorOfTheOperation) {
  service_.operations().define("work", [](OperationContext&) -> Result<Json> { return Error{"Conflict", "No.", 409}; });
  TypeSpec slow;
  slow.type = "Test.Things/slow";
  slow.put = [this](const Call& call) -> Result<Answer> {
    const auto operation = service_.operations().start("work", call.id.text(), std::string(kSubscription), nullptr);
    Answer answer = Answer::json(201, JsonObject{});
    service_.add_poll_headers(answer, *operation, {"Test.Things", "eastus", "operations", "", "2024-01-01"});
    return answer;
  };
  service_.add(slow);
  const auto answer = service_.call_and_wait("PUT", scope_ + "/resourceGroups/MyGroup/providers/Test.Things/slow/s",
                                             JsonObject{}, std::chrono::seconds(10));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "Conflict");
}

TEST_F(ServiceTest, EveryAnswerCarriesAzuresHeaders) {
  const auto response = send("GET", scope_ + "/resources?api-version=2021-04-01");
  for (const auto* name : {"x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id", "cache-control",
                           "pragma", "expires", "strict-transport-security", "x-content-type-options", "date",
                           "x-ms-ratelimit-remaining-subscription-reads"}) {
    EXPECT_TRUE(response.headers.has(name)) << name;
  }
}

}  // namespace
}  // namespace lazuli::arm
