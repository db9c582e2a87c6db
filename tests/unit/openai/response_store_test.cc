#include "openai/response_store.h"

#include <gtest/gtest.h>

#include <optional>

namespace lazuli::openai {
namespace {

const SystemClock kClock;

ResponseStore::Kept of_size(std::size_t bytes) {
  return {JsonObject{{"text", std::string(bytes, 'x')}}, {}};
}

TEST(ResponseStore, TheOldestGoWhenThereAreTooManyBytes) {
  ResponseStore store(kClock);
  for (const char* id : {"a", "b", "c", "d"}) store.put("account", id, of_size(std::size_t{10} << 20));
  EXPECT_FALSE(store.get("account", "a"));
  EXPECT_TRUE(store.get("account", "b"));
  EXPECT_TRUE(store.get("ACCOUNT", "d"));
  EXPECT_FALSE(store.get("other", "d"));
}

TEST(ResponseStore, WhatIsRemovedLeavesItsRoom) {
  ResponseStore store(kClock);
  for (const char* id : {"a", "b", "c"}) store.put("account", id, of_size(std::size_t{10} << 20));
  EXPECT_TRUE(store.remove("account", "b"));
  EXPECT_FALSE(store.remove("account", "b"));
  store.put("account", "d", of_size(std::size_t{10} << 20));
  EXPECT_TRUE(store.get("account", "a"));
  EXPECT_FALSE(store.get("account", "b"));
}

TEST(ResponseStore, WhatAnAccountHasGoesWithItAndLeavesItsRoom) {
  ResponseStore store(kClock);
  for (const char* id : {"a", "b"}) store.put("account", id, of_size(std::size_t{15} << 20));
  store.remove_all("ACCOUNT");
  EXPECT_TRUE(store.all("account").empty());
  EXPECT_FALSE(store.get("account", "a"));
  for (const char* id : {"a", "b"}) store.put("other", id, of_size(std::size_t{15} << 20));
  store.remove_all("othe");
  EXPECT_EQ(store.all("other").size(), 2U);
}

TEST(ResponseStore, WhatIsReplacedStaysInItsPlaceAndIsCountedAnew) {
  ResponseStore store(kClock);
  for (const char* id : {"a", "b", "c"}) store.put("account", id, of_size(std::size_t{1} << 20));
  store.replace("account", "a", of_size(std::size_t{30} << 20).response);
  store.replace("account", "a", JsonObject{{"text", "new"}});
  store.replace("account", "none", JsonObject());
  EXPECT_EQ(store.all("account").size(), 3U);
  EXPECT_EQ(string_at(store.all("account").at(0), "text"), "new");
  EXPECT_TRUE(store.all("other").empty());
  store.put("account", "d", of_size(std::size_t{28} << 20));
  EXPECT_TRUE(store.get("account", "a"));
}

TEST(ResponseStore, FindsAnItemOfTheAccountAlone) {
  ResponseStore store(kClock);
  store.put("account", "a", {JsonObject(), JsonArray{JsonObject{{"id", "msg_1"}, {"type", "message"}}}});
  ASSERT_TRUE(store.item("account", "msg_1"));
  EXPECT_FALSE(store.item("account", "msg_2"));
  EXPECT_FALSE(store.item("accoun", "msg_1"));
}

// What a program that is started again finds.
class ResponseStoreAgain : public testing::Test {
 protected:
  ResponseStoreAgain() { again(); }
  void again() {
    kept_.reset();
    behind_.reset();
    behind_.emplace(*store_, log_);
    kept_.emplace(clock_, &*behind_, "responses");
  }
  void put(const char* id) {
    kept_->put("account", id, {JsonObject{{"id", id}}, JsonArray{JsonObject{{"id", std::string("msg_") + id}}}});
  }
  std::string ids() const {
    std::string out;
    for (const auto& one : kept_->all("account")) out += string_at(one, "id") + " ";
    return out;
  }

  ManualClock clock_{from_unix(1'800'000'000)};
  Log log_;
  std::unique_ptr<store::Store> store_ = store::Store::in_memory();
  std::optional<store::WriteBehind> behind_;
  std::optional<ResponseStore> kept_;
};

TEST_F(ResponseStoreAgain, HasWhatWasKeptInItsOrder) {
  for (const char* id : {"c", "a", "b"}) put(id);
  again();
  put("0");
  EXPECT_EQ(ids(), "c a b 0 ");
  again();
  EXPECT_EQ(ids(), "c a b 0 ");
  EXPECT_TRUE(kept_->item("account", "msg_a"));
}

TEST_F(ResponseStoreAgain, HasWhatBecameOfIt) {
  for (const char* id : {"a", "b", "c"}) put(id);
  kept_->replace("account", "a", JsonObject{{"id", "new"}});
  kept_->remove("account", "b");
  again();
  EXPECT_EQ(ids(), "new c ");
  kept_->remove_all("account");
  again();
  EXPECT_EQ(ids(), "");
}

TEST_F(ResponseStoreAgain, HasNoMoreThanThereIsRoomFor) {
  for (const char* id : {"a", "b", "c"}) kept_->put("account", id, of_size(std::size_t{15} << 20));
  again();
  EXPECT_FALSE(kept_->get("account", "a"));
  EXPECT_TRUE(kept_->get("account", "c"));
  EXPECT_EQ(store_->list("responses").size(), 2U);
}

TEST_F(ResponseStoreAgain, KeepsForThirtyDays) {
  for (const char* id : {"a", "b"}) {
    put(id);
    clock_.advance(std::chrono::days(20));
  }
  again();
  EXPECT_EQ(ids(), "b ");
  clock_.advance(std::chrono::days(11));
  put("c");
  EXPECT_EQ(ids(), "c ");
  again();
  EXPECT_EQ(ids(), "c ");
}

TEST_F(ResponseStoreAgain, SaysOfWhatWasInTheMakingThatItFailed) {
  kept_->put("account", "a", {JsonObject{{"status", "in_progress"}, {"error", nullptr}}, {}});
  again();
  again();
  const auto response = kept_->get("account", "a")->response;
  EXPECT_EQ(string_at(response, "status"), "failed");
  EXPECT_EQ(string_at(response, "error", "code"), "server_error");
}

}  // namespace
}  // namespace lazuli::openai
