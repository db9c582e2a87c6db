// What surrounds a build: Dockerfiles, logs, settings, histories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry/build_settings.h"
#include "registry/built_image.h"
#include "registry/dockerfile.h"
#include "registry/run_log.h"

namespace lazuli::registry {
namespace {

using testing::ElementsAre;

TEST(Dockerfile, NamesBaseImagesWithArgumentsPutIn) {
  const auto read = read_dockerfile(
      "# escape=\\\nARG VERSION=3.8\nARG FLAVOUR\nFROM --platform=linux/amd64 python:${VERSION}-slim \\\n  AS base\n"
      "FROM base\nCOPY --from=docker.io/library/busybox:1 /x /y\nCOPY --from=0 /a /b\nFROM scratch\nFROM "
      "${OTHER:-alpine}\n",
      {{"VERSION", "3.12"}}, {});
  EXPECT_THAT(read.images, ElementsAre("python:3.12-slim", "docker.io/library/busybox:1", "alpine"));
}

TEST(Dockerfile, LendsVariablesToEachStage) {
  const auto read = read_dockerfile("FROM a \\\n AS b\nRUN x\nFROM c\nRUN y", {}, {{"A", "1"}, {"B", "$x"}});
  EXPECT_EQ(read.text, "FROM a \\\n AS b\nARG A=\"1\" B=\"\\$x\"\nRUN x\nFROM c\nARG A=\"1\" B=\"\\$x\"\nRUN y\n");
}

TEST(BuildLines, LookLikeDockersAndHideWhatWasInjected) {
  BuildLines lines(true);
  EXPECT_EQ(lines.translate("STEP 1/4: FROM scratch"), "Step 1/3 : FROM scratch");
  EXPECT_EQ(lines.translate("STEP 2/4: ARG A=1"), std::nullopt);
  EXPECT_EQ(lines.translate("--> 0123456789a"), std::nullopt);
  EXPECT_EQ(lines.translate("STEP 3/4: COPY a /a"), "Step 2/3 : COPY a /a");
  EXPECT_EQ(lines.translate("--> 0123456789a"), " ---> 0123456789a");
  EXPECT_EQ(lines.translate("[2/2] STEP 4/4: RUN b"), "[2/2] Step 3/3 : RUN b");
  EXPECT_EQ(lines.translate("out of the step"), "out of the step");
  EXPECT_EQ(lines.translate("COMMIT lazuli-build"), std::nullopt);
}

TEST(History, KeepsNoTraceOfWhatWasLent) {
  const Json config = *parse_json(
      R"({"history":[{"created_by":"/bin/sh -c #(nop) ARG A B","empty_layer":true},
          {"created_by":"|3 A=1 B=/x OWN=z /bin/sh -c make"},{"created_by":"|2 A=1 B=/x /bin/sh -c make"}]})");
  const Json cleaned = without_injected(config, {{"A", "1"}, {"B", "/x"}});
  const auto& history = cleaned.at("history").as_array();
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(string_at(history[0], "created_by"), "|1 OWN=z /bin/sh -c make");
  EXPECT_EQ(string_at(history[1], "created_by"), "/bin/sh -c make");
}

TEST(BuildSettings, SecretsOfARequestAreNotKept) {
  const Json request = *parse_json(
      R"({"arguments":[{"name":"A","value":"open"},{"name":"B","value":"hidden","isSecret":true}],
          "credentials":{"customRegistries":{"x.io":{"password":{"value":"hidden"}}}}})");
  const std::string kept = to_text(without_secrets(request));
  EXPECT_EQ(kept.find("hidden"), std::string::npos);
  EXPECT_NE(kept.find("open"), std::string::npos);
  EXPECT_EQ(custom_credentials(request).at("x.io").second, "hidden");
}

}  // namespace
}  // namespace lazuli::registry
