#include "net/changes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "net/tasks.h"

namespace lazuli::net {
namespace {

// A coroutine on another thread that looks at a number until it is large enough.
struct Reader {
  Task<void> read(int wanted) {
    const Ended at_end{ended};
    for (;;) {
      const auto seen = changes.count();
      if (number >= wanted) co_return;
      if (looks++ == 0) begun.set_value();
      co_await changes.wait(seen);
    }
  }
  bool comes(std::promise<void>& promise) {
    return promise.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready;
  }

  struct Ended {
    std::promise<void>& promise;
    ~Ended() { promise.set_value(); }
  };
  Changes changes;
  std::atomic<int> number = 0, looks = 0;
  std::promise<void> begun, ended;
};

TEST(Changes, WakesWhoeverWaits) {
  Reader reader;
  Tasks tasks;
  tasks.start([&] { return reader.read(3); });
  ASSERT_TRUE(reader.comes(reader.begun));
  for (int i = 1; i <= 3; ++i) {
    reader.number = i;
    reader.changes.notify();
  }
  EXPECT_TRUE(reader.comes(reader.ended));
  EXPECT_LE(reader.looks, 3);
}

TEST(Changes, DoesNotWaitForWhatHasComeSince) {
  Reader reader;
  Tasks tasks;
  const auto late = [&]() -> Task<void> {
    const Reader::Ended at_end{reader.ended};
    const auto seen = reader.changes.count();
    reader.changes.notify();
    co_await reader.changes.wait(seen);
  };
  tasks.start(late);
  EXPECT_TRUE(reader.comes(reader.ended));
}

TEST(Changes, AWaitCanBeCancelled) {
  Reader reader;
  Tasks tasks;
  const auto task = tasks.start([&] { return reader.read(1); });
  ASSERT_TRUE(reader.comes(reader.begun));
  tasks.cancel(task);
  EXPECT_TRUE(reader.comes(reader.ended));
  reader.changes.notify();  // nobody is there any more
}

}  // namespace
}  // namespace lazuli::net
