#include "command_line/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command_line/commands.h"

namespace lazuli::command_line {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<Parsed> read(std::vector<std::string> words) {
  return parse(commands(), common_options(), words);
}

TEST(Options, ReadsFlagsValuesAndLettersInAnyOrder) {
  const auto parsed = read({"up", "-d", "--proxy-port=8000", "--state", "/s"});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->command->name, "up");
  EXPECT_TRUE(parsed->has("detach"));
  EXPECT_EQ(parsed->get("proxy-port"), "8000");
  EXPECT_EQ(parsed->get("state"), "/s");
}

TEST(Options, TakesCommandsOfTwoWords) {
  const auto parsed = read({"image", "import", "docker.io/library/x:1", "x.tar"});
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->command->name, "image import");
  EXPECT_THAT(parsed->arguments, ElementsAre("docker.io/library/x:1", "x.tar"));
}

TEST(Options, LeavesTheCommandBehindExecAlone) {
  for (const auto& words : {std::vector<std::string>{"exec", "--state", "/s", "--", "az", "--help", "-x", "--"},
                            {"exec", "--state=/s", "az", "--help", "-x", "--"}}) {
    const auto parsed = read(words);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_FALSE(parsed->help);
    EXPECT_EQ(parsed->get("state"), "/s");
    EXPECT_THAT(parsed->arguments, ElementsAre("az", "--help", "-x", "--"));
  }
}

TEST(Options, HelpNeedsNoArguments) {
  const auto parsed = read({"image", "import", "--help"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->help);
}

TEST(Options, RefusesWithAHint) {
  const struct {
    std::vector<std::string> words;
    const char* says;
  } rows[] = {
      {{"upp"}, "'up'"},
      {{"stats"}, "'status'"},
      {{"image"}, "lazuli image import"},
      {{"up", "--detatch"}, "'--detach'"},
      {{"up", "--proxy-port"}, "needs a value"},
      {{"up", "--detach=1"}, "takes no value"},
      {{"up", "now"}, "'now' is one argument too many"},
      {{"env", "--shell", "fihs"}, "'fish'"},
      {{"image", "import", "x"}, "NAME ARCHIVE"},
      {{"exec"}, "COMMAND"},
      {{"logs", "-x"}, "-x"},
      {{"zzzzzzzz"}, "lazuli --help"},
  };
  for (const auto& row : rows) {
    const auto parsed = read(row.words);
    ASSERT_FALSE(parsed.ok()) << row.words[0];
    EXPECT_EQ(parsed.error().code, "UsageError");
    EXPECT_THAT(parsed.error().message, HasSubstr(row.says));
  }
}

TEST(Options, PortsAreNumbersInRange) {
  EXPECT_EQ(*port_number("0", "--proxy-port"), 0);
  EXPECT_EQ(*port_number("65535", "--proxy-port"), 65535);
  for (const auto* text : {"", "65536", "-1", "80x", "http"}) EXPECT_FALSE(port_number(text, "--proxy-port").ok());
}

TEST(Options, EveryCommandIsInUsageAndCompletion) {
  for (const auto& spec : commands()) {
    EXPECT_THAT(usage(commands()), HasSubstr("  " + spec.name + " "));
    const std::string first = spec.name.substr(0, spec.name.find(' '));
    for (const auto* shell : {"bash", "zsh", "fish"}) EXPECT_THAT(completion(shell), HasSubstr(first));
  }
}

}  // namespace
}  // namespace lazuli::command_line
