// Responses that were asked to be kept ("store", true unless said otherwise): for previous_response_id and for GET and
// DELETE; and, in a store of their own, chats ("store": true). For 30 days, as Azure keeps them, and bounded, oldest
// first to go; by account, so that one cannot read another's. Held in memory and written behind, so that they are there
// after a restart; a machine that fails loses the newest of them. Thread-safe.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "store/write_behind.h"

namespace lazuli::openai {

class ResponseStore {
 public:
  struct Kept {
    JsonObject response;
    JsonArray items;  // the conversation up to and with this response; of a chat, its messages
  };

  // Has what the collection has; null: they are in memory alone.
  explicit ResponseStore(const Clock& clock, store::WriteBehind* behind = nullptr, std::string collection = {});

  // In the place of what is there by that id.
  void put(std::string_view account, std::string_view id, Kept kept);
  std::optional<Kept> get(std::string_view account, std::string_view id) const;
  bool remove(std::string_view account, std::string_view id);
  void remove_all(std::string_view account);
  void replace(std::string_view account, std::string_view id, JsonObject response);  // in its place, if it is there
  JsonArray all(std::string_view account) const;                                     // the responses, oldest first
  // An item of one of the account's conversations.
  std::optional<Json> item(std::string_view account, std::string_view id) const;

 private:
  struct Age {
    std::string key;
    std::size_t bytes = 0;
    std::int64_t number = 0;  // a later one has a greater one
    TimePoint since;
  };

  void add(Age age, Kept kept);
  void bound();
  bool forget(const std::string& at);
  void drop(const Age& age);  // all but its place in the order
  void write(const Age& age) const;
  static std::string key(std::string_view account, std::string_view id);

  static constexpr std::size_t kMost = 2000;
  static constexpr std::size_t kMostBytes = std::size_t{32} << 20;
  static constexpr auto kKept = std::chrono::days(30);
  const Clock& clock_;
  store::WriteBehind* const behind_;
  const std::string collection_;
  mutable std::mutex mutex_;
  std::map<std::string, Kept, std::less<>> kept_;
  std::deque<Age> order_;
  std::size_t bytes_ = 0;
};

}  // namespace lazuli::openai
