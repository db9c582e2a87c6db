// Cohorts: the coroutines of a thread that are ready at the same time go through the stages of their work side by side,
// so that a stage's code is still in the processor's cache when the next of them comes to it. (Larus and Parkes, "Using
// Cohort Scheduling to Enhance Server Performance", USENIX 2002; what it brings here: docs/performance.md.)
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>

namespace lazuli::net {

namespace asio = boost::asio;

// A coroutine that waits: to call it lets it go on, to destroy it ends it. Asio 1.81 has no public name for it.
using Suspended = asio::detail::awaitable_async_op_handler<void(), asio::any_io_executor>;
using CoroutineThread = asio::detail::awaitable_thread<asio::any_io_executor>;

// The coroutines that are woken together, on one thread.
class Cohort {
 public:
  // Makes it the thread's for as long as coroutines are woken.
  class Running {
   public:
    explicit Running(Cohort& cohort);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
  };

  static Cohort* running();  // the thread's; null: none

  void expect(bool more) { more_ = more; }  // whether another will be woken after the next one
  bool alone() const { return stopped_.empty() && !more_; }
  void stop(CoroutineThread* coroutine);
  // Lets those go on that have stopped, in the order in which they did, until each waits for something else.
  void finish();
  void clear() { stopped_.clear(); }

 private:
  std::deque<Suspended> stopped_;
  bool more_ = false;
};

// `co_await next_stage();` ends a stage: the others of the cohort come to the end of theirs first. Without others it
// goes on at once. A cancellation is seen later, at the next await of something else.
inline auto next_stage() {
  return [](auto* frame) -> CoroutineThread* {
    if (Cohort* cohort = Cohort::running(); cohort != nullptr && !cohort->alone()) cohort->stop(frame->detach_thread());
    return nullptr;
  };
}

}  // namespace lazuli::net
