#include "net/http.h"

#include <gtest/gtest.h>

namespace lazuli::net {
namespace {

TEST(Headers, ChangeInPlace) {
  Headers headers;
  headers.add("A", "1");
  headers.add("B", "2");
  headers.add("a", "3");
  headers.add("C", "4");
  headers.set("A", "a longer value");
  EXPECT_EQ(headers.text(), "A: a longer value\r\nB: 2\r\nC: 4\r\n");
  headers.set("a", "");
  headers.set("c", headers.get("B"));
  EXPECT_EQ(headers.text(), "A: \r\nB: 2\r\nC: 2\r\n");
  headers.erase("b");
  headers.add("D", headers.get("C"));
  EXPECT_EQ(headers.text(), "A: \r\nC: 2\r\nD: 2\r\n");
  EXPECT_EQ(headers.get("d"), "2");
}

TEST(Headers, KeepLineBreaksOutOfTheHead) {
  Headers headers;
  headers.add("A", "x\r\nB: y");
  headers.set("C", "z");
  headers.set("C", "z\n");
  EXPECT_EQ(headers.text(), "A: x  B: y\r\nC: z \r\n");
}

TEST(Headers, KeepLineBreaksOutWhereverTheyStand) {
  const std::string whole = "\x80 a value of twenty-one \xff bytes, and more";
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char broken : {'\r', '\n', '\0'}) {
      std::string value = whole, expected = whole;
      value[at] = broken;
      expected[at] = ' ';
      Headers headers;
      headers.add("A", value);
      EXPECT_EQ(headers.text(), "A: " + expected + "\r\n") << at;
    }
  }
  Headers headers;
  headers.add("A", whole);
  EXPECT_EQ(headers.get("A"), whole);
}

TEST(Headers, TakeThoseOfOthers) {
  Headers fixed, headers;
  fixed.add("B", "2");
  fixed.add("C", "3");
  headers.add("A", "1");
  headers.add(fixed);
  headers.add(Headers());
  EXPECT_EQ(headers.text(), "A: 1\r\nB: 2\r\nC: 3\r\n");
  EXPECT_EQ(headers.get("c"), "3");
  headers.set("b", "longer");
  EXPECT_EQ(headers.get("C"), "3");
}

TEST(Headers, CompareWithoutCaseAndKeepOrderAndSpelling) {
  Headers headers;
  headers.add("X-One", "1");
  headers.add("x-two", "2");
  headers.add("X-ONE", "3");
  EXPECT_EQ(headers.get("x-one"), "1");
  EXPECT_TRUE(headers.has("X-Two"));
  EXPECT_EQ(headers.get("absent"), "");
  headers.set("x-oNe", "4");
  std::string all;
  for (const auto& [name, value] : headers) all.append(name).append("=").append(value).append(";");
  EXPECT_EQ(all, "X-One=4;x-two=2;");
  headers.erase("X-TWO");
  EXPECT_FALSE(headers.has("x-two"));
}

TEST(Query, DecodesValuesAndFindsNamesWithoutCase) {
  const Query query("Api-Version=2023-05-01&$filter=name%20eq%20%27a%26b%27&empty=&flag&plus=a+b&bad=%zz");
  EXPECT_EQ(query.get("api-version"), "2023-05-01");
  EXPECT_EQ(query.get("$filter"), "name eq 'a&b'");
  EXPECT_TRUE(query.has("empty"));
  EXPECT_TRUE(query.has("flag"));
  EXPECT_EQ(query.get("plus"), "a b");
  EXPECT_EQ(query.get("bad"), "%zz");
  EXPECT_FALSE(query.has("absent"));
}

TEST(Form, KeepsRepeatedNamesAndTheirCase) {
  const auto form = parse_form("grant_type=client_credentials&Scope=a%2F.default+b&Scope=c&&=x");
  ASSERT_EQ(form.size(), 4U);
  EXPECT_EQ(form[1], (std::pair<std::string, std::string>{"Scope", "a/.default b"}));
  EXPECT_EQ(form[2].second, "c");
  EXPECT_EQ(form[3].first, "");
}

TEST(Request, FindsTheBearerToken) {
  Request request;
  EXPECT_EQ(request.bearer(), "");
  request.headers.set("authorization", "bearer  abc.def ");
  EXPECT_EQ(request.bearer(), "abc.def");
  request.headers.set("authorization", "Basic abc");
  EXPECT_EQ(request.bearer(), "");
}

TEST(ParseUrl, ReadsTheFormsInUse) {
  const struct {
    std::string_view text, scheme, host;
    unsigned port;
    std::string_view target, origin;
  } cases[] = {
      {"https://Example.COM/a/b?c=d#e", "https", "example.com", 443, "/a/b?c=d", "https://example.com"},
      {"http://127.0.0.1:8080", "http", "127.0.0.1", 8080, "/", "http://127.0.0.1:8080"},
      {"HTTPS://[::1]:6443/api", "https", "::1", 6443, "/api", "https://[::1]:6443"},
      {"https://host?x=1", "https", "host", 443, "/?x=1", "https://host"},
      {"https://host#x", "https", "host", 443, "/", "https://host"},
      {"http://host:80/", "http", "host", 80, "/", "http://host"},
  };
  for (const auto& each : cases) {
    const auto url = parse_url(each.text);
    ASSERT_TRUE(url) << each.text;
    EXPECT_EQ(url->scheme, each.scheme);
    EXPECT_EQ(url->host, each.host);
    EXPECT_EQ(url->port, each.port);
    EXPECT_EQ(url->target, each.target);
    EXPECT_EQ(url->origin, each.origin);
  }
}

TEST(ParseUrl, RefusesWhatIsNoWebAddress) {
  for (const std::string_view text :
       {"", "host", "ftp://host/", "https://", "https:///path", "https://host:0/", "https://host:99999/",
        "https://host:1x/", "https://user:secret@host/", "https://[::1/", "https://ho st/", "https://host/\r\nX: y"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, "InvalidUrl");
  }
}

}  // namespace
}  // namespace lazuli::net
