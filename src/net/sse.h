// Server-sent events (WHATWG HTML, section 9.2): reading them from a stream in any split, and writing them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lazuli::net {

struct Event {
  std::string name;  // empty for the default
  std::string data;  // lines joined by '\n'
};

class EventReader {
 public:
  void feed(std::string_view bytes);
  std::optional<Event> next();                            // nothing: feed more
  std::size_t pending() const { return buffer_.size(); }  // bytes of an unfinished event, for a bound

 private:
  std::size_t complete();

  std::string buffer_;
  std::size_t line_start_ = 0;  // of the first line that is not known to be complete
  std::size_t scanned_ = 0;     // no line ends before this place: a long line in pieces is looked through once
  bool begun_ = false;          // the place where a byte order mark may stand is behind us
};

std::string event_text(std::string_view data, std::string_view name = {});

}  // namespace lazuli::net
