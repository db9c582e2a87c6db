// HTTP/1.1 on the wire (RFC 9112): what has been received, the framing of bodies, and the lines of heads that are sent.
// Used by both sides.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/channel.h"
#include "net/head_reader.h"
#include "net/http.h"

namespace lazuli::net {

// Bytes that have been received and not been used. Holds no memory while it is empty and released.
class Input {
 public:
  bool empty() const { return begin_ == end_; }
  std::string_view bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t count) { begin_ += count; }
  std::span<char> space();  // free room, at least some
  void commit(std::size_t count) { end_ += count; }
  std::size_t size() const { return end_ - begin_; }
  void release_if_empty();

 private:
  std::unique_ptr<char[]> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

// Decodes a body's framing out of received bytes, in any split.
class BodyDecoder {
 public:
  explicit BodyDecoder(Framing framing = {}) : framing_(framing), done_(framing.kind == Framing::Kind::none) {
    if (framing_.kind == Framing::Kind::length && framing_.length == 0) done_ = true;
  }
  bool done() const { return done_; }
  bool failed() const { return failed_; }
  // Copies what it can; returns the bytes stored. Nothing stored, not done and not failed: receive more.
  std::size_t take(Input& input, std::span<char> into);
  // How much may be received straight into the reader's memory (nothing is buffered), and that it was.
  std::uint64_t direct() const;
  void received(std::uint64_t count);
  void end_of_stream();  // the peer closed
  std::uint64_t remaining() const { return framing_.kind == Framing::Kind::length ? framing_.length : UINT64_MAX; }

 private:
  enum class Part { size, data, data_end, trailer };
  bool take_chunk_line(Input& input);

  Framing framing_;
  Part part_ = Part::size;
  std::uint64_t chunk_ = 0;
  std::size_t trailer_bytes_ = 0;
  bool done_ = false;
  bool failed_ = false;
};

// The rest of an answer whose reader has enough: read and dropped as it comes, without waiting.
class Leftover {
 public:
  enum class State { ended, open, broken };  // broken: the connection is of no more use
  Leftover(Input input, BodyDecoder body) : input_(std::move(input)), body_(body) {}
  State skip(Channel& channel);

 private:
  Input input_;
  BodyDecoder body_;
  std::size_t skipped_ = 0;
};

// Receives until some of the body is there; 0 at its end. Errors as of the channel; bad framing is bad_message.
Task<std::size_t> read_body(Channel& channel, Input& input, BodyDecoder& body, std::span<char> into, ErrorCode& error);

// Host and port of an authority ("example.com:443", "[::1]:80").
struct Authority {
  std::string host;   // lower case, without brackets
  unsigned port = 0;  // 0: none was written
};
std::optional<Authority> parse_authority(std::string_view text);

// Line breaks inside of values become blanks: they cannot get onto the wire as lines.
void clean_value(std::span<char> value);
// A line "Name: value" of a head.
void append_header(std::string& out, std::string_view name, std::string_view value);
// All lines but those that frame the message or its connection: they are the business of this hop.
void append_unframed(std::string& out, const Headers& headers);
std::string_view reason_phrase(int status);
// Prefix of a chunk of this size.
void append_chunk_size(std::string& out, std::size_t size);

}  // namespace lazuli::net
