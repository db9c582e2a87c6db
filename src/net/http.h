// HTTP messages as handlers see them: no Asio. Header names compare without regard to case and keep the order and
// spelling in which they were set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::net {

// The lines are kept as one text, as they stand on the wire: a head costs two allocations, and is sent by one copy. A
// view that was got is good until the next change. Line breaks inside of values become blanks, so that no value can
// make lines of its own.
class Headers {
 public:
  using Line = std::pair<std::string_view, std::string_view>;  // name, value

  struct Mark {  // of a line in the text
    std::uint32_t begin = 0;
    std::uint32_t name = 0;   // sizes
    std::uint32_t value = 0;  // blank and colon before it, line break behind it
    std::size_t size() const { return std::size_t{name} + value + 4; }
  };

  class Iterator {
   public:
    Iterator(const Headers& headers, std::size_t at) : headers_(&headers), at_(at) {}
    Line operator*() const { return headers_->line(at_); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const Headers* headers_;
    std::size_t at_;
  };

  Headers() = default;
  // Of lines that have their form already, in the order of their marks.
  Headers(std::string_view text, std::vector<Mark> marks) : text_(text), marks_(std::move(marks)) {}

  void set(std::string_view name, std::string_view value);  // replaces
  void add(std::string_view name, std::string_view value);  // appends another line
  void add(const Headers& others);                          // all of theirs
  void erase(std::string_view name);
  std::string_view get(std::string_view name) const;  // empty if absent
  bool has(std::string_view name) const;
  std::string_view text() const { return text_; }  // "Name: value\r\n" for each
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, marks_.size()}; }

 private:
  static constexpr std::size_t kColon = 2;  // ": "

  Line line(std::size_t at) const {
    const Mark& mark = marks_[at];
    const char* const begin = text_.data() + mark.begin;
    return {{begin, mark.name}, {begin + mark.name + kColon, mark.value}};
  }
  std::size_t find(std::string_view name, std::size_t from = 0) const;
  void erase_at(std::size_t at);

  std::string text_;
  std::vector<Mark> marks_;
};

// A value of Content-Length; nothing: it is no number of bytes.
std::optional<std::uint64_t> content_length(std::string_view value);
// Whether answers of this status have no body (RFC 9110, section 6.4.1).
bool bodyless(int status);

// The query of a target: names compare without regard to case ("api-version"), values are decoded.
class Query {
 public:
  Query() = default;
  explicit Query(std::string_view text);  // without '?'
  std::string get(std::string_view name) const;
  bool has(std::string_view name) const;
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// A form body (application/x-www-form-urlencoded) reads as a query with '+' for blanks; here names keep their case.
std::vector<std::pair<std::string, std::string>> parse_form(std::string_view body);

struct Request {
  std::string method;     // upper case
  std::string host;       // lower case, without port
  std::string target;     // as received: path and query
  std::string path;       // percent-decoded, several leading slashes collapsed to one
  std::string raw_query;  // as received, without '?'
  Query query;
  Headers headers;
  std::string body;  // whole body for buffered handlers; empty for streaming ones until read
  std::string peer;  // remote address as text; "unix" for the control socket
  std::string scheme = "https";
  std::string_view bearer() const;  // the Authorization header's Bearer token; empty if there is none
};

struct Response {
  // Not an aggregate: g++ 12 copies aggregates bit by bit when they are made in the arguments of an awaited call.
  Response() = default;

  int status = 200;
  Headers headers;
  std::string body;
  std::string file;  // if set, the body is this file (or the range of it below)
  std::uint64_t file_offset = 0;
  std::optional<std::uint64_t> file_size;  // how many bytes; absent: to the end

  static Response json(int status, const Json& body);  // application/json; charset=utf-8
  static Response text(int status, std::string body, std::string_view type = "text/plain; charset=utf-8");
  static Response empty(int status);
};

struct Url {
  std::string scheme;        // lower case
  std::string host;          // lower case, IPv6 without brackets
  unsigned port = 0;         // the scheme's own when none is written
  std::string target = "/";  // path and query
  std::string origin;        // scheme://host[:port]
  bool tls() const { return scheme == "https"; }
};

// http, https; error code "InvalidUrl".
Result<Url> parse_url(std::string_view text);

}  // namespace lazuli::net
