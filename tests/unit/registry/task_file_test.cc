#include "registry/task_file.h"

#include <gtest/gtest.h>

namespace lazuli::registry {
namespace {

const TaskRun kRun{"ca7", "r.azurecr.io"};

TEST(TaskFile, BuildAndPushStandForADockerBuild) {
  const Json request = *parse_json(R"({"values":[{"name":"version","value":"3"}]})");
  const auto build = build_of_task(
      "version: v1.1.0\nsteps:\n"
      "  - build: -t $Registry/app:{{.Run.ID}} -t $Registry/app:{{ .Values.version }} -f docker/Dockerfile"
      " --build-arg A='x y' --target=run .\n"
      "  - push:\n    - $Registry/app:$ID\n",
      request, kRun);
  ASSERT_TRUE(build) << build.error().message;
  EXPECT_EQ(to_text(*find(*build, "imageNames")), R"(["r.azurecr.io/app:ca7"])");
  EXPECT_EQ(string_at(*build, "dockerFilePath"), "docker/Dockerfile");
  EXPECT_EQ(to_text(*find(*build, "arguments")), R"([{"name":"A","value":"x y"}])");
  EXPECT_EQ(string_at(*build, "target"), "run");
  EXPECT_EQ(string_at(*build, "contextPath"), ".");
  EXPECT_TRUE(bool_or(find(*build, "isPushEnabled")));
}

TEST(TaskFile, WithoutAPushNothingIsPushed) {
  const auto build = build_of_task("steps:\n  - build: -t app:1 .\n", nullptr, kRun);
  ASSERT_TRUE(build);
  EXPECT_FALSE(bool_or(find(*build, "isPushEnabled"), true));
}

TEST(TaskFile, SaysWhatItCannotRun) {
  for (const char* yaml : {"steps:\n  - cmd: bash\n", "steps: []\n", "nothing: here\n", "steps:\n  - push: [a]\n",
                           "steps:\n  - build: -t a .\n  - build: -t b .\n", "steps:\n  - build: --privileged .\n",
                           "steps:\n  - build: -t a\n", "{"})
    EXPECT_FALSE(build_of_task(yaml, nullptr, kRun)) << yaml;
}

}  // namespace
}  // namespace lazuli::registry
