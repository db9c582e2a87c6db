// Coroutines of any thread wait here until something has changed that another thread changes. Thread-safe.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "net/exchange.h"

namespace lazuli::net {

class Changes {
 public:
  Changes() = default;
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;

  void notify();                // there was one
  std::uint64_t count() const;  // of them; to be taken before a look at what may change
  // Until there have been more than `seen`; may be cancelled.
  Task<void> wait(std::uint64_t seen);

 private:
  using Timer = boost::asio::steady_timer;  // never due: ended by notify()
  struct Stay;

  bool enter(const std::shared_ptr<Timer>& timer, std::uint64_t seen);  // false: there is something new already
  void leave(const std::shared_ptr<Timer>& timer);

  mutable std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::vector<std::shared_ptr<Timer>> waiting_;
};

}  // namespace lazuli::net
