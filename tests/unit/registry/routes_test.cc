#include "registry/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry/mirror.h"

namespace lazuli::registry {
namespace {

using testing::IsEmpty;

TEST(Routes, TellPathsApart) {
  const struct {
    const char* path;
    Target target;
    const char* repository;
    const char* reference;
  } cases[] = {{"/v2", Target::base, "", ""},
               {"/v2/", Target::base, "", ""},
               {"/v2/_catalog", Target::catalog, "", ""},
               {"/v2/a/b/manifests/1", Target::manifest, "a/b", "1"},
               {"/v2/manifests/manifests/manifests", Target::manifest, "manifests", "manifests"},
               {"/v2/a/blobs/sha256:0", Target::blob, "a", "sha256:0"},
               {"/v2/a/blobs/uploads/", Target::uploads, "a", ""},
               {"/v2/a/blobs/uploads", Target::uploads, "a", ""},
               {"/v2/a/blobs/uploads/id", Target::upload, "a", "id"},
               {"/v2/a/tags/list", Target::tags, "a", ""},
               {"/v2/a/referrers/sha256:0", Target::referrers, "a", "sha256:0"},
               {"/acr/v1/_catalog", Target::acr_catalog, "", ""},
               {"/acr/v1/library/hello", Target::acr_repository, "library/hello", ""},
               {"/acr/v1/a/b/_tags", Target::acr_tags, "a/b", ""},
               {"/acr/v1/a/_tags/1", Target::acr_tag, "a", "1"},
               {"/acr/v1/a/_manifests/sha256:0", Target::acr_manifest, "a", "sha256:0"},
               {"/oauth2/token", Target::token, "", ""}};
  for (const auto& one : cases) {
    const auto route = parse_route(one.path);
    ASSERT_TRUE(route) << one.path;
    EXPECT_EQ(route->target, one.target) << one.path;
    EXPECT_EQ(route->repository, one.repository) << one.path;
    EXPECT_EQ(route->reference, one.reference) << one.path;
  }
  for (const char* path : {"/", "/v1/", "/v2/a", "/v2/manifests/1", "/v2/a/manifests/", "/acr/v1/", "/oauth2/other"})
    EXPECT_FALSE(parse_route(path)) << path;
}

TEST(Routes, AskForTheRightsThatAzureAsksFor) {
  const auto asked = [](const char* path, const char* method) {
    const auto scopes = scopes_needed(*parse_route(path), method);
    return scopes.empty() ? std::string() : scopes.front().text();
  };
  EXPECT_EQ(asked("/v2/a/manifests/1", "GET"), "repository:a:pull");
  EXPECT_EQ(asked("/v2/a/manifests/1", "PUT"), "repository:a:pull,push");
  EXPECT_EQ(asked("/v2/a/manifests/1", "DELETE"), "repository:a:delete");
  EXPECT_EQ(asked("/v2/a/blobs/uploads/", "POST"), "repository:a:pull,push");
  EXPECT_EQ(asked("/v2/_catalog", "GET"), "registry:catalog:*");
  EXPECT_EQ(asked("/acr/v1/a", "PATCH"), "repository:a:metadata_write");
  EXPECT_EQ(asked("/acr/v1/a/_tags/1", "DELETE"), "repository:a:delete");
  EXPECT_EQ(asked("/acr/v1/a/_tags", "GET"), "repository:a:metadata_read");
  EXPECT_EQ(asked("/v2/", "GET"), "");
}

TEST(Scopes, AreCutToTheRights) {
  const auto scopes =
      parse_scopes("repository:a:pull,push registry:catalog:* repository:b:metadataRead nonsense other:x:y");
  const Json access = granted(scopes, {"pull", "metadata_read"});
  EXPECT_EQ(to_text(access), R"([{"type":"repository","name":"a","actions":["pull"]},)"
                             R"({"type":"repository","name":"b","actions":["metadata_read"]}])");
  EXPECT_TRUE(covers(access, "repository", "a", "pull"));
  EXPECT_FALSE(covers(access, "repository", "a", "push"));
  EXPECT_FALSE(covers(access, "repository", "b", "pull"));
  EXPECT_FALSE(covers(nullptr, "repository", "a", "pull"));
}

TEST(Challenge, IsReadAsRegistriesWriteIt) {
  const auto parts = parse_challenge(
      R"(Bearer realm="https://auth.example/token",service="registry.example", scope="repository:a:pull,push")");
  EXPECT_EQ(parts.at("realm"), "https://auth.example/token");
  EXPECT_EQ(parts.at("service"), "registry.example");
  EXPECT_EQ(parts.at("scope"), "repository:a:pull,push");
  EXPECT_THAT(parse_challenge("Basic realm=\"x\""), IsEmpty());
  EXPECT_EQ(parse_challenge("Bearer realm=\"unfinished").at("realm"), "unfinished");
}

}  // namespace
}  // namespace lazuli::registry
