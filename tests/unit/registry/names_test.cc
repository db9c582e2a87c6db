#include "registry/names.h"

#include <gtest/gtest.h>

namespace lazuli::registry {
namespace {

TEST(Names, PutsShortNamesOfDockerInFull) {
  const std::pair<const char*, const char*> cases[] = {
      {"python", "docker.io/library/python:latest"},
      {"python:3.8.10-slim", "docker.io/library/python:3.8.10-slim"},
      {"docker.io/library/python:3", "docker.io/library/python:3"},
      {"index.docker.io/bitnami/redis", "docker.io/bitnami/redis:latest"},
      {"MyRegistry.azurecr.io/team/app:1", "myregistry.azurecr.io/team/app:1"},
      {"localhost:5000/x", "localhost:5000/x:latest"},
      {"mcr.microsoft.com/azure-cli@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
       "mcr.microsoft.com/azure-cli@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}};
  for (const auto& [written, full] : cases) {
    const auto name = parse_image_name(written);
    ASSERT_TRUE(name) << written;
    EXPECT_EQ(name->text(), full);
  }
}

TEST(Names, RefusesWhatIsNoName) {
  for (const char* text : {"", ":tag", "UPPER/case", "a//b", "../x", "a:b:c", "x@sha256:12", "a/../b", "host.io/"})
    EXPECT_FALSE(parse_image_name(text)) << text;
}

TEST(Names, RepositoryFollowsTheGrammar) {
  for (const char* good : {"a", "a/b", "a-b", "a--b", "a__b", "a.b_c/d"}) EXPECT_TRUE(valid_repository(good)) << good;
  for (const char* bad : {"", "A", "-a", "a-", "a..b", "a___b", "a/", "/a", "a b"})
    EXPECT_FALSE(valid_repository(bad)) << bad;
}

}  // namespace
}  // namespace lazuli::registry
