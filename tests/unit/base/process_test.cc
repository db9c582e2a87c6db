#include "base/process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "base/files.h"

namespace lazuli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Process, CollectsOutputAndExitCode) {
  std::vector<std::string> lines;
  const auto finished = run({.arguments = {"sh", "-c", "cat; echo err >&2; printf last; exit 3"}, .input = "in\n"},
                            seconds(30), [&](std::string_view line) { lines.emplace_back(line); });
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->code, 3);
  EXPECT_EQ(finished->output, "in\nerr\nlast");
  EXPECT_EQ(lines, (std::vector<std::string>{"in", "err", "last"}));
}

TEST(Process, AProgramThatIsMissingIsAnError) {
  const auto finished = run({.arguments = {"/nonexistent/program"}});
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, "ProcessError");
  EXPECT_NE(finished.error().message.find("No such file"), std::string::npos);
}

TEST(Process, TheDeadlineKillsTheWholeGroup) {
  const auto finished = run({.arguments = {"sh", "-c", "sleep 600 & wait"}}, milliseconds(100));
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, "ProcessTimeout");
}

TEST(Process, StopEndsAChildThatIgnoresTheFirstSignal) {
  auto child = Child::start({.arguments = {"sh", "-c", "trap '' TERM; while :; do sleep 600; done"}});
  ASSERT_TRUE(child);
  EXPECT_TRUE(child->running());
  child->stop(milliseconds(100));
  EXPECT_FALSE(child->running());
  EXPECT_NE(::kill(child->pid(), 0), 0);
}

TEST(Process, TheEnvironmentCanStartFromNothing) {
  const auto finished = run({.arguments = {"/usr/bin/env"}, .environment = {{"A", "b"}}, .clear_environment = true});
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->output, "A=b\n");
}

}  // namespace
}  // namespace lazuli
