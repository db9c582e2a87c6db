#include "openai/response_store.h"

#include <algorithm>

#include "base/text.h"

namespace lazuli::openai {

namespace {

std::size_t size_of(const ResponseStore::Kept& kept) {
  return to_text(kept.response).size() + to_text(kept.items).size();
}

}  // namespace

std::string ResponseStore::key(std::string_view account, std::string_view id) {
  return to_lower(account) + "\n" + std::string(id);
}

void ResponseStore::put(std::string_view account, std::string_view id, Kept kept) {
  const std::size_t size = size_of(kept);
  const std::lock_guard lock(mutex_);
  std::string at = key(account, id);
  forget(at);
  order_.push_back({at, size});
  bytes_ += size;
  kept_[std::move(at)] = std::move(kept);
  while (order_.size() > kMost || (bytes_ > kMostBytes && order_.size() > 1)) {
    kept_.erase(order_.front().key);
    bytes_ -= order_.front().bytes;
    order_.pop_front();
  }
}

std::optional<ResponseStore::Kept> ResponseStore::get(std::string_view account, std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(key(account, id));
  return found == kept_.end() ? std::nullopt : std::optional(found->second);
}

bool ResponseStore::remove(std::string_view account, std::string_view id) {
  const std::string at = key(account, id);
  const std::lock_guard lock(mutex_);
  return forget(at);
}

void ResponseStore::remove_all(std::string_view account) {
  const std::string prefix = key(account, {});
  const std::lock_guard lock(mutex_);
  std::erase_if(order_, [&](const Age& age) {
    if (!age.key.starts_with(prefix)) return false;
    kept_.erase(age.key);
    bytes_ -= age.bytes;
    return true;
  });
}

bool ResponseStore::forget(const std::string& at) {
  if (kept_.erase(at) == 0) return false;
  const auto age = std::ranges::find(order_, at, &Age::key);
  bytes_ -= age->bytes;
  order_.erase(age);
  return true;
}

void ResponseStore::replace(std::string_view account, std::string_view id, JsonObject response) {
  const std::string at = key(account, id);
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(at);
  if (found == kept_.end()) return;
  found->second.response = std::move(response);
  const auto age = std::ranges::find(order_, at, &Age::key);
  bytes_ -= age->bytes;
  age->bytes = size_of(found->second);
  bytes_ += age->bytes;
}

JsonArray ResponseStore::all(std::string_view account) const {
  const std::string prefix = key(account, {});
  const std::lock_guard lock(mutex_);
  JsonArray list;
  for (const auto& age : order_) {
    if (age.key.starts_with(prefix)) list.push_back(kept_.find(age.key)->second.response);
  }
  return list;
}

std::optional<Json> ResponseStore::item(std::string_view account, std::string_view id) const {
  const std::string all = key(account, {});
  const std::lock_guard lock(mutex_);
  for (auto kept = kept_.lower_bound(all); kept != kept_.end() && kept->first.starts_with(all); ++kept) {
    for (const auto& item : kept->second.items) {
      if (string_at(item, "id") == id) return item;
    }
  }
  return std::nullopt;
}

}  // namespace lazuli::openai
