#include "cluster/cgroups.h"

#include <gtest/gtest.h>

namespace lazuli::cluster {
namespace {

TEST(Cgroups, VersionOneIsEveryHierarchy) {
  const auto found = Cgroups::of_mounts(
      "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
      "cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n");
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->unified());
  EXPECT_EQ(found->hierarchies().size(), 2u);
}

TEST(Cgroups, VersionTwoIsOneHierarchy) {
  const auto found = Cgroups::of_mounts("cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n");
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->unified());
  EXPECT_EQ(found->hierarchies().size(), 1u);
}

TEST(Cgroups, AMachineWithoutThemIsToldSo) {
  const auto found = Cgroups::of_mounts("proc /proc proc rw 0 0\nbroken line\n\n");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, "ClusterEngineUnavailable");
}

}  // namespace
}  // namespace lazuli::cluster
