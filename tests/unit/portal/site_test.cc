#include "portal/site.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

namespace lazuli::portal {
namespace {

net::Response get(const std::string& path, const std::string& method = "GET") {
  net::Request request;
  request.method = method;
  request.path = path;
  request.target = path;
  return answer_site(request);
}

TEST(Site, ServesFilesWithTheirTypes) {
  const std::pair<const char*, const char*> rows[] = {{"/", "text/html; charset=utf-8"},
                                                      {"/index.html", "text/html; charset=utf-8"},
                                                      {"/style.css", "text/css; charset=utf-8"},
                                                      {"/app.js", "text/javascript; charset=utf-8"},
                                                      {"/favicon.svg", "image/svg+xml"}};
  for (const auto& [path, type] : rows) {
    const auto response = get(path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.headers.get("Content-Type"), type) << path;
    EXPECT_FALSE(response.body.empty()) << path;
  }
}

TEST(Site, HasNothingElse) {
  for (const char* path :
       {"/nothing", "/App.js", "/app.js/", "//app.js", "/../app.js", "/portal/app.js", "", "/azure", "/index.html\n"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
}

TEST(Site, IsReadOnly) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const auto response = get("/", method);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.headers.get("Allow"), "GET, HEAD");
  }
  EXPECT_EQ(get("/", "HEAD").status, 200);
}

TEST(Site, EveryAnswerIsUnderTheStrictPolicy) {
  for (const auto& response : {get("/"), get("/app.js"), get("/nothing"), get("/", "POST")}) {
    const std::string policy(response.headers.get("Content-Security-Policy"));
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
    EXPECT_NE(policy.find("script-src 'self'"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(policy.find("http"), std::string::npos);
    EXPECT_EQ(response.headers.get("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(response.headers.get("X-Frame-Options"), "DENY");
  }
}

// What the policy would refuse, and what would be missing, shows here and not in somebody's browser.
TEST(Site, FilesReferToEachOtherOnly) {
  std::set<std::string> names;
  for (const auto& file : site_files()) names.emplace(file.name);
  const std::regex import_of("from \"\\./([^\"]+)\""), link_of("(?:src|href)=\"/([a-z_.]+)");
  for (const auto& file : site_files()) {
    const std::string content(file.content);
    for (const auto& pattern : {import_of, link_of}) {
      for (std::sregex_iterator found(content.begin(), content.end(), pattern), end; found != end; ++found) {
        EXPECT_TRUE(names.contains((*found)[1])) << file.name << " refers to " << (*found)[1];
      }
    }
    for (const char* sink : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=\""}) {
      EXPECT_EQ(content.find(sink), std::string::npos) << file.name << ": " << sink;
    }
  }
}

}  // namespace
}  // namespace lazuli::portal
