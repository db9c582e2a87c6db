#include "net/head_reader.h"

#include <gtest/gtest.h>

namespace lazuli::net {
namespace {

template <typename Head>
struct Read {
  std::optional<Head> head;
  std::optional<WireFault> fault;
  std::string rest;
};

template <typename Head>
Read<Head> read(std::string_view text, std::size_t piece, bool answers_head_request = false) {
  HeadReader<Head> reader(answers_head_request);
  Read<Head> out;
  std::string bytes;
  for (std::size_t at = 0; at < text.size() && !out.head && !out.fault; at += piece) {
    bytes += text.substr(at, piece);
    std::size_t used = 0;
    const bool whole = reader.feed(bytes, used);
    bytes.erase(0, used);
    if (whole) out.head = std::move(reader.head());
    out.fault = reader.fault();
  }
  out.rest = bytes;
  return out;
}

Read<RequestHead> read_request(std::string_view text, std::size_t piece = 4096) {
  return read<RequestHead>(text, piece);
}

Read<ResponseHead> read_response(std::string_view text, bool answers_head_request = false) {
  return read<ResponseHead>(text, 4096, answers_head_request);
}

std::string request_with(std::string_view lines, std::string_view version = "HTTP/1.1") {
  return "GET / " + std::string(version) + "\r\nHost: x\r\n" + std::string(lines) + "\r\n\r\n";
}

TEST(HeadReader, ReadsARequestInEverySplit) {
  constexpr std::string_view text =
      "POST /a%20b?x=1 HTTP/1.1\r\nHost: Example.com\r\nX-Empty:\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto got = read_request(text, piece);
    ASSERT_TRUE(got.head) << piece;
    EXPECT_EQ(got.head->request.method, "POST");
    EXPECT_EQ(got.head->request.target, "/a%20b?x=1");
    EXPECT_EQ(got.head->request.headers.get("host"), "Example.com");
    EXPECT_TRUE(got.head->request.headers.has("x-empty"));
    EXPECT_EQ(got.head->framing.kind, Framing::Kind::length);
    EXPECT_EQ(got.head->framing.length, 5U);
    EXPECT_TRUE(got.head->expects_continue);
    EXPECT_TRUE(got.head->keep_alive);
  }
}

TEST(HeadReader, ReadsAResponseInEverySplit) {
  constexpr std::string_view text = "HTTP/1.1 404 Not there\r\nContent-Length:5\r\nServer: a\r\n\r\nhello";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto got = read<ResponseHead>(text, piece);
    ASSERT_TRUE(got.head) << piece;
    EXPECT_EQ(got.head->response.status, 404);
    EXPECT_EQ(got.head->response.headers.text(), "Content-Length: 5\r\nServer: a\r\n");
    EXPECT_EQ(got.head->framing.length, 5U);
  }
}

TEST(HeadReader, GivesLinesOneForm) {
  const struct {
    std::string_view line, text;
  } cases[] = {{"X-A: b c", "X-A: b c"},
               {"X-A:b", "X-A: b"},
               {"X-A:\t b \t", "X-A: b"},
               {"X-A:", "X-A: "},
               {"X-A: ", "X-A: "},
               {"X-A:  b", "X-A: b"},
               {"X-A: b\tc", "X-A: b\tc"},
               {"X-A: :b:", "X-A: :b:"},
               {"X-A: \xc3\xa9\x80", "X-A: \xc3\xa9\x80"},
               {"x!#$%&'*+-.^_`|~9: b", "x!#$%&'*+-.^_`|~9: b"}};
  for (const auto& each : cases) {
    const auto got = read_request(request_with(each.line));
    ASSERT_TRUE(got.head) << each.line;
    const auto& headers = got.head->request.headers;
    EXPECT_EQ(headers.text(), "Host: x\r\n" + std::string(each.text) + "\r\n");
    EXPECT_EQ((*++headers.begin()).second, each.text.substr(each.text.find(": ") + 2));
  }
}

TEST(HeadReader, RefusesWhatCouldBeReadInTwoWays) {
  const struct {
    std::string_view lines;
    int status;
  } cases[] = {
      {"Content-Length: 5\r\nTransfer-Encoding: chunked", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5", 400},
      {"Content-Length: 5\r\nContent-Length: 6", 400},
      {"Content-Length: 5\r\nContent-Length: 5", 400},
      {"Content-Length: 5, 5", 400},
      {"Content-Length: -1", 400},
      {"Content-Length: +1", 400},
      {"Content-Length:", 400},
      {"Content-Length: 0x5", 400},
      {"Content-Length: 5x", 400},
      {"Content-Length: 99999999999999999999999", 400},
      {"Transfer-Encoding: gzip", 501},
      {"Transfer-Encoding:", 501},
      {"Transfer-Encoding: gzip, chunked", 501},
      {"Transfer-Encoding: chunked, identity", 501},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400},
      {"Transfer-Encoding: gzip\r\nContent-Length: 5", 400},
      {"Bad Name: x", 400},
      {"Name : x", 400},
      {" Name: x", 400},
      {"X: a\r\n b", 400},
      {"X: a\nY: b", 400},
      {"X: a\rY: b", 400},
      {"X: a\x7f", 400},
      {"N\xc3\xa9: x", 400},
      {"No-Colon", 400},
      {": empty", 400},
      {std::string_view("X: a\0b", 6), 400},
  };
  for (const auto& each : cases) {
    const auto got = read_request(request_with(each.lines));
    ASSERT_TRUE(got.fault) << each.lines;
    EXPECT_FALSE(got.head);
    EXPECT_EQ(got.fault->status, each.status) << each.lines;
  }
  EXPECT_TRUE(read_request(request_with("Transfer-Encoding: chunked", "HTTP/1.0")).fault);
}

TEST(HeadReader, RefusesGarbage) {
  for (const std::string_view text :
       {"\x16\x03\x01\x02\x01", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\r\n\r\n\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
        "G\x01T / HTTP/1.1\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET /  HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n",
        "GET /\tb HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n", " GET / HTTP/1.1\r\n\r\n", "GET / http/1.1\r\n\r\n",
        "/ HTTP/1.1\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\n\n"}) {
    EXPECT_TRUE(read_request(text).fault) << text;
  }
  for (const std::string_view text :
       {"HTTP/1.1\r\n\r\n", "HTTP/1.1 \r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 -10 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1_200 OK\r\n\r\n", "HTTP/2 200\r\n\r\n", "ICY 200 OK\r\n\r\n", "<html>\r\n", "200\r\n", "\r\n\r\n"}) {
    EXPECT_TRUE(read_response(text).fault) << text;
  }
}

TEST(HeadReader, SaysGarbageBeforeAllOfItIsThere) {
  EXPECT_TRUE(read_request("\x16\x03", 1).fault);
  EXPECT_TRUE(read_request("HELLO\n", 1).fault);
  EXPECT_FALSE(read_request("GET / HTTP/1.1\r", 1).fault);
}

TEST(HeadReader, LetsOneEmptyLinePass) {
  EXPECT_TRUE(read_request("\r\n" + request_with("A: b"), 1).head);
  EXPECT_TRUE(read_request("\r\n\r\n" + request_with("A: b"), 1).fault);
}

TEST(HeadReader, KeepsAConnectionAsTheMessageSays) {
  const auto kept = [](std::string_view lines, std::string_view version) {
    return read_request(request_with(lines, version)).head->keep_alive;
  };
  EXPECT_TRUE(kept("A: b", "HTTP/1.1"));
  EXPECT_TRUE(kept("Connection: upgrade", "HTTP/1.1"));
  EXPECT_FALSE(kept("Connection: close", "HTTP/1.1"));
  EXPECT_FALSE(kept("connection: Upgrade ,\tCLOSE", "HTTP/1.1"));
  EXPECT_FALSE(kept("Connection: a\r\nConnection: close", "HTTP/1.1"));
  EXPECT_FALSE(kept("A: b", "HTTP/1.0"));
  EXPECT_TRUE(kept("Connection: Keep-Alive", "HTTP/1.0"));
  EXPECT_FALSE(kept("Connection: keep-alive, close", "HTTP/1.0"));
}

TEST(HeadReader, FramesResponsesByTheirStatus) {
  using Kind = Framing::Kind;
  const auto kind = [](std::string_view lines, bool answers_head_request = false) {
    return read_response("HTTP/1.1 " + std::string(lines) + "\r\n\r\n", answers_head_request).head->framing.kind;
  };
  EXPECT_EQ(kind("200"), Kind::until_close);
  EXPECT_EQ(kind("200 OK\r\nContent-Length: 0"), Kind::length);
  EXPECT_EQ(kind("200 OK\r\nTransfer-Encoding: Chunked"), Kind::chunked);
  EXPECT_EQ(kind("200 OK\r\nContent-Length: 5", true), Kind::none);
  EXPECT_EQ(kind("200 OK", true), Kind::none);
  EXPECT_EQ(kind("100 Continue"), Kind::none);
  EXPECT_EQ(kind("204 No Content"), Kind::none);
  EXPECT_EQ(kind("304 Not Modified\r\nContent-Length: 5"), Kind::none);
  EXPECT_FALSE(read_response("HTTP/1.1 200 OK\r\n\r\n").head->keep_alive);
  const auto small = read_response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(small.head->framing.kind, Kind::chunked);
  EXPECT_FALSE(small.head->keep_alive);
  EXPECT_TRUE(read_response("HTTP/1.1 204 No Content\r\n\r\n").head->keep_alive);
}

TEST(HeadReader, BoundsTheHead) {
  const std::string line(1000, 'x');
  std::string text = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 80; ++i) text += "X-Line: " + line + "\r\n";
  for (const std::size_t piece : {std::size_t{1000}, text.size() + 2}) {
    const auto got = read_request(text + "\r\n", piece);
    ASSERT_TRUE(got.fault);
    EXPECT_EQ(got.fault->status, 431);
  }
  EXPECT_EQ(read_request("GET /" + std::string(kHeadLimit, 'x'), 1000).fault->status, 431);
}

TEST(HeadReader, LeavesWhatFollowsTheHead) {
  EXPECT_EQ(read_request("GET / HTTP/1.1\r\nHost: x\r\n\r\nrest").rest, "rest");
}

}  // namespace
}  // namespace lazuli::net
