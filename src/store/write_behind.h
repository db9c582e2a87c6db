// Writes documents for those who do not wait until they are durable: the newest value of each, many in one transaction,
// in a thread of its own. Whoever has to see its own writes keeps them itself. What cannot be written is logged,
// without its value, and given up. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/worker_pool.h"
#include "store/store.h"

namespace lazuli::store {

class WriteBehind {
 public:
  WriteBehind(Store& store, Log& log) : store_(store), log_(log) {}
  ~WriteBehind();  // what was given before is in the store
  WriteBehind(const WriteBehind&) = delete;

  Store& store() { return store_; }
  void put(std::string_view collection, std::string_view key, Json value);
  void erase(std::string_view collection, std::string_view key);

 private:
  using Place = std::pair<std::string, std::string>;     // collection and key
  using Changes = std::map<Place, std::optional<Json>>;  // nothing: erased

  void add(Place place, std::optional<Json> value);
  void write();

  Store& store_;
  Log& log_;
  std::mutex mutex_;
  Changes waiting_;
  std::optional<WorkerPool> writer_;  // from the first write on
};

}  // namespace lazuli::store
