// The stored resources of all providers: one document for each, by lower-case id. A document holds what Azure would
// answer ("id", "name", "type", "location", "tags", "sku", "kind", "identity", "properties") and, beside it, the member
// "private" with what never leaves lazuli (keys, computed state). Providers load, change and save documents through
// this class; it knows nothing of any type. Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arm/resource_id.h"
#include "base/json.h"
#include "store/store.h"

namespace lazuli::arm {

inline constexpr std::string_view kResources = "resources";  // the store's collection

struct Resource {
  JsonObject document;         // with "private"
  std::int64_t version = 0;    // of the store; grows with each write
  JsonObject visible() const;  // without "private"
  std::string id() const;
  std::string type() const;
  const Json* property(std::string_view name) const;  // of "properties"
  std::string property_text(std::string_view name) const;
  std::string private_text(std::string_view name) const;
  std::string etag() const;  // the member "etag", or "eTag" as some providers write it; empty if there is none
  JsonObject& properties();
  JsonObject& hidden();  // "private"
};

class Resources {
 public:
  explicit Resources(store::Store& store) : store_(store) {}

  std::optional<Resource> get(const ResourceId& id) const;
  std::optional<Resource> get(std::string_view id) const;
  // Direct children of a collection (…/accounts/A/deployments), or all of a type below a scope.
  std::vector<Resource> children(const ResourceId& collection) const;
  std::vector<Resource> of_type(std::string_view type, std::string_view scope = {})
      const;  // scope: subscription, group or resource id; empty: everywhere
  std::vector<Resource> below(const ResourceId& scope) const;  // everything under it, itself not
  Status save(const Resource& resource);
  Status remove(const ResourceId& id);
  Status update(const ResourceId& id, const std::function<Status(Resource&)>& change);  // error ResourceNotFound (404)

  // The same inside a transaction of the caller's.
  static std::optional<Resource> get(store::Transaction& transaction, const ResourceId& id);
  static void save(store::Transaction& transaction, const Resource& resource);

  store::Store& store() { return store_; }

 private:
  store::Store& store_;
};

// Errors in Azure's words.
Error resource_not_found(const ResourceId& id);                                          // 404 ResourceNotFound
Error group_not_found(std::string_view name);                                            // 404 ResourceGroupNotFound
Error bad_request(std::string_view code, std::string message, std::string target = {});  // 400

}  // namespace lazuli::arm
