#include "cluster/address_plan.h"

#include <gtest/gtest.h>

#include "cluster/network.h"

namespace lazuli::cluster {
namespace {

TEST(AddressPlan, TwoNumbersShareNoAddressAndNoName) {
  const AddressPlan one{1}, two{2};
  EXPECT_FALSE(ranges_meet(one.link_range(), two.link_range()));
  EXPECT_FALSE(ranges_meet(one.pod_range(), two.pod_range()));
  EXPECT_FALSE(ranges_meet(one.outbound_range(), two.outbound_range()));
  EXPECT_NE(one.link(), two.link());
  EXPECT_NE(one.cgroup(), two.cgroup());
  EXPECT_NE(one.runtime_directory(), two.runtime_directory());
}

TEST(AddressPlan, EveryLinkNameFitsTheKernelsLimit) {
  for (int number = AddressPlan::kFirst; number <= AddressPlan::kLast; ++number)
    EXPECT_LE(AddressPlan{number}.link().size(), 15u);
}

TEST(AddressPlan, BothEndsOfTheLinkAreInItsRange) {
  const AddressPlan plan{7};
  EXPECT_TRUE(ranges_meet(plan.host_address(), plan.link_range()));
  EXPECT_TRUE(ranges_meet(plan.node_address(), plan.link_range()));
}

struct Ranges {
  const char* a;
  const char* b;
  bool meet;
};

class RangesMeet : public ::testing::TestWithParam<Ranges> {};

TEST_P(RangesMeet, AsNetworksDo) {
  EXPECT_EQ(ranges_meet(GetParam().a, GetParam().b), GetParam().meet);
  EXPECT_EQ(ranges_meet(GetParam().b, GetParam().a), GetParam().meet);
}

INSTANTIATE_TEST_SUITE_P(
    All, RangesMeet,
    ::testing::Values(Ranges{"10.89.1.0/30", "10.89.1.0/30", true}, Ranges{"10.0.0.0/8", "10.89.1.0/30", true},
                      Ranges{"10.89.1.3", "10.89.1.0/30", true}, Ranges{"10.89.1.4", "10.89.1.0/30", false},
                      Ranges{"10.89.0.0/24", "10.89.1.0/30", false}, Ranges{"0.0.0.0/0", "10.89.1.0/30", true},
                      Ranges{"default", "10.89.1.0/30", false}, Ranges{"10.89.1.0/99", "10.89.1.0/30", false},
                      Ranges{"fd00::/8", "10.89.1.0/30", false}));

}  // namespace
}  // namespace lazuli::cluster
