#include "net/cohort.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <vector>

#include "net/exchange.h"

namespace lazuli::net {
namespace {

// Coroutines that wait until the test wakes them.
class CohortTest : public testing::Test {
 protected:
  auto woken() {
    return [this](auto* frame) -> CoroutineThread* {
      Suspended::result_type nothing;
      waiting_.emplace_back(frame->detach_thread(), nothing);
      return nullptr;
    };
  }

  Task<void> work(char name, int stages) {
    const std::shared_ptr<int> life = life_;
    co_await woken();
    for (int stage = 1; stage <= stages; ++stage) {
      done_ += name + std::to_string(stage) + " ";
      co_await next_stage();
    }
  }

  Task<void> patient() {
    co_await woken();
    co_await next_stage();
    done_ += "after the stage ";
    co_await work('a', 1);
  }

  Task<void> cancel(asio::cancellation_signal& signal) {
    co_await woken();
    signal.emit(asio::cancellation_type::terminal);
  }

  void poll() {
    context_.restart();
    context_.poll();
  }

  void start(Task<void> task) {
    asio::co_spawn(context_, std::move(task), asio::detached);
    poll();
  }

  void wake_all() {
    asio::post(context_, [this] {
      const Cohort::Running running(cohort_);
      for (std::size_t i = 0; i < waiting_.size(); ++i) {
        cohort_.expect(i + 1 < waiting_.size());
        waiting_[i]();
      }
      cohort_.finish();
    });
    poll();
  }

  std::shared_ptr<int> life_ = std::make_shared<int>();
  asio::io_context context_;
  std::vector<Suspended> waiting_;
  Cohort cohort_;
  std::string done_;
};

TEST_F(CohortTest, GoesThroughTheStagesSideBySide) {
  start(work('a', 3));
  start(work('b', 2));
  start(work('c', 3));
  wake_all();
  EXPECT_EQ(done_, "a1 b1 c1 a2 b2 c2 a3 c3 ");
}

TEST_F(CohortTest, DoesNotStopTheLastOne) {
  start(work('a', 1));
  start(work('b', 3));
  wake_all();
  EXPECT_EQ(done_, "a1 b1 b2 b3 ");
  EXPECT_TRUE(cohort_.alone());
}

TEST_F(CohortTest, StopsNobodyOutsideOfACohort) {
  start(work('a', 2));
  start(work('b', 2));
  for (auto& each : waiting_) each();
  EXPECT_EQ(done_, "a1 a2 b1 b2 ");
  EXPECT_EQ(Cohort::running(), nullptr);
}

TEST_F(CohortTest, TellsOfACancellationAtTheNextWait) {
  asio::cancellation_signal signal;
  std::exception_ptr failure;
  asio::co_spawn(
      context_, patient(),
      asio::bind_cancellation_slot(signal.slot(), [&failure](std::exception_ptr thrown) { failure = thrown; }));
  start(cancel(signal));
  wake_all();
  EXPECT_EQ(done_, "after the stage ");
  ASSERT_TRUE(failure);
  EXPECT_THROW(std::rethrow_exception(failure), boost::system::system_error);
}

TEST_F(CohortTest, EndsThoseThatAreCleared) {
  start(work('a', 2));
  start(work('b', 2));
  {
    const Cohort::Running running(cohort_);
    cohort_.expect(true);
    waiting_[0]();
  }
  EXPECT_FALSE(cohort_.alone());
  cohort_.clear();
  waiting_.clear();
  poll();
  EXPECT_EQ(life_.use_count(), 1);
  EXPECT_EQ(done_, "a1 ");
}

}  // namespace
}  // namespace lazuli::net
