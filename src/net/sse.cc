#include "net/sse.h"

#include <algorithm>

namespace lazuli::net {

namespace {

// Cuts the first line off a text: CR, LF or CRLF end it.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find_first_of("\r\n");
  const std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
    return line;
  }
  const bool pair = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
  text.remove_prefix(end + (pair ? 2 : 1));
  return line;
}

}  // namespace

void EventReader::feed(std::string_view bytes) {
  buffer_ += bytes;
  if (!begun_ && buffer_.size() >= 3) {
    if (buffer_.starts_with("\xef\xbb\xbf")) {
      buffer_.erase(0, 3);
      line_start_ = scanned_ = 0;
    }
    begun_ = true;
  }
}

// The length of the first event with its blank line; 0 if it is not complete. A CR at the very end may be the first
// half of CRLF: the event then ends with the next byte.
std::size_t EventReader::complete() {
  std::size_t line = line_start_;
  while (line < buffer_.size()) {
    const auto end = buffer_.find_first_of("\r\n", std::max(line, scanned_));
    scanned_ = std::min(end, buffer_.size());
    if (end == std::string::npos) break;
    if (buffer_[end] == '\r' && end + 1 == buffer_.size() && end != line) break;
    const bool pair = buffer_[end] == '\r' && end + 1 < buffer_.size() && buffer_[end + 1] == '\n';
    const std::size_t next = end + (pair ? 2 : 1);
    if (end == line) {
      line_start_ = scanned_ = 0;
      return next;
    }
    line = next;
  }
  line_start_ = line;
  return 0;
}

std::optional<Event> EventReader::next() {
  for (std::size_t size = complete(); size > 0; size = complete()) {
    Event event;
    bool has_data = false;
    std::string_view text(buffer_.data(), size);
    while (!text.empty()) {
      const std::string_view line = take_line(text);
      const auto colon = line.find(':');
      const std::string_view field = line.substr(0, colon);
      std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
      if (value.starts_with(' ')) value.remove_prefix(1);
      if (field == "data") {
        if (has_data) event.data += '\n';
        event.data += value;
        has_data = true;
      } else if (field == "event") {
        event.name = value;
      }
    }
    buffer_.erase(0, size);
    if (has_data) return event;
  }
  return std::nullopt;
}

std::string event_text(std::string_view data, std::string_view name) {
  std::string out;
  out.reserve(data.size() + name.size() + 24);
  if (!name.empty()) out.append("event: ").append(name).append("\n");
  do {
    out.append("data: ").append(take_line(data)).append("\n");
  } while (!data.empty());
  out += '\n';
  return out;
}

}  // namespace lazuli::net
