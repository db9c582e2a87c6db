#include "net/hedge.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <stdexcept>

namespace lazuli::net {

namespace asio = boost::asio;

namespace {

// `||` takes whatever ends without an exception for a success.
struct Nothing : std::runtime_error {
  Nothing() : std::runtime_error("a try without a result") {}
};

Task<void> run_first(const std::function<Task<bool>()>& work, asio::steady_timer& delay) {
  bool found = false;
  try {
    found = co_await work();
  } catch (...) {
    delay.cancel();
    throw;
  }
  if (found) co_return;
  delay.cancel();
  throw Nothing();
}

Task<void> run_second(const std::function<Task<bool>()>& work, asio::steady_timer& delay) {
  boost::system::error_code over;  // aborted: the first try has ended
  co_await delay.async_wait(asio::redirect_error(asio::use_awaitable, over));
  const bool found = co_await work();
  if (!found) throw Nothing();
}

}  // namespace

Task<int> hedge(std::function<Task<bool>()> first, std::function<Task<bool>()> second,
                std::chrono::milliseconds delay) {
  using namespace asio::experimental::awaitable_operators;  // NOLINT: operators are found no other way
  asio::steady_timer timer(co_await asio::this_coro::executor, delay);
  std::exception_ptr failure;
  try {
    const auto winner = co_await (run_first(first, timer) || run_second(second, timer));
    co_return static_cast<int>(winner.index());
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) std::rethrow_exception(failure);
  co_return -1;
}

}  // namespace lazuli::net
