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
        "10000000000000000\r\n", "5 5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5\r\nhello",
        "5;a\nb\r\nhello\r\n0\r\n\r\n", "5;a\rb\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nA: b\nC: d\r\n\r\n"}) {
    EXPECT_FALSE(decode({Framing::Kind::chunked}, text, 4096)) << text;
  }
}

TEST(BodyDecoder, BoundsChunkExtensionsAndTrailers) {
  // The longest line that there may be, and one byte more, in every split of their ends.
  for (std::size_t piece = 1; piece < 9; ++piece) {
    EXPECT_EQ(decode({Framing::Kind::chunked}, "5;" + std::string(4094, 'x') + "\r\nhello\r\n0\r\n\r\n", piece),
              "hello");
    EXPECT_FALSE(decode({Framing::Kind::chunked}, "5;" + std::string(4095, 'x') + "\r\nhello\r\n0\r\n\r\n", piece));
  }
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
