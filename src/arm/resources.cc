#include "arm/resources.h"

#include "base/text.h"

namespace lazuli::arm {

namespace {

constexpr std::string_view kPrivate = "private";

Resource from(store::Document&& stored) {
  Resource resource;
  if (auto* object = stored.value.if_object()) resource.document = std::move(*object);
  resource.version = stored.version;
  return resource;
}

// Keys of everything at or below an id start with its key; "/" closes the last name.
std::string below_prefix(const ResourceId& id) {
  return id.key() + "/";
}

}  // namespace

JsonObject Resource::visible() const {
  JsonObject shown = document;
  shown.stable_erase(kPrivate);
  return shown;
}

std::string Resource::id() const {
  return string_or(document.if_contains("id"));
}
std::string Resource::type() const {
  return string_or(document.if_contains("type"));
}

const Json* Resource::property(std::string_view name) const {
  const auto* properties = document.if_contains("properties");
  return properties ? find_member(*properties, name) : nullptr;
}

std::string Resource::property_text(std::string_view name) const {
  return string_or(property(name));
}

std::string Resource::private_text(std::string_view name) const {
  const auto* hidden = document.if_contains(kPrivate);
  return hidden ? string_or(find_member(*hidden, name)) : std::string();
}

std::string Resource::etag() const {
  const auto* tag = document.if_contains("etag");
  return string_or(tag ? tag : document.if_contains("eTag"));
}

JsonObject& Resource::properties() {
  return object_at(document, "properties");
}
JsonObject& Resource::hidden() {
  return object_at(document, kPrivate);
}

std::optional<Resource> Resources::get(const ResourceId& id) const {
  auto stored = store_.get(kResources, id.key());
  if (!stored) return std::nullopt;
  return from(*std::move(stored));
}

std::optional<Resource> Resources::get(std::string_view id) const {
  const auto parsed = ResourceId::parse(id);
  return parsed ? get(*parsed) : std::nullopt;
}

std::vector<Resource> Resources::children(const ResourceId& collection) const {
  const std::string prefix = below_prefix(collection);
  std::vector<Resource> found;
  for (auto& stored : store_.list(kResources, prefix)) {
    if (stored.key.find('/', prefix.size()) == std::string::npos) found.push_back(from(std::move(stored)));
  }
  return found;
}

std::vector<Resource> Resources::of_type(std::string_view type, std::string_view scope) const {
  const auto within = ResourceId::parse(scope);
  std::vector<Resource> found;
  for (auto& stored : store_.list(kResources, within ? below_prefix(*within) : std::string())) {
    const auto id = ResourceId::parse(stored.key);
    if (id && equals_ignoring_case(id->type(), type)) found.push_back(from(std::move(stored)));
  }
  return found;
}

std::vector<Resource> Resources::below(const ResourceId& scope) const {
  std::vector<Resource> found;
  for (auto& stored : store_.list(kResources, below_prefix(scope))) found.push_back(from(std::move(stored)));
  return found;
}

Status Resources::save(const Resource& resource) {
  return store_.transact([&](store::Transaction& transaction) -> Status {
    save(transaction, resource);
    return {};
  });
}

Status Resources::remove(const ResourceId& id) {
  return store_.erase(kResources, id.key());
}

Status Resources::update(const ResourceId& id, const std::function<Status(Resource&)>& change) {
  return store_.transact([&](store::Transaction& transaction) -> Status {
    auto resource = get(transaction, id);
    if (!resource) return resource_not_found(id);
    if (auto changed = change(*resource); !changed) return changed;
    save(transaction, *resource);
    return {};
  });
}

std::optional<Resource> Resources::get(store::Transaction& transaction, const ResourceId& id) {
  auto stored = transaction.get(kResources, id.key());
  if (!stored) return std::nullopt;
  return from(*std::move(stored));
}

void Resources::save(store::Transaction& transaction, const Resource& resource) {
  transaction.put(kResources, to_lower(resource.id()), resource.document);
}

Error resource_not_found(const ResourceId& id) {
  std::string path = id.provider().empty() ? id.type() : id.provider();
  for (const auto& [type, name] : id.segments()) append_all(path, "/", type, "/", name);
  return Error{"ResourceNotFound",
               "The Resource '" + path + "' under resource group '" + id.resource_group() +
                   "' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
               404};
}

Error group_not_found(std::string_view name) {
  return Error{"ResourceGroupNotFound", "Resource group '" + std::string(name) + "' could not be found.", 404};
}

Error bad_request(std::string_view code, std::string message, std::string target) {
  return Error{std::string(code), std::move(message), 400, std::move(target)};
}

}  // namespace lazuli::arm
