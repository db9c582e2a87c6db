#include "command_line/state_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/files.h"

namespace lazuli::command_line {
namespace {

using namespace std::chrono_literals;

class StateDirectoryTest : public testing::Test {
 protected:
  StateDirectoryTest() {
    std::string name = (std::filesystem::temp_directory_path() / "lazuli-state-XXXXXX").string();
    top_ = ::mkdtemp(name.data());
  }
  ~StateDirectoryTest() override { EXPECT_TRUE(remove_tree(top_).ok()); }
  std::filesystem::path top_;
};

TEST_F(StateDirectoryTest, OptionGoesBeforeTheVariable) {
  ::setenv("LAZULI_STATE", "/from/variable", 1);
  EXPECT_EQ(StateDirectory::locate("").path(), "/from/variable");
  EXPECT_EQ(StateDirectory::locate("/from/option/").path(), "/from/option");
  EXPECT_TRUE(StateDirectory::locate("relative").path().is_absolute());
  ::unsetenv("LAZULI_STATE");
}

TEST_F(StateDirectoryTest, IsPrivateEvenIfItWasNot) {
  ::chmod(top_.c_str(), 0755);
  ASSERT_TRUE(StateDirectory(top_).prepare().ok());
  struct stat information {};
  ::stat(top_.c_str(), &information);
  EXPECT_EQ(information.st_mode & 0777, 0700U);
}

TEST_F(StateDirectoryTest, OneHolderAtATime) {
  const StateDirectory state(top_);
  auto first = StateLock::acquire(state);
  ASSERT_TRUE(first.ok() && first->has_value());
  auto second = StateLock::acquire(state);
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->has_value());
  EXPECT_FALSE(wait_until_unlocked(state, 10ms));
  first->reset();
  EXPECT_TRUE(wait_until_unlocked(state, 2s));
}

TEST_F(StateDirectoryTest, LongPathsStillHaveASocketName) {
  const StateDirectory state(top_ / std::string(120, 'x'));
  ASSERT_TRUE(state.prepare().ok());
  EXPECT_LT(state.control_socket().text.size(), 100U);
  EXPECT_EQ(StateDirectory("/s").control_socket().text, "/s/control.sock");
}

}  // namespace
}  // namespace lazuli::command_line
