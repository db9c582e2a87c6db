#include "providers/resources/resource_groups.h"

#include <gmock/gmock.h>

#include <mutex>

#include "../../arm/service_fixture.h"
#include "base/text.h"
#include "providers/resources/resources.h"

namespace lazuli::providers {
namespace {

using arm::Answer;
using arm::Call;
using arm::ResourceId;
using testing::HasSubstr;

class ResourceGroupsTest : public arm::ServiceFixture {
 protected:
  ResourceGroupsTest() {
    add_resources(service_, {kSubscription, "Test", "tid", "test.onmicrosoft.com"});
    arm::TypeSpec things;
    things.type = "Test.Things/things";
    things.tracked = true;
    things.put = [this](const Call& call) -> Result<Answer> {
      arm::Resource resource;
      resource.document = call.body.as_object();
      resource.document["id"] = call.id.text();
      resource.document["name"] = call.id.name();
      resource.document["type"] = "Test.Things/things";
      if (auto saved = service_.resources().save(resource); !saved) return saved.error();
      return Answer::json(201, resource.visible());
    };
    things.del = [this](const Call& call) -> Result<Answer> {
      const std::lock_guard lock(mutex_);
      deleted_.push_back(call.id.name());
      if (!service_.resources().below(call.id).empty()) return Error{"CannotDeleteResource", "It holds others.", 409};
      if (call.id.name() == stubborn_) return Error{"Conflict", "It is in use.", 409};
      if (auto gone = service_.forget(call.id); !gone) return gone.error();
      return Answer::no_body(200);
    };
    service_.add(things);
    arm::TypeSpec parts;
    parts.type = "Test.Things/things/parts";
    parts.del = [this](const Call& call) -> Result<Answer> {
      const std::lock_guard lock(mutex_);
      deleted_.push_back(call.id.name());
      if (auto gone = service_.forget(call.id); !gone) return gone.error();
      return Answer::no_body(200);
    };
    service_.add(parts);
  }
  ~ResourceGroupsTest() override = default;

  std::string group(const std::string& name) const { return scope_ + "/resourcegroups/" + name; }
  void create(const std::string& name) {
    ASSERT_EQ(send("PUT", group(name) + v_, R"({"location":"eastus"})").status, 201);
  }
  void create_thing(const std::string& name, const std::string& refers_to = {}) {
    const JsonObject body{{"location", "eastus"}, {"properties", JsonObject{{"uses", refers_to}}}};
    ASSERT_EQ(send("PUT", thing(name) + v_, to_text(body)).status, 201);
  }
  std::string thing(const std::string& name) const {
    return scope_ + "/resourceGroups/g/providers/Test.Things/things/" + name;
  }
  // Follows the Location of a deletion to its end.
  net::Response finish(const net::Response& begun) {
    for (const auto& operation : service_.operations().unfinished()) {
      EXPECT_TRUE(service_.operations().wait(operation.id, std::chrono::seconds(10)));
    }
    return send("GET", path_of(begun.headers.get("Location")));
  }

  const std::string v_ = "?api-version=2021-04-01";
  std::mutex mutex_;
  std::vector<std::string> deleted_;
  std::string stubborn_;
};

TEST_F(ResourceGroupsTest, LivesAsAzureGroupsDo) {
  EXPECT_EQ(send("HEAD", group("g") + v_).status, 404);
  const auto created = send("PUT", group("MyGroup") + v_, R"({"location":"East US","tags":{"a":"b"}})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.body,
            R"({"id":")" + scope_ +
                R"(/resourceGroups/MyGroup","name":"MyGroup","type":"Microsoft.Resources/resourceGroups",)"
                R"("location":"eastus","tags":{"a":"b"},"properties":{"provisioningState":"Succeeded"}})");
  EXPECT_EQ(send("HEAD", group("mygroup") + v_).status, 204);
  EXPECT_EQ(send("PUT", group("MYGROUP") + v_, R"({"location":"eastus"})").status, 200);
  EXPECT_EQ(string_at(body(send("GET", group("mygroup") + v_)), "name"), "MyGroup");
  EXPECT_EQ(string_at(body(send("PATCH", group("MyGroup") + v_, R"({"tags":{"c":"d"}})")), "tags", "c"), "d");
}

TEST_F(ResourceGroupsTest, RefusesWithAzuresCodes) {
  create("g");
  struct Case {
    std::string method, name, body, code;
  };
  const std::vector<Case> cases = {
      {"PUT", "a b", R"({"location":"eastus"})", "InvalidResourceGroup"},
      {"PUT", std::string(91, 'a'), R"({"location":"eastus"})", "InvalidResourceGroup"},
      {"PUT", "ends.", R"({"location":"eastus"})", "InvalidResourceGroup"},
      {"PUT", "new", "{}", "LocationRequired"},
      {"PUT", "new", R"({"location":"mars"})", "LocationNotAvailableForResourceGroup"},
      {"PUT", "g", R"({"location":"westus"})", "InvalidResourceGroupLocation"},
      {"GET", "none", "", "ResourceGroupNotFound"},
      {"PATCH", "none", "{}", "ResourceGroupNotFound"},
      {"DELETE", "none", "", "ResourceGroupNotFound"},
  };
  for (const auto& c : cases) EXPECT_EQ(code(send(c.method, group(c.name) + v_, c.body)), c.code) << c.name;
  EXPECT_EQ(send("GET", group("new") + v_).status, 404);
}

TEST_F(ResourceGroupsTest, NamesTheBadCharactersOfAName) {
  EXPECT_THAT(check_group_name("Create \"new\"").error().message, HasSubstr("invalid characters: ' '''. "));
}

TEST_F(ResourceGroupsTest, ListsByTagAndOnlyWhatTheCallerMayRead) {
  ASSERT_EQ(send("PUT", group("a") + v_, R"({"location":"eastus","tags":{"k":"v"}})").status, 201);
  create("b");
  EXPECT_EQ(body(send("GET", scope_ + "/resourcegroups" + v_)).at("value").as_array().size(), 2U);
  const auto filtered =
      body(send("GET", scope_ + "/resourcegroups" + v_ + "&$filter=tagname%20eq%20'k'%20and%20tagvalue%20eq%20'v'"));
  ASSERT_EQ(filtered.at("value").as_array().size(), 1U);
  access_.denied.insert("Microsoft.Resources/subscriptions/resourceGroups/read");
  EXPECT_TRUE(body(send("GET", scope_ + "/resourcegroups" + v_)).at("value").as_array().empty());
}

TEST_F(ResourceGroupsTest, DeletionTakesReferrersFirstAndThenTheGroup) {
  create("g");
  create_thing("base");
  create_thing("user", thing("base"));
  create_thing("top", thing("user"));
  ASSERT_EQ(send("PUT", group("g") + "/providers/Microsoft.Authorization/locks/l" + v_,
                 R"({"properties":{"level":"CanNotDelete"}})")
                .status,
            201);
  EXPECT_EQ(code(send("DELETE", group("g") + v_)), "ScopeLocked");
  ASSERT_EQ(send("DELETE", group("g") + "/providers/Microsoft.Authorization/locks/l" + v_).status, 200);
  const auto begun = send("DELETE", group("g") + v_);
  EXPECT_EQ(begun.status, 202);
  EXPECT_TRUE(begun.body.empty());
  const auto end = finish(begun);
  EXPECT_EQ(end.status, 200);
  EXPECT_TRUE(end.body.empty());
  EXPECT_FALSE(end.headers.has("Location"));
  EXPECT_EQ(deleted_, (std::vector<std::string>{"top", "user", "base"}));
  EXPECT_EQ(send("GET", group("g") + v_).status, 404);
  EXPECT_EQ(send("GET", path_of(begun.headers.get("Location"))).status, 200);  // can be asked again
}

TEST_F(ResourceGroupsTest, DeletionTakesWhatAResourceHoldsWhenItDoesNotGoWithIt) {
  create("g");
  create_thing("whole");
  for (const auto* name : {"a", "b"}) {
    arm::Resource part;
    part.document = {{"id", thing("whole") + "/parts/" + name}, {"name", name}, {"type", "Test.Things/things/parts"}};
    ASSERT_TRUE(service_.resources().save(part).ok());
  }
  EXPECT_EQ(finish(send("DELETE", group("g") + v_)).status, 200);
  EXPECT_THAT(deleted_, testing::UnorderedElementsAre("whole", "a", "b", "whole"));
  EXPECT_EQ(send("GET", group("g") + v_).status, 404);
}

TEST_F(ResourceGroupsTest, FailedDeletionLeavesTheGroupWithWhatIsLeft) {
  create("g");
  create_thing("free");
  create_thing("kept");
  stubborn_ = "kept";
  const auto begun = send("DELETE", group("g") + v_);
  const auto end = finish(begun);
  EXPECT_EQ(end.status, 409);
  EXPECT_THAT(end.body, HasSubstr("It is in use."));
  EXPECT_EQ(string_at(body(send("GET", group("g") + v_)), "properties", "provisioningState"), "Succeeded");
  EXPECT_EQ(send("GET", thing("free") + v_).status, 404);
  EXPECT_EQ(send("GET", thing("kept") + v_).status, 200);
}

TEST_F(ResourceGroupsTest, NothingIsCreatedInAGroupThatIsGoing) {
  create("g");
  ASSERT_TRUE(service_.resources().update(ResourceId::group(kSubscription, "g"), [](arm::Resource& found) -> Status {
    found.properties()["provisioningState"] = "Deleting";
    return {};
  }));
  EXPECT_EQ(code(send("PUT", thing("a") + v_, R"({"location":"eastus"})")), "ResourceGroupBeingDeleted");
  EXPECT_EQ(code(send("PUT", group("g") + v_, R"({"location":"eastus"})")), "ResourceGroupBeingDeleted");
}

TEST(DeletionToken, IsAzuresNameOfTheJob) {
  EXPECT_EQ(base64url_decode(deletion_token("my_group-1", "westus")),
            R"({"jobId":"RESOURCEGROUPDELETIONJOB-MY:5FGROUP:2D1-WESTUS","jobLocation":"westus"})");
  EXPECT_NE(deletion_token(std::string(80, 'a'), "westus"), deletion_token(std::string(81, 'a'), "westus"));
}

TEST_F(ResourceGroupsTest, ListsResourcesByFilter) {
  create("g");
  create_thing("one");
  create_thing("two");
  const auto count = [&](const std::string& query) {
    return body(send("GET", scope_ + "/resources" + v_ + query)).at("value").as_array().size();
  };
  EXPECT_EQ(count(""), 2U);
  EXPECT_EQ(count("&$filter=resourceType%20eq%20'test.things/things'%20and%20name%20eq%20'one'"), 1U);
  EXPECT_EQ(count("&$filter=resourceType%20eq%20'Test.Other/things'"), 0U);
  const auto page = body(send("GET", scope_ + "/resources" + v_ + "&$top=1"));
  ASSERT_EQ(page.at("value").as_array().size(), 1U);
  const auto next = send("GET", path_of(page.at("nextLink").as_string()));
  EXPECT_EQ(body(next).at("value").as_array().size(), 1U);
  EXPECT_EQ(find(body(next), "nextLink"), nullptr);
}

TEST_F(ResourceGroupsTest, TagsCanBeMergedReplacedAndDeleted) {
  create("g");
  const std::string tags = group("g") + "/providers/Microsoft.Resources/tags/default" + v_;
  const auto patch = [&](const std::string& operation, const std::string& given) {
    return body(send("PATCH", tags, R"({"operation":")" + operation + R"(","properties":{"tags":)" + given + "}}"));
  };
  EXPECT_EQ(patch("Merge", R"({"a":"1","b":"2"})").at("properties").at("tags"),
            Json(JsonObject{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(patch("Delete", R"({"a":"1","b":"3"})").at("properties").at("tags"), Json(JsonObject{{"b", "2"}}));
  EXPECT_EQ(patch("Replace", R"({"c":"3"})").at("properties").at("tags"), Json(JsonObject{{"c", "3"}}));
  EXPECT_EQ(string_at(patch("Mix", "{}"), "error", "code"), "InvalidTagsPatchOperation");
  EXPECT_EQ(send("DELETE", tags).status, 200);
  EXPECT_EQ(body(send("GET", group("g") + v_)).at("tags"), Json(JsonObject()));
}

TEST_F(ResourceGroupsTest, UnregisteredNamespacesTakeNoResources) {
  create("g");
  ASSERT_EQ(send("POST", scope_ + "/providers/test.things/unregister" + v_).status, 200);
  EXPECT_EQ(code(send("PUT", thing("a") + v_, R"({"location":"eastus"})")), "MissingSubscriptionRegistration");
  const auto registering = body(send("POST", scope_ + "/providers/Test.Things/register" + v_));
  EXPECT_EQ(string_at(registering, "registrationState"), "Registering");
  EXPECT_EQ(string_at(registering, "namespace"), "Test.Things");
  create_thing("a");
}

TEST_F(ResourceGroupsTest, TellsOfSubscriptionAndEndpoints) {
  EXPECT_EQ(body(send("GET", "/subscriptions?api-version=2022-12-01")).at("value").as_array().size(), 1U);
  access_.denied.insert("Microsoft.Resources/subscriptions/read");
  EXPECT_TRUE(body(send("GET", "/subscriptions?api-version=2022-12-01")).at("value").as_array().empty());
  EXPECT_EQ(send("GET", "/metadata/endpoints?api-version=2018-01-01", "", "").status, 200);
}

}  // namespace
}  // namespace lazuli::providers
