#include "store/write_behind.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace lazuli::store {
namespace {

class WriteBehindTest : public testing::Test {
 protected:
  Log log_;
  std::unique_ptr<Store> store_ = Store::in_memory();
};

TEST_F(WriteBehindTest, WhatWasGivenIsThereAtTheEnd) {
  {
    WriteBehind behind(*store_, log_);
    behind.put("c", "a", 1);
    behind.put("c", "b", 1);
    behind.put("c", "a", 2);
    behind.erase("c", "b");
    behind.put("d", "b", 3);
  }
  EXPECT_EQ(store_->get("c", "a")->value, Json(2));
  EXPECT_FALSE(store_->get("c", "b"));
  EXPECT_EQ(store_->get("d", "b")->value, Json(3));
}

TEST_F(WriteBehindTest, WritesWithoutBeingAskedTo) {
  WriteBehind behind(*store_, log_);
  std::promise<void> written;
  const auto watch = store_->watch("c", [&](const Change&) { written.set_value(); });
  behind.put("c", "a", 1);
  written.get_future().wait();
  EXPECT_TRUE(store_->get("c", "a"));
}

TEST_F(WriteBehindTest, TheNewestOfEachWriterStays) {
  {
    WriteBehind behind(*store_, log_);
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&behind, writer] {
        for (int i = 0; i <= 500; ++i) behind.put("c", std::to_string(writer), i);
      });
    }
  }
  for (int writer = 0; writer < 4; ++writer) EXPECT_EQ(store_->get("c", std::to_string(writer))->value, Json(500));
}

}  // namespace
}  // namespace lazuli::store
