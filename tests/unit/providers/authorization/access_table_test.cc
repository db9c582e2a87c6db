#include "providers/authorization/access_table.h"

#include <gtest/gtest.h>

#include <set>

#include "arm/resources.h"
#include "base/text.h"
#include "providers/authorization/built_in_roles.h"
#include "providers/authorization/role_assignments.h"

namespace lazuli::providers {
namespace {

using access::Plane;

TEST(ActionPatterns, MatchAsAzureReadsThem) {
  struct Case {
    std::string pattern, action;
    bool matches;
  };
  const std::vector<Case> cases = {
      {"*", "Microsoft.X/y/write", true},
      {"*/read", "Microsoft.X/y/read", true},
      {"*/read", "Microsoft.X/y/write", false},
      {"Microsoft.X/*", "microsoft.x/Y/z/Action", true},
      {"Microsoft.X/*/read", "Microsoft.X/a/b/read", true},
      {"Microsoft.X/*/read", "Microsoft.Xy/a/read", false},
      {"Microsoft.X/y/read", "Microsoft.X/y/readall", false},
      {"Microsoft.X/*/write/*", "Microsoft.X/a/write/b", true},
      {"", "Microsoft.X/y/read", false},
      {"a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
  };
  for (const auto& c : cases) EXPECT_EQ(action_matches(c.pattern, c.action), c.matches) << c.pattern << " " << c.action;
}

TEST(BuiltInRoles, HaveDistinctIdsAndNames) {
  std::set<std::string> ids, names;
  for (const auto& role : built_in_roles()) {
    EXPECT_EQ(role.id, to_lower(role.id));
    EXPECT_TRUE(ids.insert(role.id).second) << role.id;
    EXPECT_TRUE(names.insert(role.name).second) << role.name;
  }
}

constexpr std::string_view kGroup = "/subscriptions/s/resourceGroups/G";
constexpr std::string_view kAccount =
    "/subscriptions/s/resourceGroups/G/providers/Microsoft.CognitiveServices/accounts/a";
constexpr std::string_view kChat = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";

class AccessTableTest : public testing::Test {
 protected:
  void assign(const std::string& name, std::string_view scope, std::string_view definition,
              std::string_view principal) {
    arm::Resource resource;
    const std::string id =
        (scope == "/" ? "" : std::string(scope)) + "/providers/Microsoft.Authorization/roleAssignments/" + name;
    resource.document =
        role_assignment(id, scope, "/providers/Microsoft.Authorization/roleDefinitions/" + std::string(definition),
                        principal, "ServicePrincipal", "", "");
    ASSERT_TRUE(resources_.save(resource));
  }
  void define(const std::string& id, const JsonObject& permissions, const std::string& scope) {
    arm::Resource resource;
    resource.document = {{"id", "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/" + id},
                         {"properties", JsonObject{{"roleName", "Custom"},
                                                   {"permissions", JsonArray{permissions}},
                                                   {"assignableScopes", JsonArray{Json(scope)}}}}};
    ASSERT_TRUE(resources_.save(resource));
  }
  static access::Principal who(std::string id, std::vector<std::string> groups = {}) {
    return {access::PrincipalType::service_principal, std::move(id), {}, {}, {}, std::move(groups), nullptr};
  }
  bool allowed(const access::Principal& principal, std::string_view action, std::string_view scope,
               Plane plane = Plane::control) {
    return table_.check(principal, action, scope, plane).allowed;
  }

  std::unique_ptr<store::Store> store_ = store::Store::in_memory();
  arm::Resources resources_{*store_};
  AccessTable table_{*store_};
};

constexpr std::string_view kContributor = "b24988ac-6180-42a0-ab88-20f7382dd24c";
constexpr std::string_view kReader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
constexpr std::string_view kOpenAIUser = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";

TEST_F(AccessTableTest, GrantsAtTheScopeAndBelowItButNotBeside) {
  assign("1", kGroup, kReader, "p");
  EXPECT_TRUE(allowed(who("P"), "Microsoft.CognitiveServices/accounts/read", kAccount));
  EXPECT_TRUE(
      allowed(who("p"), "Microsoft.Resources/subscriptions/resourcegroups/read", "/subscriptions/S/resourcegroups/g"));
  EXPECT_FALSE(allowed(who("p"), "Microsoft.Resources/subscriptions/read", "/subscriptions/s"));
  EXPECT_FALSE(allowed(who("p"), "Microsoft.X/y/read", "/subscriptions/s/resourceGroups/G2/providers/Microsoft.X/y/z"));
  EXPECT_FALSE(allowed(who("q"), "Microsoft.CognitiveServices/accounts/read", kAccount));
}

TEST_F(AccessTableTest, RootScopeCoversEverything) {
  assign("1", "/", kReader, "p");
  EXPECT_TRUE(allowed(who("p"), "Microsoft.X/y/read", kAccount));
}

TEST_F(AccessTableTest, ContributorMayNotAssignRoles) {
  assign("1", kGroup, kContributor, "p");
  EXPECT_TRUE(allowed(who("p"), "Microsoft.CognitiveServices/accounts/write", kAccount));
  EXPECT_TRUE(allowed(who("p"), "Microsoft.Authorization/roleAssignments/read", kAccount));
  EXPECT_FALSE(allowed(who("p"), "Microsoft.Authorization/roleAssignments/write", kAccount));
  EXPECT_FALSE(allowed(who("p"), "Microsoft.Authorization/roleAssignments/delete", kAccount));
}

TEST_F(AccessTableTest, OwnersHaveNoDataAccess) {
  assign("1", kGroup, kOwnerRole, "owner");
  assign("2", kAccount, kOpenAIUser, "app");
  EXPECT_FALSE(allowed(who("owner"), kChat, kAccount, Plane::data));
  EXPECT_TRUE(allowed(who("app"), kChat, kAccount, Plane::data));
  EXPECT_FALSE(allowed(who("app"), kChat, kAccount, Plane::control));
  EXPECT_FALSE(allowed(who("app"), "Microsoft.CognitiveServices/accounts/listKeys/action", kAccount));
}

TEST_F(AccessTableTest, GroupsHandTheirRolesOn) {
  assign("1", kAccount, kOpenAIUser, "team");
  EXPECT_TRUE(allowed(who("p", {"other", "team"}), kChat, kAccount, Plane::data));
}

TEST_F(AccessTableTest, RevokedRoleCountsNoLongerAtOnce) {
  assign("1", kAccount, kOpenAIUser, "p");
  assign("2", kAccount, kReader, "p");
  ASSERT_TRUE(allowed(who("p"), kChat, kAccount, Plane::data));
  ASSERT_TRUE(resources_.remove(
      *arm::ResourceId::parse(std::string(kAccount) + "/providers/Microsoft.Authorization/roleAssignments/1")));
  EXPECT_FALSE(allowed(who("p"), kChat, kAccount, Plane::data));
  EXPECT_TRUE(allowed(who("p"), "Microsoft.CognitiveServices/accounts/read", kAccount));
}

TEST_F(AccessTableTest, ReadsWhatEarlierRunsStored) {
  assign("1", kAccount, kOpenAIUser, "p");
  EXPECT_TRUE(AccessTable(*store_).check(who("p"), kChat, kAccount, Plane::data).allowed);
}

TEST_F(AccessTableTest, CustomRolesGrantOnlyWithinTheirAssignableScopes) {
  const std::string id = "0a0a0a0a-0000-4000-8000-000000000001";
  define(id, JsonObject{{"actions", JsonArray{"Microsoft.X/*"}}, {"notActions", JsonArray{"Microsoft.X/y/delete"}}},
         std::string(kGroup));
  assign("1", kGroup, id, "p");
  assign("2", "/subscriptions/s/resourceGroups/H", id, "p");
  EXPECT_TRUE(allowed(who("p"), "Microsoft.X/y/write", kAccount));
  EXPECT_FALSE(allowed(who("p"), "Microsoft.X/y/delete", kAccount));
  EXPECT_FALSE(allowed(who("p"), "Microsoft.X/y/write", "/subscriptions/s/resourceGroups/H/providers/Microsoft.X/y/z"));
  define(id, JsonObject{{"actions", JsonArray{"Microsoft.Z/*"}}}, std::string(kGroup));
  EXPECT_FALSE(allowed(who("p"), "Microsoft.X/y/write", kAccount));
}

TEST_F(AccessTableTest, NamesTheRoleAndScopeThatAllowed) {
  assign("1", kGroup, kReader, "p");
  const auto decision = table_.check(who("p"), "Microsoft.X/y/read", kAccount, Plane::control);
  EXPECT_EQ(decision.role, "Reader");
  EXPECT_EQ(decision.scope, "/subscriptions/s/resourcegroups/g");
}

}  // namespace
}  // namespace lazuli::providers
