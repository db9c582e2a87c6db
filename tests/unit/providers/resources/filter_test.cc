#include "providers/resources/filter.h"

#include <gtest/gtest.h>

namespace lazuli::providers {
namespace {

TEST(ResourceFilter, TakesWhatAzureTakes) {
  const JsonObject tags{{"env", "prod"}, {"team", "a"}};
  const FilteredItem item{"MyRegistry", "Microsoft.ContainerRegistry/registries", "eastus", "MyGroup", &tags};
  const std::vector<std::pair<std::string, bool>> cases = {
      {"", true},
      {"resourceType eq 'Microsoft.ContainerRegistry/registries'", true},
      {"resourceType EQ 'microsoft.containerregistry/REGISTRIES'", true},
      {"resourceType ne 'Microsoft.ContainerRegistry/registries'", false},
      {"name eq 'myregistry' and location eq 'East US'", true},
      {"name eq 'x' or resourceGroup eq 'mygroup'", true},
      {"(name eq 'x' or name eq 'MyRegistry') and location eq 'westus'", false},
      {"substringof('Regis', name)", true},
      {"startswith(name, 'Regis')", false},
      {"startswith(tagName, 'en')", true},
      {"tagName eq 'env' and tagValue eq 'prod'", true},
      {"tagName eq 'env' and tagValue eq 'a'", false},
      {"not (name eq 'x')", true},
  };
  for (const auto& [text, takes] : cases) {
    const auto filter = ResourceFilter::parse(text);
    ASSERT_TRUE(filter) << text;
    EXPECT_EQ(filter->takes(item), takes) << text;
  }
}

TEST(ResourceFilter, RefusesWhatItCannotRead) {
  for (const std::string text : {"name", "name eq", "name eq x", "name eq 'x", "(name eq 'x'", "name eq 'x') or",
                                 "color eq 'red'", "substringof('x')", "name eq 'a' name eq 'b'"}) {
    const auto filter = ResourceFilter::parse(text);
    ASSERT_FALSE(filter) << text;
    EXPECT_EQ(filter.error().code, "InvalidFilterInQueryString");
  }
  EXPECT_FALSE(ResourceFilter::parse(std::string(1000, '(')));
}

TEST(ResourceFilter, ReadsDoubledQuotes) {
  const FilteredItem item{"it's", "", "", "", nullptr};
  EXPECT_TRUE(ResourceFilter::parse("name eq 'it''s'")->takes(item));
}

}  // namespace
}  // namespace lazuli::providers
