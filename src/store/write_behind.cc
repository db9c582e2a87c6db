#include "store/write_behind.h"

namespace lazuli::store {

WriteBehind::~WriteBehind() {
  writer_.reset();
  write();
}

void WriteBehind::put(std::string_view collection, std::string_view key, Json value) {
  add({std::string(collection), std::string(key)}, std::move(value));
}

void WriteBehind::erase(std::string_view collection, std::string_view key) {
  add({std::string(collection), std::string(key)}, std::nullopt);
}

void WriteBehind::add(Place place, std::optional<Json> value) {
  const std::lock_guard lock(mutex_);
  const bool begins = waiting_.empty();
  waiting_.insert_or_assign(std::move(place), std::move(value));
  if (!begins) return;
  if (!writer_) writer_.emplace("write-behind", 1);
  writer_->post([this] { write(); });
}

void WriteBehind::write() {
  Changes changes;
  {
    const std::lock_guard lock(mutex_);
    changes.swap(waiting_);
  }
  if (changes.empty()) return;
  const auto written = store_.transact([&](Transaction& transaction) -> Status {
    for (const auto& [place, value] : changes) {
      if (value) {
        transaction.put(place.first, place.second, *value);
      } else {
        transaction.erase(place.first, place.second);
      }
    }
    return {};
  });
  if (!written) {
    log_.error("store", "Changes could not be kept: " + written.error().message, {{"documents", changes.size()}});
  }
}

}  // namespace lazuli::store
