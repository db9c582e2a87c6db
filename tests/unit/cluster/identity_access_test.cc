#include "cluster/identity_access.h"

#include <gtest/gtest.h>

namespace lazuli::cluster {
namespace {

constexpr const char* kClient = "11111111-2222-3333-4444-555555555555";
const std::string kSubject = "system:serviceaccount:shop:web";

TEST(IdentityAccess, AsksForTheRightToUseTheIdentity) {
  const Json review = identity_access_review(kClient, kSubject);
  EXPECT_EQ(string_at(review, "spec", "user"), kSubject);
  EXPECT_EQ(to_text(*find(review, "spec", "groups")),
            R"(["system:serviceaccounts","system:serviceaccounts:shop","system:authenticated"])");
  EXPECT_EQ(string_at(review, "spec", "resourceAttributes", "verb"), "use-managed-identity");
  EXPECT_EQ(string_at(review, "spec", "resourceAttributes", "group"), "cid.wi.aks.azure.com");
  EXPECT_EQ(string_at(review, "spec", "resourceAttributes", "resource"), kClient);
}

TEST(IdentityAccess, OnlyAPlainYesIsLeave) {
  const auto read = [](Result<Json> review) { return read_identity_access(review, kClient, kSubject); };
  EXPECT_TRUE(read(*parse_json(R"({"status":{"allowed":true}})")).ok());
  for (const auto* no : {R"({"status":{"allowed":false}})", R"({"status":{"allowed":"true"}})", "{}", "null"}) {
    const auto refused = read(*parse_json(no));
    ASSERT_FALSE(refused.ok()) << no;
    EXPECT_EQ(refused.error().status, 403) << no;
  }
  EXPECT_EQ(read(Error{"Forbidden", "no", 403}).error().status, 503);
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
