#include "net/same_origin.h"

#include <gtest/gtest.h>

namespace lazuli::net {
namespace {

constexpr std::string_view kOurs = "http://127.0.0.1:8911";

struct Row {
  const char* method;
  const char* host;
  const char* origin;  // empty: not sent
  bool elsewhere;
};

TEST(SameOrigin, TakesHostAndOriginByTheLetter) {
  const Row rows[] = {
      {"GET", "127.0.0.1:8911", "", false},
      {"HEAD", "127.0.0.1:8911", "", false},
      {"GET", "127.0.0.1:8911", "http://127.0.0.1:8911", false},
      {"POST", "127.0.0.1:8911", "http://127.0.0.1:8911", false},
      {"GET", "", "", true},
      {"GET", "localhost:8911", "", true},
      {"GET", "127.0.0.1", "", true},
      {"GET", "127.0.0.1:80", "", true},
      {"GET", "rebound.example:8911", "", true},
      {"GET", "127.0.0.1:8911.example", "", true},
      {"GET", "127.0.0.1:8911", "https://attacker.example", true},
      {"GET", "127.0.0.1:8911", "null", true},
      {"POST", "127.0.0.1:8911", "", true},
      {"DELETE", "127.0.0.1:8911", "", true},
      {"POST", "127.0.0.1:8911", "null", true},
      {"POST", "127.0.0.1:8911", "http://127.0.0.1:8912", true},
      {"POST", "127.0.0.1:8911", "https://127.0.0.1:8911", true},
      {"POST", "rebound.example:8911", "http://rebound.example:8911", true},
  };
  for (const auto& row : rows) {
    Request request;
    request.method = row.method;
    if (*row.host) request.headers.set("Host", row.host);
    if (*row.origin) request.headers.set("Origin", row.origin);
    EXPECT_EQ(from_elsewhere(request, kOurs), row.elsewhere) << row.method << " " << row.host << " " << row.origin;
  }
}

TEST(SameOrigin, NothingComesFromADoorWithoutAnOrigin) {
  Request request;
  request.method = "GET";
  EXPECT_TRUE(from_elsewhere(request, ""));
}

}  // namespace
}  // namespace lazuli::net
