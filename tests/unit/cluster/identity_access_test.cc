#include "cluster/identity_access.h"

#include <gtest/gtest.h>

namespace lazuli::cluster {
namespace {

constexpr const char* kClient = "11111111-2222-3333-4444-555555555555";
const std::string kSubject = "system:serviceaccount:shop:web";

// A cluster that says what a test wants about the right.
class Deciding final : public Objects {
 public:
  explicit Deciding(Result<Json> decision) : decision_(std::move(decision)) {}
  Result<Json> get(std::string_view) override { return Error{"NotFound", "", 404}; }
  Result<Json> create(std::string_view path, const Json& object) override {
    EXPECT_EQ(path, "/apis/authorization.k8s.io/v1/subjectaccessreviews");
    asked = object;
    return decision_;
  }
  Result<Json> apply(std::string_view, const Json&) override { return Error{"NotFound", "", 404}; }
  Status remove(std::string_view) override { return {}; }
  Result<std::string> text(std::string_view) override { return Error{"NotFound", "", 404}; }

  Json asked;

 private:
  Result<Json> decision_;
};

TEST(IdentityAccess, AsksForTheRightToUseTheIdentity) {
  Deciding cluster(*parse_json(R"({"status":{"allowed":true}})"));
  EXPECT_TRUE(check_identity_access(cluster, kClient, kSubject).ok());
  EXPECT_EQ(string_at(cluster.asked, "spec", "user"), kSubject);
  EXPECT_EQ(to_text(*find(cluster.asked, "spec", "groups")),
            R"(["system:serviceaccounts","system:serviceaccounts:shop","system:authenticated"])");
  EXPECT_EQ(string_at(cluster.asked, "spec", "resourceAttributes", "verb"), "use-managed-identity");
  EXPECT_EQ(string_at(cluster.asked, "spec", "resourceAttributes", "group"), "cid.wi.aks.azure.com");
  EXPECT_EQ(string_at(cluster.asked, "spec", "resourceAttributes", "resource"), kClient);
}

TEST(IdentityAccess, OnlyAPlainYesIsLeave) {
  const auto ask = [](Result<Json> decision) {
    Deciding cluster(std::move(decision));
    return check_identity_access(cluster, kClient, kSubject);
  };
  for (const auto* no : {R"({"status":{"allowed":false}})", R"({"status":{"allowed":"true"}})", "{}", "null"}) {
    const auto refused = ask(*parse_json(no));
    ASSERT_FALSE(refused.ok()) << no;
    EXPECT_EQ(refused.error().status, 403) << no;
  }
  EXPECT_EQ(ask(Error{"Forbidden", "no", 403}).error().status, 503);
}

TEST(IdentityAccess, TheRolesThatMendItAreForThisServiceAccountAlone) {
  const Json roles = identity_access_roles(kClient, kSubject);
  const auto& items = find(roles, "items")->as_array();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(to_text(*find(items[0], "rules")),
            R"([{"apiGroups":["cid.wi.aks.azure.com"],"resources":["11111111-2222-3333-4444-555555555555"],)"
            R"("verbs":["use-managed-identity"]}])");
  EXPECT_EQ(to_text(*find(items[1], "subjects")), R"([{"kind":"ServiceAccount","name":"web","namespace":"shop"}])");
  EXPECT_EQ(string_at(items[1], "roleRef", "name"), string_at(items[0], "metadata", "name"));
}

}  // namespace
}  // namespace lazuli::cluster
