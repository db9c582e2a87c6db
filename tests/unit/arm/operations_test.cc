#include "arm/operations.h"

#include <gtest/gtest.h>

#include <future>

namespace lazuli::arm {
namespace {

using std::chrono::seconds;

class OperationsTest : public testing::Test {
 protected:
  std::unique_ptr<Operations> open() { return std::make_unique<Operations>(*store_, clock_, random_, log_, 2); }

  std::unique_ptr<store::Store> store_ = store::Store::in_memory();
  SystemClock clock_;
  SystemRandom random_;
  Log log_{-1, Level::error};
};

TEST_F(OperationsTest, EndsWithWhatTheBodyReturned) {
  auto operations = open();
  operations->define("good", [](OperationContext& context) -> Result<Json> { return context.operation().input; });
  operations->define("bad", [](OperationContext&) -> Result<Json> { return Error{"Conflict", "Taken.", 409, "name"}; });
  operations->define("thrown", [](OperationContext&) -> Result<Json> { throw std::runtime_error("broken"); });
  const auto good = operations->start("good", "/subscriptions/s", "s", JsonObject{{"a", 1}});
  const auto bad = operations->start("bad", "/subscriptions/s", "s", nullptr);
  const auto thrown = operations->start("thrown", "/subscriptions/s", "s", nullptr);
  const auto unknown = operations->start("unknown", "/subscriptions/s", "s", nullptr);
  EXPECT_EQ(operations->wait(good->id, seconds(10))->result, Json(JsonObject{{"a", 1}}));
  const auto failed = operations->wait(bad->id, seconds(10));
  EXPECT_EQ(failed->status, "Failed");
  EXPECT_EQ(failed->error.code, "Conflict");
  EXPECT_EQ(failed->error.status, 409);
  EXPECT_EQ(failed->error.target, "name");
  EXPECT_EQ(operations->wait(thrown->id, seconds(10))->error.code, "InternalServerError");
  EXPECT_EQ(operations->wait(unknown->id, seconds(10))->status, "Failed");
}

TEST_F(OperationsTest, GoesOnAfterACrashWithTheSameInput) {
  std::string id;
  {
    // A journal entry whose body never ran is what kill -9 leaves.
    auto operations = open();
    ASSERT_TRUE(store_->transact([&](store::Transaction& transaction) -> Status {
      id = operations->prepare(transaction, "work", "/subscriptions/s", "s", "input").id;
      return {};
    }));
  }
  auto operations = open();
  operations->define("work", [](OperationContext& context) -> Result<Json> { return context.operation().input; });
  EXPECT_EQ(operations->unfinished().size(), 1U);
  operations->resume();
  const auto ended = operations->wait(id, seconds(10));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->status, "Succeeded");
  EXPECT_EQ(ended->result, Json("input"));
  EXPECT_TRUE(operations->unfinished().empty());
}

TEST_F(OperationsTest, ShutdownLeavesRunningWorkForTheNextStart) {
  std::promise<void> begun;
  std::string id;
  {
    auto operations = open();
    operations->define("work", [&](OperationContext& context) -> Result<Json> {
      begun.set_value();
      while (!context.cancelled()) std::this_thread::yield();
      return Error{"Interrupted", "Asked to stop.", 500};
    });
    id = operations->start("work", "/subscriptions/s", "s", nullptr)->id;
    begun.get_future().wait();
  }
  EXPECT_EQ(open()->find(id)->status, "InProgress");
}

TEST_F(OperationsTest, WaitingForAnotherEndsAtShutdown) {
  std::promise<void> begun;
  auto operations = open();
  operations->define("inner", [&](OperationContext& context) -> Result<Json> {
    begun.set_value();
    while (!context.cancelled()) std::this_thread::yield();
    return Error{"Interrupted", "Asked to stop.", 500};
  });
  Operations* shared = operations.get();
  operations->define("outer", [&, shared](OperationContext&) -> Result<Json> {
    const auto inner = shared->start("inner", "/subscriptions/s", "s", nullptr);
    const auto ended = shared->wait(inner->id, std::chrono::hours(1));
    return ended && ended->done() ? Result<Json>("done") : Error{"Interrupted", "Not ended.", 500};
  });
  ASSERT_TRUE(operations->start("outer", "/subscriptions/s", "s", nullptr));
  begun.get_future().wait();
  operations.reset();  // would hang for an hour
}

TEST_F(OperationsTest, FindsTheRunningOneOfAResourceInAnyCase) {
  std::promise<void> go;
  auto gate = go.get_future().share();
  auto operations = open();
  operations->define("work", [gate](OperationContext&) -> Result<Json> {
    gate.wait();
    return Json(nullptr);
  });
  const auto started = operations->start("work", "/subscriptions/S/resourceGroups/G", "S", nullptr);
  EXPECT_EQ(operations->running("/subscriptions/s/resourcegroups/g")->id, started->id);
  go.set_value();
  EXPECT_TRUE(operations->wait(started->id, seconds(10)));
  EXPECT_FALSE(operations->running("/subscriptions/s/resourcegroups/g"));
}

}  // namespace
}  // namespace lazuli::arm
