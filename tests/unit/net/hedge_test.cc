#include "net/hedge.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lazuli::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
namespace asio = boost::asio;

struct Try {
  milliseconds takes;
  bool result;
  bool throws = false;
  int begun = 0, ended = 0;

  Task<bool> run() {
    ++begun;
    asio::steady_timer timer(co_await asio::this_coro::executor, takes);
    co_await timer.async_wait(asio::use_awaitable);
    ++ended;
    if (throws) throw std::runtime_error("broken");
    co_return result;
  }
};

int winner_of(Try& first, Try& second, milliseconds delay) {
  asio::io_context context;
  int winner = -2;
  const std::function<Task<bool>()> one = [&] { return first.run(); };
  const std::function<Task<bool>()> two = [&] { return second.run(); };
  asio::co_spawn(context, hedge(one, two, delay), [&](const std::exception_ptr& failure, int who) {
    if (!failure) winner = who;
  });
  context.run();
  return winner;
}

TEST(Hedge, ASecondTryIsNotMadeWhereTheFirstIsInTime) {
  Try first{milliseconds(1), true}, second{milliseconds(1), true};
  EXPECT_EQ(winner_of(first, second, hours(1)), 0);
  EXPECT_EQ(second.begun, 0);
}

TEST(Hedge, TheSecondWinsOverAFirstThatHangs) {
  Try first{hours(1), true}, second{milliseconds(1), true};
  EXPECT_EQ(winner_of(first, second, milliseconds(1)), 1);
  EXPECT_EQ(first.ended, 0);
}

TEST(Hedge, AFirstThatFailsIsNotWaitedFor) {
  for (const bool throws : {false, true}) {
    Try first{milliseconds(1), false, throws}, second{milliseconds(1), true};
    EXPECT_EQ(winner_of(first, second, hours(1)), 1);
  }
}

TEST(Hedge, ASecondThatFailsLeavesTheFirstToGoOn) {
  Try first{milliseconds(30), true}, second{milliseconds(1), false};
  EXPECT_EQ(winner_of(first, second, milliseconds(1)), 0);
}

TEST(Hedge, NeitherMayHaveIt) {
  Try first{milliseconds(1), false}, second{milliseconds(1), false, true};
  EXPECT_EQ(winner_of(first, second, milliseconds(1)), -1);
}

}  // namespace
}  // namespace lazuli::net
