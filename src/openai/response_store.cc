#include "openai/response_store.h"

#include <algorithm>

#include "base/text.h"
#include "openai/response_answer.h"

namespace lazuli::openai {

namespace {

std::size_t size_of(const ResponseStore::Kept& kept) {
  return to_text(kept.response).size() + to_text(kept.items).size();
}

}  // namespace

std::string ResponseStore::key(std::string_view account, std::string_view id) {
  return to_lower(account) + "\n" + std::string(id);
}

ResponseStore::ResponseStore(const Clock& clock, store::WriteBehind* behind, std::string collection)
    : clock_(clock), behind_(behind), collection_(std::move(collection)) {
  if (behind_ == nullptr) return;
  auto documents = behind_->store().list(collection_);
  std::ranges::sort(documents, {}, [](const store::Document& one) { return integer(find(one.value, "number")); });
  for (const auto& document : documents) {
    const auto *response = find(document.value, "response"), *items = find(document.value, "items");
    if (!response || !items || !response->is_object() || !items->is_array()) continue;
    Kept kept{response->get_object(), items->get_array()};
    const bool unfinished = under_way(kept.response);
    if (unfinished) fail(kept.response, "The program that made the response ended before it was complete.");
    const auto number = [&](std::string_view name) { return integer(find(document.value, name)).value_or(0); };
    const Age age{document.key, size_of(kept), number("number"), from_unix(number("since"))};
    add(age, std::move(kept));
    if (unfinished) write(age);
  }
  bound();
}

void ResponseStore::put(std::string_view account, std::string_view id, Kept kept) {
  const std::size_t size = size_of(kept);
  const std::lock_guard lock(mutex_);
  const Age age{key(account, id), size, order_.empty() ? 1 : order_.back().number + 1, clock_.now()};
  forget(age.key);
  add(age, std::move(kept));
  write(age);
  bound();
}

void ResponseStore::add(Age age, Kept kept) {
  bytes_ += age.bytes;
  kept_[age.key] = std::move(kept);
  order_.push_back(std::move(age));
}

void ResponseStore::bound() {
  const TimePoint oldest = clock_.now() - kKept;
  while (!order_.empty() &&
         (order_.front().since < oldest || order_.size() > kMost || (bytes_ > kMostBytes && order_.size() > 1))) {
    drop(order_.front());
    order_.pop_front();
  }
}

void ResponseStore::drop(const Age& age) {
  kept_.erase(age.key);
  bytes_ -= age.bytes;
  if (behind_ != nullptr) behind_->erase(collection_, age.key);
}

void ResponseStore::write(const Age& age) const {
  if (behind_ == nullptr) return;
  const Kept& kept = kept_.find(age.key)->second;
  behind_->put(collection_, age.key,
               JsonObject{{"number", age.number},
                          {"since", unix_seconds(age.since)},
                          {"response", kept.response},
                          {"items", kept.items}});
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
    drop(age);
    return true;
  });
}

bool ResponseStore::forget(const std::string& at) {
  if (!kept_.contains(at)) return false;
  const auto age = std::ranges::find(order_, at, &Age::key);
  drop(*age);
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
  write(*age);
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
