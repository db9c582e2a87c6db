#include "openai/response_store.h"

#include <gtest/gtest.h>

namespace lazuli::openai {
namespace {

ResponseStore::Kept of_size(std::size_t bytes) {
  return {JsonObject{{"text", std::string(bytes, 'x')}}, {}};
}

TEST(ResponseStore, TheOldestGoWhenThereAreTooManyBytes) {
  ResponseStore store;
  for (const char* id : {"a", "b", "c", "d"}) store.put("account", id, of_size(std::size_t{10} << 20));
  EXPECT_FALSE(store.get("account", "a"));
  EXPECT_TRUE(store.get("account", "b"));
  EXPECT_TRUE(store.get("ACCOUNT", "d"));
  EXPECT_FALSE(store.get("other", "d"));
}

TEST(ResponseStore, WhatIsRemovedLeavesItsRoom) {
  ResponseStore store;
  for (const char* id : {"a", "b", "c"}) store.put("account", id, of_size(std::size_t{10} << 20));
  EXPECT_TRUE(store.remove("account", "b"));
  EXPECT_FALSE(store.remove("account", "b"));
  store.put("account", "d", of_size(std::size_t{10} << 20));
  EXPECT_TRUE(store.get("account", "a"));
  EXPECT_FALSE(store.get("account", "b"));
}

TEST(ResponseStore, WhatAnAccountHasGoesWithItAndLeavesItsRoom) {
  ResponseStore store;
  for (const char* id : {"a", "b"}) store.put("account", id, of_size(std::size_t{15} << 20));
  store.remove_all("ACCOUNT");
  EXPECT_TRUE(store.all("account").empty());
  EXPECT_FALSE(store.get("account", "a"));
  for (const char* id : {"a", "b"}) store.put("other", id, of_size(std::size_t{15} << 20));
  store.remove_all("othe");
  EXPECT_EQ(store.all("other").size(), 2U);
}

TEST(ResponseStore, WhatIsReplacedStaysInItsPlaceAndIsCountedAnew) {
  ResponseStore store;
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
  ResponseStore store;
  store.put("account", "a", {JsonObject(), JsonArray{JsonObject{{"id", "msg_1"}, {"type", "message"}}}});
  ASSERT_TRUE(store.item("account", "msg_1"));
  EXPECT_FALSE(store.item("account", "msg_2"));
  EXPECT_FALSE(store.item("accoun", "msg_1"));
}

}  // namespace
}  // namespace lazuli::openai
