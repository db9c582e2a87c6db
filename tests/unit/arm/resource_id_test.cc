#include "arm/resource_id.h"

#include <gtest/gtest.h>

namespace lazuli::arm {
namespace {

struct Case {
  std::string text, type, name, group, scope;
  bool collection;
};

TEST(ResourceId, ReadsEveryFormThatAzureHas) {
  const std::vector<Case> cases = {
      {"/subscriptions", "Microsoft.Resources/subscriptions", "", "", "", true},
      {"/subscriptions/S", "Microsoft.Resources/subscriptions", "S", "", "", false},
      {"/subscriptions/S/resourcegroups", "Microsoft.Resources/resourceGroups", "S", "", "", true},
      {"/subscriptions/S/resourceGroups/G/", "Microsoft.Resources/resourceGroups", "G", "G", "", false},
      {"/subscriptions/S/resourceGroups/G/providers/N.P/as", "N.P/as", "", "G", "/subscriptions/S/resourceGroups/G",
       true},
      {"/subscriptions/S/resourceGroups/G/providers/N.P/as/a/bs/b", "N.P/as/bs", "b", "G",
       "/subscriptions/S/resourceGroups/G", false},
      {"/subscriptions/S/resourceGroups/G/providers/N.P/as/a/providers/M.X/roleAssignments/r", "M.X/roleAssignments",
       "r", "G", "/subscriptions/S/resourceGroups/G/providers/N.P/as/a", false},
      {"/subscriptions/S/providers/N.P/locations/eastus/usages", "N.P/locations/usages", "", "", "/subscriptions/S",
       true},
      {"/providers/M.X/roleDefinitions/r", "M.X/roleDefinitions", "r", "", "", false},
  };
  for (const auto& c : cases) {
    const auto id = ResourceId::parse(c.text);
    ASSERT_TRUE(id) << c.text;
    EXPECT_EQ(id->type(), c.type) << c.text;
    EXPECT_EQ(id->name(), c.name) << c.text;
    EXPECT_EQ(id->resource_group(), c.group) << c.text;
    EXPECT_EQ(id->scope().text(), c.scope) << c.text;
    EXPECT_EQ(id->is_collection(), c.collection) << c.text;
  }
}

TEST(ResourceId, RefusesWhatIsNoId) {
  for (const auto* text :
       {"", "subscriptions/S", "/foo", "/subscriptions/S/things", "/subscriptions/S/resourceGroups/G/x"}) {
    EXPECT_FALSE(ResourceId::parse(text)) << text;
  }
}

TEST(ResourceId, ComparesWithoutRegardToCase) {
  EXPECT_EQ(ResourceId::parse("/Subscriptions/s/resourcegroups/MyGroup")->key(),
            ResourceId::group("S", "mygroup").key());
}

TEST(ResourceId, ParentsLeadFromChildToSubscription) {
  std::vector<std::string> chain;
  auto id = ResourceId::parse("/subscriptions/S/resourceGroups/G/providers/N.P/as/a/bs/b");
  while ((id = id->parent())) chain.push_back(id->text());
  EXPECT_EQ(chain, (std::vector<std::string>{"/subscriptions/S/resourceGroups/G/providers/N.P/as/a",
                                             "/subscriptions/S/resourceGroups/G", "/subscriptions/S"}));
}

TEST(ResourceId, BelowMeansWholeNames) {
  const auto group = ResourceId::group("S", "app");
  EXPECT_TRUE(ResourceId::parse("/subscriptions/s/resourcegroups/APP/providers/N.P/as/a")->is_within(group));
  EXPECT_TRUE(group.is_within(group));
  EXPECT_FALSE(ResourceId::group("S", "app2").is_within(group));
}

}  // namespace
}  // namespace lazuli::arm
