// Coroutines that no connection waits for, on a thread of their own that starts with the first of them. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "net/exchange.h"

namespace lazuli::net {

class Tasks {
 public:
  using Id = std::uint64_t;

  Tasks();
  ~Tasks();  // stop()
  Tasks(const Tasks&) = delete;

  // The function lives until its coroutine has ended. What that throws ends it.
  Id start(std::function<Task<void>()> work);
  void cancel(Id id);  // at its wait; nothing happens if it has ended
  void stop();         // cancels all, and returns when they have ended; no other call may follow

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lazuli::net
