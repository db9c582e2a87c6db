// Heads of HTTP/1.1 messages (RFC 9112), read out of bytes that come in any split. Strict where leniency lets two
// readers see two messages (section 11.2): lines end in CR LF, a name ends at its colon, no line is folded, and a body
// is framed in one way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace lazuli::net {

constexpr std::size_t kHeadLimit = std::size_t{64} << 10;

struct Framing {
  enum class Kind { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;
};

struct RequestHead {
  Request request;
  bool http11 = true;
  bool keep_alive = true;
  bool expects_continue = false;
  Framing framing;
};

struct ResponseHead {
  Response response;
  bool http11 = true;
  bool keep_alive = true;
  Framing framing;
};

// What is wrong with a message: an HTTP status for the one who sent it, and words.
struct WireFault {
  int status = 400;
  std::string message;
};

// Reads one head. Feed it everything that has not been consumed; it keeps no bytes.
template <typename Head>
class HeadReader {
 public:
  // answers_head_request: the response has no body, whatever its head says of one (HEAD, CONNECT).
  explicit HeadReader(bool answers_head_request = false) : bodyless_(answers_head_request) {}
  // True when the head is complete: then, and not before, bytes are used up, and consumed says how many.
  bool feed(std::string_view bytes, std::size_t& consumed);
  const std::optional<WireFault>& fault() const { return fault_; }
  Head& head() { return head_; }

 private:
  std::optional<std::string_view> next_line(std::string_view bytes);
  void read_start(std::string_view line);
  void read_field(std::string_view line);
  void note(std::string_view name, std::string_view value);
  void note_length(std::string_view value);
  void note_coding(std::string_view value);
  void note_connection(std::string_view value);
  void finish(std::string_view lines);
  Framing framing();
  void refuse(int status, std::string message);

  Head head_;
  std::optional<WireFault> fault_;
  std::size_t line_ = 0;    // where the line begins that is being read
  std::size_t seen_ = 0;    // how far it has been looked through
  std::size_t fields_ = 0;  // where the first header begins; 0: the start line has not been read
  std::vector<Headers::Mark> marks_;
  bool plain_ = true;  // all headers are written as "Name: value"
  bool bodyless_;
  bool chunked_ = false, unknown_coding_ = false, close_ = false, keep_ = false;
  std::optional<std::uint64_t> length_;
};

}  // namespace lazuli::net
