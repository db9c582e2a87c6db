#include "store/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

namespace lazuli::store {
namespace {

class StoreOnDisk : public testing::Test {
 protected:
  StoreOnDisk()
      : folder_(std::filesystem::temp_directory_path() / ("lazuli-store-test-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~StoreOnDisk() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ / "state.db"; }
  std::filesystem::path folder_;
};

TEST(Store, VersionsGrowWithEachWrite) {
  const auto store = Store::in_memory();
  ASSERT_TRUE(store->put("c", "k", 1));
  const auto first = store->get("c", "k");
  ASSERT_TRUE(store->put("c", "k", 2));
  const auto second = store->get("c", "k");
  EXPECT_GT(second->version, first->version);
  EXPECT_EQ(second->value, Json(2));
}

TEST(Store, ListsAllWithoutAPrefix) {
  const auto store = Store::in_memory();
  ASSERT_TRUE(store->put("c", "k", 1));
  EXPECT_EQ(store->list("c").size(), 1U);
}

TEST(Store, ListsByPrefixInKeyOrder) {
  const auto store = Store::in_memory();
  for (const auto* key : {"/a/2", "/a/1", "/ab", "/b/1"}) ASSERT_TRUE(store->put("c", key, key));
  ASSERT_TRUE(store->put("other", "/a/3", 0));
  std::vector<std::string> keys;
  for (const auto& document : store->list("c", "/a/")) keys.push_back(document.key);
  EXPECT_EQ(keys, (std::vector<std::string>{"/a/1", "/a/2"}));
  EXPECT_EQ(store->list("c", "/a", 2).size(), 2U);
}

TEST(Store, PrefixesAreTextNotPatterns) {
  const auto store = Store::in_memory();
  ASSERT_TRUE(store->put("c", "a_b", 1));
  ASSERT_TRUE(store->put("c", "axb", 2));
  ASSERT_TRUE(store->put("c", "a%b", 3));
  EXPECT_EQ(store->list("c", "a_").size(), 1U);
  EXPECT_EQ(store->list("c", "a%").size(), 1U);
}

TEST(Store, AFailedTransactionLeavesNothing) {
  const auto store = Store::in_memory();
  const auto status = store->transact([](Transaction& transaction) -> Status {
    transaction.put("c", "k", 1);
    return Error{"No", "no", 400};
  });
  EXPECT_EQ(status.error().code, "No");
  EXPECT_FALSE(store->get("c", "k"));
  EXPECT_THROW((void)store->transact([](Transaction& transaction) -> Status {
    transaction.put("c", "k", 1);
    throw std::runtime_error("thrown");
  }),
               std::runtime_error);
  EXPECT_FALSE(store->get("c", "k"));
  EXPECT_TRUE(store->put("c", "k", 2));  // and the store still works
}

TEST(Store, CompareAndSetRefusesAStaleVersion) {
  const auto store = Store::in_memory();
  ASSERT_TRUE(store->compare_and_set("c", "k", 0, 1));
  EXPECT_EQ(store->compare_and_set("c", "k", 0, 2).error().code, "VersionConflict");
  const auto version = store->get("c", "k")->version;
  ASSERT_TRUE(store->compare_and_set("c", "k", version, 2));
  EXPECT_EQ(store->compare_and_set("c", "k", version, 3).error().status, 412);
}

TEST(Store, WatchersSeeChangesInCommitOrderAndOnlyCommittedOnes) {
  const auto store = Store::in_memory();
  std::vector<std::string> seen;
  auto handle = store->watch(
      "c", [&](const Change& change) { seen.push_back(change.key + (change.value ? to_text(*change.value) : "-")); });
  ASSERT_TRUE(store->put("c", "a", 1));
  ASSERT_TRUE(store->put("other", "x", 1));
  EXPECT_FALSE(store->transact([](Transaction& transaction) -> Status {
    transaction.put("c", "b", 1);
    return Error{"No", "no"};
  }));
  ASSERT_TRUE(store->erase("c", "a"));
  handle.reset();
  ASSERT_TRUE(store->put("c", "z", 1));
  EXPECT_EQ(seen, (std::vector<std::string>{"a1", "a-"}));
}

TEST(Store, UpdatesFromManyThreadsAreNotLost) {
  const auto store = Store::in_memory();
  ASSERT_TRUE(store->put("c", "counter", 0));
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto status = store->update("c", "counter", [](Json& value) -> Status {
          value = value.as_int64() + 1;
          return {};
        });
        ASSERT_TRUE(status);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(store->get("c", "counter")->value, Json(200));
}

TEST_F(StoreOnDisk, FilesArePrivate) {
  const auto store = Store::open(path());
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->put("c", "k", 1));
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    struct stat about {};
    ASSERT_EQ(::stat(entry.path().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0077U, 0U) << entry.path();
  }
}

TEST_F(StoreOnDisk, WhatWasAcknowledgedSurvivesAKill) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const int child = ::fork();
  if (child == 0) {
    auto store = Store::open(path());
    const bool written = store && (*store)->put("c", "k", "kept");
    [[maybe_unused]] const auto ignored = ::write(ready[1], written ? "y" : "n", 1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  const auto store = Store::open(path());
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->get("c", "k")->value, Json("kept"));
}

TEST_F(StoreOnDisk, AFileThatIsNoDatabaseIsAnErrorThatNamesIt) {
  std::filesystem::create_directories(path());
  const auto store = Store::open(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, "StoreError");
  EXPECT_NE(store.error().message.find("state.db"), std::string::npos);
}

}  // namespace
}  // namespace lazuli::store
