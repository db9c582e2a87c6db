// Deadlines for the channels of one io_context. Many connections share one timer: moving a deadline, which happens
// several times for each request, is a store and not a timer operation. Every io_context of lazuli is run by exactly
// one thread, and a Timed object is only touched from that thread.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <vector>

namespace lazuli::net {

namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;

// The steady clock as of its last tick, some milliseconds back, for a fifth of what reading it costs in a virtual
// machine. Not for what is measured.
SteadyTime last_tick();

class Deadlines;

// Something that expires. It must not be destroyed by its own expire().
class Timed {
 public:
  explicit Timed(asio::io_context& context);
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

  void expires_after(std::chrono::milliseconds time);
  void expires_never() { when_ = SteadyTime::max(); }

 protected:
  ~Timed();
  virtual void expire() = 0;

 private:
  friend class Deadlines;
  Deadlines& deadlines_;
  SteadyTime when_ = SteadyTime::max();
  std::size_t index_ = 0;
};

class Deadlines final : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;
  using key_type = Deadlines;

  explicit Deadlines(asio::execution_context& context);
  void add(Timed& timed);
  void remove(Timed& timed);
  void wake_by(SteadyTime when);

 private:
  void shutdown() override {}
  void sweep();

  asio::steady_timer timer_;
  SteadyTime wake_ = SteadyTime::max();
  std::vector<Timed*> all_;
};

}  // namespace lazuli::net
