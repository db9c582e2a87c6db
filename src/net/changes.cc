#include "net/changes.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lazuli::net {

namespace asio = boost::asio;

void Changes::notify() {
  const std::lock_guard lock(mutex_);
  ++count_;
  for (const auto& timer : waiting_) asio::post(timer->get_executor(), [timer] { timer->cancel(); });
}

std::uint64_t Changes::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

bool Changes::enter(const std::shared_ptr<Timer>& timer, std::uint64_t seen) {
  const std::lock_guard lock(mutex_);
  if (count_ > seen) return false;
  waiting_.push_back(timer);
  return true;
}

void Changes::leave(const std::shared_ptr<Timer>& timer) {
  const std::lock_guard lock(mutex_);
  std::erase(waiting_, timer);
}

// Ends also with a coroutine that is destroyed at its wait, as its io_context may be then.
struct Changes::Stay {
  Changes& changes;
  const std::shared_ptr<Timer>& timer;
  ~Stay() { changes.leave(timer); }
};

Task<void> Changes::wait(std::uint64_t seen) {
  const auto timer = std::make_shared<Timer>(co_await asio::this_coro::executor, Timer::time_point::max());
  if (!enter(timer, seen)) co_return;
  const Stay stay{*this, timer};
  boost::system::error_code ended;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ended));
  if (count() <= seen) throw boost::system::system_error(ended);
}

}  // namespace lazuli::net
