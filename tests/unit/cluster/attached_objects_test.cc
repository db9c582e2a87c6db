#include "cluster/attached_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "base/text.h"

namespace lazuli::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kOwner =
    "/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerService/managedClusters/C";

Json parsed(std::string_view text) {
  return *parse_json(text);
}

// A cluster of a few objects, whose lists of all namespaces are given by their kind.
class FakeObjects final : public Objects {
 public:
  Result<Json> get(std::string_view path) override {
    const auto found = held.find(std::string(path.substr(0, path.find('?'))));
    if (found != held.end()) return found->second;
    return Error{"NotFound", std::string(path) + " not found", 404};
  }
  Result<Json> create(std::string_view path, const Json&) override {
    EXPECT_THAT(std::string(path), HasSubstr("dryRun=All"));
    if (answers.empty()) return parsed(R"({"spec":{"hostAliases":[{"ip":"192.0.2.7"}]}})");
    auto answer = answers.front();
    answers.pop_front();
    return answer;
  }
  Result<Json> apply(std::string_view path, const Json& object) override { return held[std::string(path)] = object; }
  Status remove(std::string_view path) override {
    removed.emplace_back(path);
    held.erase(std::string(path));
    return {};
  }
  Result<std::string> text(std::string_view) override { return std::string(); }

  std::map<std::string, Json> held{{"/api/v1/serviceaccounts", Json(nullptr)},
                                   {"/api/v1/secrets", Json(nullptr)},
                                   {"/api/v1/configmaps", Json(nullptr)},
                                   {"/api/v1/namespaces", Json(nullptr)}};
  std::deque<Result<Json>> answers;
  std::vector<std::string> removed;
};

WebhookDoor door() {
  return {"192.0.2.7", 4443, "PEM"};
}

Status install(FakeObjects& objects) {
  return install_webhook(objects, door(), kOwner, [] { return false; });
}

TEST(AttachedObjects, AClusterIsTakenByOneOwnerWhoFindsItAgain) {
  FakeObjects objects;
  EXPECT_TRUE(check_unclaimed(objects, kOwner).ok());
  ASSERT_TRUE(install(objects).ok());
  EXPECT_TRUE(check_unclaimed(objects, to_upper(kOwner)).ok()) << "ids have no case";
  const auto refused = check_unclaimed(objects, "/subscriptions/other");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, "ClusterTaken");
  EXPECT_THAT(refused.error().message, HasSubstr(kOwner));
}

TEST(AttachedObjects, UpstreamsOwnWebhookIsNotRemoved) {
  FakeObjects objects;
  objects.held[webhook_path()] = parsed(R"({"metadata":{"name":"x"}})");
  EXPECT_EQ(check_unclaimed(objects, kOwner).error().code, "ClusterTaken");
  EXPECT_TRUE(remove_everything(objects, kOwner).ok());
  EXPECT_THAT(objects.removed, IsEmpty());
}

TEST(AttachedObjects, TheTrialWaitsForThePodToComeBackWithTheAddress) {
  FakeObjects objects;
  objects.answers = {parsed(R"({"spec":{}})"), Error{"InternalError", "etcd is busy", 500},
                     parsed(R"({"spec":{"hostAliases":[{"ip":"192.0.2.7"}]}})"), Error{"Late", "not asked", 500}};
  EXPECT_TRUE(install(objects).ok());
  EXPECT_EQ(objects.answers.size(), 1U);
}

TEST(AttachedObjects, ADoorThatTheApiServerDoesNotReachIsAnErrorAtOnceAndLeavesNoWebhook) {
  FakeObjects objects;
  objects.answers = {
      Error{"InternalError", "failed calling webhook \"x\": Post \"" + door().url() + "\": connection refused", 500}};
  const auto checked = install(objects);
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().code, "DoorsUnreachable");
  EXPECT_THAT(checked.error().message, testing::AllOf(HasSubstr("connection refused"), HasSubstr("--doors-address")));
  EXPECT_THAT(objects.removed, ElementsAre(webhook_path()));
}

TEST(AttachedObjects, ARefusalByAPolicyOfTheClusterIsNoFaultOfTheDoor) {
  FakeObjects objects;
  objects.answers = {Error{"Forbidden", "violates PodSecurity", 403}};
  EXPECT_TRUE(install(objects).ok());
}

TEST(AttachedObjects, OnlyWhatLazuliWroteIsTakenAway) {
  FakeObjects objects;
  ASSERT_TRUE(install(objects).ok());
  objects.held["/api/v1/secrets"] = parsed(R"({"items":[
    {"metadata":{"name":"ours","namespace":"shop","managedFields":[{"manager":"kubectl"},{"manager":"lazuli"}]}},
    {"metadata":{"name":"azures","namespace":"shop","managedFields":[{"manager":"sc-operator"}]}},
    {"metadata":{"name":"nobodys","namespace":"shop"}}]})");
  objects.held["/api/v1/namespaces"] =
      parsed(R"({"items":[{"metadata":{"name":"sc-system","managedFields":[{"manager":"lazuli"}]}}]})");
  EXPECT_TRUE(remove_everything(objects, kOwner).ok());
  EXPECT_THAT(objects.removed,
              ElementsAre(webhook_path(), "/api/v1/namespaces/shop/secrets/ours", "/api/v1/namespaces/sc-system"));
}

}  // namespace
}  // namespace lazuli::cluster
