#include "net/deadlines.h"

#include <ctime>

namespace lazuli::net {

namespace {

// Deadlines that fall closer together than this are served by one wake-up.
constexpr auto kLeastPause = std::chrono::milliseconds(10);

}  // namespace

SteadyTime last_tick() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return SteadyTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

asio::execution_context::id Deadlines::id;

Timed::Timed(asio::io_context& context) : deadlines_(asio::use_service<Deadlines>(context)) {
  deadlines_.add(*this);
}

Timed::~Timed() {
  deadlines_.remove(*this);
}

void Timed::expires_after(std::chrono::milliseconds time) {
  when_ = last_tick() + time;
  deadlines_.wake_by(when_);
}

Deadlines::Deadlines(asio::execution_context& context)
    : asio::execution_context::service(context), timer_(static_cast<asio::io_context&>(context)) {}

void Deadlines::add(Timed& timed) {
  timed.index_ = all_.size();
  all_.push_back(&timed);
}

void Deadlines::remove(Timed& timed) {
  all_[timed.index_] = all_.back();
  all_[timed.index_]->index_ = timed.index_;
  all_.pop_back();
  // A timer that waits for nobody would keep its io_context running.
  if (all_.empty() && wake_ != SteadyTime::max()) {
    wake_ = SteadyTime::max();
    timer_.cancel();
  }
}

void Deadlines::wake_by(SteadyTime when) {
  if (when >= wake_) return;
  wake_ = when;
  timer_.expires_at(when);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) sweep();
  });
}

void Deadlines::sweep() {
  const auto now = std::chrono::steady_clock::now();
  wake_ = SteadyTime::max();
  SteadyTime next = SteadyTime::max();
  for (Timed* timed : all_) {
    if (timed->when_ <= now) {
      timed->expires_never();
      timed->expire();
    } else if (timed->when_ < next) {
      next = timed->when_;
    }
  }
  if (next != SteadyTime::max()) wake_by(std::max(next, now + kLeastPause));
}

}  // namespace lazuli::net
