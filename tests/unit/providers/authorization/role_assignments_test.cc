#include "providers/authorization/role_assignments.h"

#include <gmock/gmock.h>

#include "../../arm/service_fixture.h"
#include "providers/authorization/authorization.h"

namespace lazuli::providers {
namespace {

class RoleAssignmentsTest : public arm::ServiceFixture {
 protected:
  RoleAssignmentsTest() {
    save(scope_, "Microsoft.Resources/subscriptions", kSubscription);
    save(group_, "Microsoft.Resources/resourceGroups", "g");
    authorization_.add_to(service_, *entra_);
  }

  std::string at(const std::string& scope, int number) const {
    return scope + "/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000000" +
           std::to_string(number) + v_;
  }
  static std::string assignment(const std::string& principal, const std::string& more = R"(,"principalType":"User")",
                                const std::string& role = "acdd72a7-3385-48ef-bd42-f606fba81ae7") {
    return R"({"properties":{"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/)" + role +
           R"(","principalId":")" + principal + "\"" + more + "}}";
  }
  std::vector<std::string> listed(const std::string& scope, const std::string& filter) {
    std::vector<std::string> scopes;
    const auto answer = body(send("GET", scope + "/providers/Microsoft.Authorization/roleAssignments" + v_ + filter));
    for (const auto& item : answer.at("value").as_array()) scopes.push_back(string_at(item, "properties", "scope"));
    return scopes;
  }

  const std::string v_ = "?api-version=2022-04-01";
  const std::string group_ = scope_ + "/resourceGroups/g";
  const std::string someone_ = "aaaaaaaa-0000-4000-8000-000000000001";
  net::Client client_;
  std::unique_ptr<entra::Entra> entra_ =
      *entra::Entra::open({*store_, clock_, random_, log_, client_, "tid", "test.onmicrosoft.com", "http://127.0.0.1"});
  Authorization authorization_{*store_, clock_};
};

TEST_F(RoleAssignmentsTest, AnswersAsAzureDoes) {
  const auto created = send("PUT", at(group_, 1), assignment(someone_));
  EXPECT_EQ(created.status, 201);
  EXPECT_TRUE(find(body(created), "properties", "createdBy")->is_null());
  EXPECT_EQ(string_at(body(created), "properties", "scope"), group_);
  EXPECT_EQ(string_at(body(send("GET", at(group_, 1))), "properties", "createdBy"), "oid");
  EXPECT_EQ(send("PUT", at(group_, 1), assignment(someone_)).status, 201);  // the same again
  EXPECT_EQ(send("DELETE", at(group_, 1)).status, 200);
  EXPECT_EQ(send("DELETE", at(group_, 1)).status, 204);
  EXPECT_EQ(code(send("GET", at(group_, 1))), "RoleAssignmentNotFound");
}

TEST_F(RoleAssignmentsTest, RefusesWithAzuresCodes) {
  ASSERT_EQ(send("PUT", at(group_, 1), assignment(someone_)).status, 201);
  const std::string application = entra_->initial_credentials().object_id;
  struct Case {
    std::string path, body, code;
  };
  const std::vector<Case> cases = {
      {at(group_, 2), assignment(someone_), "RoleAssignmentExists"},
      {at(group_, 1), assignment("aaaaaaaa-0000-4000-8000-000000000002"), "RoleAssignmentUpdateNotPermitted"},
      {at(scope_, 1), assignment(someone_), "RoleAssignmentUpdateNotPermitted"},
      {at(group_, 3), assignment(someone_, ""), "PrincipalNotFound"},
      {at(group_, 3), assignment("someone"), "InvalidPrincipalId"},
      {at(group_, 3), assignment(application), "UnmatchedPrincipalType"},
      {at(group_, 3), assignment(someone_, R"(,"principalType":"Robot")"), "InvalidPrincipalType"},
      {at(group_, 3), assignment(someone_, R"(,"principalType":"User","condition":"true")"),
       "RoleAssignmentConditionNotSupported"},
      {at(group_, 3), assignment(someone_, R"(,"principalType":"User")", "00000000-0000-4000-8000-000000000000"),
       "RoleDefinitionDoesNotExist"},
      {group_ + "/providers/Microsoft.Authorization/roleAssignments/name" + v_, assignment(someone_),
       "InvalidRoleAssignmentId"},
  };
  for (const auto& c : cases) EXPECT_EQ(code(send("PUT", c.path, c.body)), c.code) << c.body;
}

TEST_F(RoleAssignmentsTest, ListsByScopeAndPrincipal) {
  ASSERT_EQ(send("PUT", at(group_, 1), assignment(someone_)).status, 201);
  ASSERT_EQ(send("PUT", at(scope_, 2), assignment(someone_)).status, 201);
  EXPECT_EQ(listed(group_, "&$filter=atScope()"), (std::vector<std::string>{scope_, group_}));
  EXPECT_EQ(listed(scope_, "&$filter=atScope()"), (std::vector<std::string>{scope_}));
  EXPECT_EQ(listed(scope_, "&$filter=principalId%20eq%20'" + someone_ + "'").size(), 2U);
  EXPECT_TRUE(listed(scope_, "&$filter=principalId%20eq%20'other'").empty());
  EXPECT_EQ(code(send("GET", scope_ + "/providers/Microsoft.Authorization/roleAssignments" + v_ + "&$filter=nonsense")),
            "InvalidFilter");
}

TEST_F(RoleAssignmentsTest, DeletedPrincipalsAreGrantedNothing) {
  const auto identity = entra_->ensure_managed_identity(group_ + "/providers/Microsoft.X/y/z", "z");
  ASSERT_TRUE(identity);
  ASSERT_EQ(send("PUT", at(group_, 1), assignment(identity->object_id, "")).status, 201);
  const access::Principal who{access::PrincipalType::managed_identity, identity->object_id, {}, {}, {}, {}, nullptr};
  EXPECT_TRUE(authorization_.check(who, "Microsoft.X/y/read", group_, access::Plane::control).allowed);
  ASSERT_TRUE(entra_->remove_managed_identity(group_ + "/providers/Microsoft.X/y/z"));
  EXPECT_FALSE(authorization_.check(who, "Microsoft.X/y/read", group_, access::Plane::control).allowed);
  EXPECT_EQ(listed(group_, "&$filter=atScope()").size(), 1U);  // it stays, as on Azure
}

TEST_F(RoleAssignmentsTest, FirstOwnerIsMadeOnce) {
  ASSERT_TRUE(authorization_.ensure_owner(someone_, access::PrincipalType::user, kSubscription));
  ASSERT_TRUE(authorization_.ensure_owner(someone_, access::PrincipalType::user, kSubscription));
  EXPECT_EQ(listed(scope_, "").size(), 1U);
}

}  // namespace
}  // namespace lazuli::providers
