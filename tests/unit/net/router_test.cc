#include <gtest/gtest.h>

#include "net/server.h"

namespace lazuli::net {
namespace {

StreamHandler handler() {
  return [](Exchange&) -> Task<void> { co_return; };
}

TEST(Router, PrefersExactNamesThenTheLongestSuffix) {
  Router router;
  router.suffix(".azure.com", handler());
  router.suffix(".openai.azure.com", handler());
  router.host("management.azure.com", handler());
  const StreamHandler* exact = router.find("management.azure.com");
  const StreamHandler* longer = router.find("mine.openai.azure.com");
  const StreamHandler* shorter = router.find("other.azure.com");
  ASSERT_TRUE(exact && longer && shorter);
  EXPECT_NE(exact, longer);
  EXPECT_NE(longer, shorter);
  EXPECT_NE(exact, shorter);
  EXPECT_EQ(router.find("MANAGEMENT.Azure.com"), exact);
  EXPECT_EQ(router.find("management.azure.com."), exact);
}

TEST(Router, DoesNotTakeASuffixForAName) {
  Router router;
  router.suffix(".azurecr.io", handler());
  EXPECT_TRUE(router.ours("x.azurecr.io"));
  for (const std::string_view host : {".azurecr.io", "azurecr.io", "xazurecr.io", "x.azurecr.io.evil.com", ""})
    EXPECT_EQ(router.find(host), nullptr) << host;
}

TEST(Router, OursLeavesTheDefaultOut) {
  Router router;
  router.otherwise(handler());
  EXPECT_NE(router.find("anything"), nullptr);
  EXPECT_FALSE(router.ours("anything"));
}

}  // namespace
}  // namespace lazuli::net
