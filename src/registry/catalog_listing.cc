// What the catalogue tells of itself: records, their locks, and listings by page.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "registry/catalog.h"
#include "registry/catalog_keys.h"
#include "registry/names.h"

namespace lazuli::registry {

namespace {

constexpr const char* kLocks[] = {"deleteEnabled", "writeEnabled", "readEnabled", "listEnabled"};

Page paged(std::vector<store::Document> documents, const PageRequest& request) {
  std::vector<Record> records;
  records.reserve(documents.size());
  for (auto& document : documents) {
    Record record{last_part(document.key), std::move(document.value)};
    if (unlocked(record, "listEnabled")) records.push_back(std::move(record));
  }
  if (request.order == "timeasc" || request.order == "timedesc") {
    std::stable_sort(records.begin(), records.end(), [&](const Record& a, const Record& b) {
      const auto left = string_at(a.value, "updated"), right = string_at(b.value, "updated");
      return request.order == "timeasc" ? left < right : right < left;
    });
  }
  Page page;
  auto from = records.begin();
  if (!request.last.empty()) {
    from = request.order.empty()
               ? std::find_if(records.begin(), records.end(), [&](const Record& r) { return r.name > request.last; })
               : std::find_if(records.begin(), records.end(), [&](const Record& r) { return r.name == request.last; });
    if (!request.order.empty() && from != records.end()) ++from;
  }
  for (; from != records.end(); ++from) {
    if (request.n != 0 && page.records.size() == request.n) {
      page.more = true;
      break;
    }
    page.records.push_back(std::move(*from));
  }
  return page;
}

}  // namespace

bool unlocked(const std::optional<Record>& record, std::string_view lock) {
  return !record || bool_or(find(record->value, "locks", lock), true);
}

JsonObject lock_view(const Json& record) {
  JsonObject out;
  for (const char* name : kLocks) out[name] = bool_or(find(record, "locks", name), true);
  return out;
}

std::optional<Record> Catalog::repository(const Place& place) const {
  auto found = store_.get(kRepositories, key(place));
  if (!found) return std::nullopt;
  return Record{place.repository, std::move(found->value)};
}

std::optional<Record> Catalog::tag(const Place& place, std::string_view name) const {
  auto found = store_.get(kTags, key(place, name));
  if (!found) return std::nullopt;
  return Record{std::string(name), std::move(found->value)};
}

std::optional<Record> Catalog::manifest_record(const Place& place, std::string_view digest) const {
  auto found = store_.get(kManifests, key(place, digest));
  if (!found) return std::nullopt;
  return Record{std::string(digest), std::move(found->value)};
}

Status Catalog::change_locks(const Place& place, std::string_view name, const Json& locks) {
  const std::string_view collection = name.empty() ? kRepositories : valid_digest(name) ? kManifests : kTags;
  return store_.update(collection, name.empty() ? key(place) : key(place, name), [&](Json& value) -> Status {
    JsonObject& stored = object_at(value.as_object(), "locks");
    for (const char* lock : kLocks)
      if (const Json* wanted = find(locks, lock); wanted && wanted->is_bool()) stored[lock] = *wanted;
    value.as_object()["updated"] = iso8601(clock_.now());
    return {};
  });
}

Page Catalog::repositories(std::string_view space, const PageRequest& request) const {
  return paged(store_.list(kRepositories, std::string(space) + "|"), request);
}

Page Catalog::tags(const Place& place, const PageRequest& request) const {
  return paged(store_.list(kTags, key(place) + "|"), request);
}

Page Catalog::manifests(const Place& place, const PageRequest& request) const {
  return paged(store_.list(kManifests, key(place) + "|"), request);
}

std::vector<std::string> Catalog::tags_of(const Place& place, std::string_view digest) const {
  std::vector<std::string> out;
  for (const auto& document : store_.list(kTags, key(place) + "|"))
    if (string_at(document.value, "digest") == digest) out.push_back(last_part(document.key));
  return out;
}

std::uint64_t Catalog::size_of(std::string_view space) const {
  std::set<std::string> seen;
  std::uint64_t sum = 0;
  for (const auto& document : store_.list(kBlobs)) {
    const auto parts = split(document.key, '|');
    if (parts.size() != 3 || parts[1] != space || !seen.insert(parts[0]).second) continue;
    sum += static_cast<std::uint64_t>(integer(find(document.value, "size")).value_or(0));
  }
  return sum;
}

}  // namespace lazuli::registry
