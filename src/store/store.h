// The document store: JSON documents in named collections, each with a version that grows by one with every write.
//
// Contract: transact() runs its function inside one serializable transaction; what it wrote is durable (fsync) when
// transact() returns ok, and nothing of it is there when the function returned an error or threw. The function may run
// again after a conflict, so it has no other effects. Watchers are told, in commit order, after the commit and before
// transact() returns; they must be quick and must not call the store. All methods are thread-safe.
//
// Keys are compared byte for byte; callers bring them to lower case where Azure ignores case. Stored in SQLite (WAL,
// synchronous=FULL) in one file of mode 0600.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::store {

struct Document {
  std::string key;
  Json value;
  std::int64_t version = 0;
};

class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual std::optional<Document> get(std::string_view collection, std::string_view key) = 0;
  // Documents whose key starts with the prefix, in key order; 0 means no limit.
  virtual std::vector<Document> list(std::string_view collection, std::string_view prefix = {},
                                     std::size_t limit = 0) = 0;
  virtual void put(std::string_view collection, std::string_view key, const Json& value) = 0;
  virtual bool erase(std::string_view collection, std::string_view key) = 0;  // false: was not there
};

struct Change {
  std::string collection;
  std::string key;
  std::shared_ptr<const Json> value;  // null: erased
};

class Store {
 public:
  // Opens or creates. Error code "StoreError": the path, and what the database said (full disk, corrupt file, in use).
  static Result<std::unique_ptr<Store>> open(const std::string& path);
  static std::unique_ptr<Store> in_memory();  // for tests
  ~Store();

  Status transact(const std::function<Status(Transaction&)>& work);

  std::optional<Document> get(std::string_view collection, std::string_view key) const;
  std::vector<Document> list(std::string_view collection, std::string_view prefix = {}, std::size_t limit = 0) const;
  Status put(std::string_view collection, std::string_view key, const Json& value);
  Status erase(std::string_view collection, std::string_view key);
  // Writes only if the stored version is `expected` (0: must not exist); error code "VersionConflict" (412) otherwise.
  Status compare_and_set(std::string_view collection, std::string_view key, std::int64_t expected, const Json& value);
  // Reads, changes by the function, writes, in one transaction; error "NotFound" (404) if absent.
  Status update(std::string_view collection, std::string_view key, const std::function<Status(Json&)>& change);

  // Called for every later change of the collection until the returned handle is dropped.
  using Watcher = std::function<void(const Change&)>;
  [[nodiscard]] std::shared_ptr<void> watch(std::string collection, Watcher watcher);

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lazuli::store
