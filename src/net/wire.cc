#include "net/wire.h"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <charconv>
#include <cstring>

#include "base/text.h"

namespace lazuli::net {

namespace {

constexpr std::size_t kFirstInput = std::size_t{4} << 10;
constexpr std::size_t kChunkLine = 4096;  // of a chunk's size with its extensions
constexpr std::size_t kTrailer = std::size_t{16} << 10;
constexpr std::size_t kMostSkipped = std::size_t{16} << 10;  // who sends more has not come to an end
constexpr auto kBadMessage = boost::system::errc::bad_message;

}  // namespace

std::span<char> Input::space() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == capacity_) {
    // Half used up: move the rest down instead of growing.
    if (begin_ < capacity_ / 2 || capacity_ == 0) {
      const std::size_t larger = std::max(kFirstInput, capacity_ * 2);
      auto data = std::make_unique_for_overwrite<char[]>(larger);
      if (end_ > begin_) std::memcpy(data.get(), data_.get() + begin_, end_ - begin_);
      data_ = std::move(data);
      capacity_ = larger;
    } else {
      std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
    }
    end_ -= begin_;
    begin_ = 0;
  }
  return {data_.get() + end_, capacity_ - end_};
}

void Input::release_if_empty() {
  if (!empty()) return;
  data_.reset();
  begin_ = end_ = capacity_ = 0;
}

namespace {

// A line of the framing, without its end; nothing if it is not complete yet. LF alone does not end a line: lenient
// readers of framing are how requests get smuggled (RFC 9112, section 11.2).
std::optional<std::string_view> line_of(std::string_view bytes) {
  const auto end = bytes.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  return bytes.substr(0, end);
}

std::optional<std::uint64_t> chunk_size(std::string_view line) {
  const auto extension = line.find(';');
  const std::string_view digits = trim(line.substr(0, extension));
  std::uint64_t size = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.empty() || fault != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return size;
}

}  // namespace

// One line of the chunked coding; false if more must be received (or the coding is broken).
bool BodyDecoder::take_chunk_line(Input& input) {
  const auto line = line_of(input.bytes());
  // Of a line that is not whole yet, the last byte may be the first of its end.
  failed_ = line ? line->size() > kChunkLine || field_length(*line) < line->size() : input.size() > kChunkLine + 1;
  if (!line || failed_) return false;
  const std::size_t used = line->size() + 2;
  if (part_ == Part::size) {
    const auto size = chunk_size(*line);
    if (!size) {
      failed_ = true;
      return false;
    }
    chunk_ = *size;
    part_ = chunk_ == 0 ? Part::trailer : Part::data;
  } else if (part_ == Part::data_end) {
    failed_ = !line->empty();
    part_ = Part::size;
  } else {
    trailer_bytes_ += used;
    done_ = line->empty();
    failed_ = trailer_bytes_ > kTrailer;
  }
  input.consume(used);
  return !failed_;
}

std::size_t BodyDecoder::take(Input& input, std::span<char> into) {
  std::size_t stored = 0;
  while (!done_ && !failed_ && !input.empty() && stored < into.size()) {
    if (framing_.kind == Framing::Kind::chunked && part_ != Part::data) {
      if (!take_chunk_line(input)) break;
      continue;
    }
    std::uint64_t count = std::min(input.size(), into.size() - stored);
    if (framing_.kind == Framing::Kind::length) count = std::min(count, framing_.length);
    if (framing_.kind == Framing::Kind::chunked) count = std::min(count, chunk_);
    std::memcpy(into.data() + stored, input.bytes().data(), count);
    input.consume(count);
    stored += count;
    received(count);
  }
  return stored;
}

std::uint64_t BodyDecoder::direct() const {
  if (done_ || failed_) return 0;
  switch (framing_.kind) {
    case Framing::Kind::length:
      return framing_.length;
    case Framing::Kind::until_close:
      return UINT64_MAX;
    case Framing::Kind::chunked:
      return part_ == Part::data ? chunk_ : 0;
    case Framing::Kind::none:
      break;
  }
  return 0;
}

void BodyDecoder::received(std::uint64_t count) {
  if (framing_.kind == Framing::Kind::length) {
    framing_.length -= count;
    done_ = framing_.length == 0;
  } else if (framing_.kind == Framing::Kind::chunked) {
    chunk_ -= count;
    if (chunk_ == 0) part_ = Part::data_end;
  }
}

void BodyDecoder::end_of_stream() {
  if (framing_.kind == Framing::Kind::until_close) {
    done_ = true;
  } else if (!done_) {
    failed_ = true;
  }
}

Leftover::State Leftover::skip(Channel& channel) {
  std::array<char, 512> scrap;
  while (!body_.done() && !body_.failed() && skipped_ < kMostSkipped) {
    const std::size_t taken = body_.take(input_, scrap);
    skipped_ += taken;
    if (taken > 0 || body_.done()) continue;
    ErrorCode error;
    const std::size_t got = channel.read_now(input_.space(), error);
    if (error == asio::error::would_block) return State::open;
    if (error) return State::broken;
    input_.commit(got);
  }
  return body_.done() && input_.empty() && !channel.pending() ? State::ended : State::broken;
}

Task<std::size_t> read_body(Channel& channel, Input& input, BodyDecoder& body, std::span<char> into, ErrorCode& error) {
  // Small gains are not worth a receive of their own: what is little goes through the buffer.
  constexpr std::size_t kWorthDirect = 2048;
  while (!into.empty()) {
    const std::size_t stored = body.take(input, into);
    if (body.failed()) {
      error = make_error_code(kBadMessage);
      co_return 0;
    }
    if (stored > 0 || body.done()) co_return stored;
    const std::uint64_t direct = input.empty() ? body.direct() : 0;
    std::size_t got = 0;
    if (direct >= kWorthDirect && into.size() >= kWorthDirect) {
      got = co_await channel.read(into.first(std::min<std::uint64_t>(direct, into.size())), error);
      if (!error) {
        body.received(got);
        co_return got;
      }
    } else {
      got = co_await channel.read(input.space(), error);
      if (!error) input.commit(got);
    }
    if (error == asio::error::eof) {
      body.end_of_stream();
      error = body.done() ? ErrorCode() : ErrorCode(asio::error::connection_reset);
    }
    if (error || body.done()) co_return 0;
  }
  co_return 0;
}

std::optional<Authority> parse_authority(std::string_view text) {
  Authority out;
  std::string_view host = text;
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    if (!rest.empty()) port = rest.substr(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const auto foreign = [](char c) {
    return c == '/' || c == '?' || c == '#' || c == '@' || c == '\\' || (c >= 0 && c <= ' ');
  };
  if (host.empty() || std::ranges::any_of(host, foreign)) return std::nullopt;
  if (!port.empty()) {
    const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (fault != std::errc() || end != port.data() + port.size() || out.port == 0 || out.port > 65535)
      return std::nullopt;
  }
  out.host = to_lower(host);
  return out;
}

void clean_value(std::span<char> value) {
  if (field_length({value.data(), value.size()}) == value.size()) return;  // nearly all are
  for (char& c : value) {
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  append_all(out, name, ": ", value, "\r\n");
  clean_value(std::span(out).last(value.size() + 2).first(value.size()));
}

namespace {

bool framing_header(std::string_view name) {
  constexpr std::string_view kLength = "Content-Length", kCoding = "Transfer-Encoding", kConnection = "Connection";
  switch (name.size()) {
    case kLength.size():
      return equals_ignoring_case(name, kLength);
    case kCoding.size():
      return equals_ignoring_case(name, kCoding);
    case kConnection.size():
      return equals_ignoring_case(name, kConnection);
    default:
      return false;
  }
}

}  // namespace

void append_unframed(std::string& out, const Headers& headers) {
  bool framed = false;
  for (const auto& line : headers) framed = framed || framing_header(line.first);
  if (!framed) {
    out += headers.text();
    return;
  }
  for (const auto& [name, value] : headers) {
    if (!framing_header(name)) append_header(out, name, value);
  }
}

void append_chunk_size(std::string& out, std::size_t size) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
  out.append(digits, end);
  out += "\r\n";
}

}  // namespace lazuli::net
