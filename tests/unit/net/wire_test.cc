#include "net/wire.h"

#include <gtest/gtest.h>

#include <cstring>

namespace lazuli::net {
namespace {

void append(Input& input, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto space = input.space();
    const std::size_t count = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), count);
    input.commit(count);
    bytes.remove_prefix(count);
  }
}

struct Read {
  std::optional<RequestHead> head;
  std::optional<WireFault> fault;
  std::string rest;
};

Read read(std::string_view text, std::size_t piece) {
  Input input;
  HeadReader<RequestHead> reader;
  Read out;
  for (std::size_t at = 0; at < text.size() && !out.head && !out.fault; at += piece) {
    append(input, text.substr(at, piece));
    std::size_t used = 0;
    const bool whole = reader.feed(input.bytes(), used);
    input.consume(used);
    if (whole) out.head = std::move(reader.head());
    out.fault = reader.fault();
  }
  out.rest = input.bytes();
  return out;
}

TEST(HeadReader, ReadsARequestInEverySplit) {
  constexpr std::string_view text =
      "POST /a%20b?x=1 HTTP/1.1\r\nHost: Example.com\r\nX-Empty:\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Read got = read(text, piece);
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

TEST(HeadReader, RefusesWhatCouldBeReadInTwoWays) {
  const struct {
    std::string_view lines;
    int status;
  } cases[] = {
      {"Content-Length: 5\r\nTransfer-Encoding: chunked", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5", 400},
      {"Content-Length: 5\r\nContent-Length: 6", 400},
      {"Content-Length: -1", 400},
      {"Content-Length: 5x", 400},
      {"Content-Length: 99999999999999999999999", 400},
      {"Transfer-Encoding: gzip", 501},
      {"Transfer-Encoding: gzip, chunked", 501},
      {"Transfer-Encoding: chunked, identity", 501},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400},
      {"Bad Name: x", 400},
      {"No-Colon", 400},
      {": empty", 400},
      {std::string_view("X: a\0b", 6), 400},
  };
  for (const auto& each : cases) {
    const Read got = read("GET / HTTP/1.1\r\nHost: x\r\n" + std::string(each.lines) + "\r\n\r\n", 4096);
    ASSERT_TRUE(got.fault) << each.lines;
    EXPECT_EQ(got.fault->status, each.status) << each.lines;
  }
}

TEST(HeadReader, RefusesGarbage) {
  for (const std::string_view text : {"\x16\x03\x01\x02\x01", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                                      "\r\n\r\n\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "G\x01T / HTTP/1.1\r\n\r\n"}) {
    EXPECT_TRUE(read(text, 4096).fault) << text;
  }
}

TEST(HeadReader, BoundsTheHead) {
  const std::string line(1000, 'x');
  std::string text = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 80; ++i) text += "X-Line: " + line + "\r\n";
  const Read got = read(text, 1000);
  ASSERT_TRUE(got.fault);
  EXPECT_EQ(got.fault->status, 431);
}

TEST(HeadReader, LeavesWhatFollowsTheHead) {
  EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: x\r\n\r\nrest", 4096).rest, "rest");
}

std::optional<std::string> decode(Framing framing, std::string_view text, std::size_t piece,
                                  std::string* rest = nullptr) {
  Input input;
  BodyDecoder body(framing);
  std::string out;
  char into[7];
  for (std::size_t at = 0; at < text.size(); at += piece) {
    append(input, text.substr(at, piece));
    for (std::size_t got = body.take(input, into); got > 0; got = body.take(input, into)) out.append(into, got);
  }
  if (rest) *rest = input.bytes();
  if (!body.done() || body.failed()) return std::nullopt;
  return out;
}

TEST(BodyDecoder, DecodesChunksInEverySplit) {
  constexpr std::string_view text =
      "5\r\nhello\r\n6;name=value\r\n world\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nnext";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    std::string rest;
    EXPECT_EQ(decode({Framing::Kind::chunked}, text, piece, &rest), "hello world0123456789") << piece;
    EXPECT_EQ(rest, "next");
  }
}

TEST(BodyDecoder, RefusesBrokenChunks) {
  for (const std::string_view text :
       {"x\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhelloo\r\n0\r\n\r\n", "\r\n", "-5\r\nhello\r\n0\r\n\r\n",
        "10000000000000000\r\n", "5 5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5\r\nhello"}) {
    EXPECT_FALSE(decode({Framing::Kind::chunked}, text, 4096)) << text;
  }
}

TEST(BodyDecoder, BoundsChunkExtensionsAndTrailers) {
  EXPECT_FALSE(decode({Framing::Kind::chunked}, "5;" + std::string(5000, 'x') + "\r\nhello\r\n0\r\n\r\n", 100));
  std::string trailers = "0\r\n";
  for (int i = 0; i < 40; ++i) trailers += "X: " + std::string(1000, 'x') + "\r\n";
  EXPECT_FALSE(decode({Framing::Kind::chunked}, trailers + "\r\n", 1000));
}

TEST(BodyDecoder, StopsAtTheAnnouncedLength) {
  std::string rest;
  EXPECT_EQ(decode({Framing::Kind::length, 5}, "hellonext", 2, &rest), "hello");
  EXPECT_EQ(rest, "next");
}

TEST(AppendHeader, KeepsLineBreaksOffTheWire) {
  std::string out;
  append_header(out, "Location", "x\r\nSet-Cookie: y");
  EXPECT_EQ(out, "Location: x  Set-Cookie: y\r\n");
}

TEST(ParseAuthority, ReadsHostsWithAndWithoutPorts) {
  EXPECT_EQ(parse_authority("Host")->host, "host");
  EXPECT_EQ(parse_authority("host:443")->port, 443U);
  EXPECT_EQ(parse_authority("[::1]:80")->host, "::1");
  for (const std::string_view bad : {"", ":80", "host:", "host:x", "a/b", "a@b", "[::1", "[::1]x", "host:1:2"}) {
    if (bad == "host:") continue;
    EXPECT_FALSE(parse_authority(bad)) << bad;
  }
}

}  // namespace
}  // namespace lazuli::net
