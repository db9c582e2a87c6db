#include "net/tasks.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

#include "net/pause.h"

namespace lazuli::net {
namespace {

struct Ended {
  std::promise<void>& promise;
  ~Ended() { promise.set_value(); }
};

Task<void> wait_for_long(std::promise<void>& begun, std::promise<void>& ended) {
  const Ended at_end{ended};
  begun.set_value();
  co_await pause(std::chrono::hours(1));
}

bool comes(std::promise<void>& promise) {
  return promise.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready;
}

TEST(Tasks, WhatIsCancelledEndsAtItsWaitAndNothingElseDoes) {
  std::promise<void> begun[2], ended[2];
  Tasks tasks;
  const auto first = tasks.start([&] { return wait_for_long(begun[0], ended[0]); });
  tasks.start([&] { return wait_for_long(begun[1], ended[1]); });
  EXPECT_TRUE(comes(begun[0]));
  EXPECT_TRUE(comes(begun[1]));
  tasks.cancel(first);
  tasks.cancel(first);
  tasks.cancel(99);
  EXPECT_TRUE(comes(ended[0]));
  auto other = ended[1].get_future();
  EXPECT_EQ(other.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  tasks.stop();
  EXPECT_EQ(other.wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

TEST(Tasks, WhatThrowsEndsAlone) {
  std::promise<void> done;
  const auto throws = []() -> Task<void> {
    co_await pause(std::chrono::milliseconds(1));
    throw std::runtime_error("no");
  };
  const auto goes_on = [&]() -> Task<void> {
    co_await pause(std::chrono::milliseconds(5));
    done.set_value();
  };
  Tasks tasks;
  tasks.start(throws);
  tasks.start(goes_on);
  EXPECT_TRUE(comes(done));
}

TEST(Tasks, WithoutOneThereIsNothingToStop) {
  Tasks tasks;
  tasks.stop();
}

}  // namespace
}  // namespace lazuli::net
