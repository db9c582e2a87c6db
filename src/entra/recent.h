// A bounded memory of what was found out about recent tokens, by their hash. Two generations: when the young one is
// full it becomes the old one, and what is asked for again moves up; so nothing needs to be ordered or timed.
// Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "entra/string_map.h"

namespace lazuli::entra {

template <typename T>
class Recent {
 public:
  explicit Recent(std::size_t generation) : generation_(generation) {}

  std::shared_ptr<const T> find(const std::string& hash) {
    std::shared_ptr<const T> found;
    {
      const std::shared_lock lock(mutex_);
      if (const auto young = young_.find(hash); young != young_.end()) return young->second;
      if (const auto old = old_.find(hash); old != old_.end()) found = old->second;
    }
    if (found) put(hash, found);
    return found;
  }

  void put(const std::string& hash, std::shared_ptr<const T> value) {
    const std::unique_lock lock(mutex_);
    if (young_.size() >= generation_) old_ = std::exchange(young_, {});
    young_.insert_or_assign(hash, std::move(value));
  }

 private:
  std::size_t generation_;
  std::shared_mutex mutex_;
  StringMap<std::shared_ptr<const T>> young_, old_;
};

}  // namespace lazuli::entra
