// Connections of a client that wait to be used again, by origin. They are parked outside of any io_context, so that
// every coroutine of the program, and blocking callers too, draw from the same store. Thread-safe.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "net/channel.h"

namespace lazuli::net {

class ConnectionPool {
 public:
  // The one used last, if it is still open.
  std::optional<Parked> take(const std::string& origin);
  void give(const std::string& origin, Parked parked);

 private:
  struct Waiting {
    Parked parked;
    SteadyTime since;
  };
  void drop_old(SteadyTime now);

  std::mutex mutex_;
  std::map<std::string, std::deque<Waiting>, std::less<>> waiting_;
  SteadyTime next_check_ = SteadyTime::min();
};

}  // namespace lazuli::net
