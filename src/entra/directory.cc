#include "entra/directory.h"

#include <ctime>

#include "base/text.h"
#include "crypto/certificates.h"

namespace lazuli::entra {

namespace {

// The other keys of a record: each with a letter for its kind, so that one map holds them all.
std::vector<std::string> keys_of(const Application& application) {
  std::vector<std::string> keys = {"c:" + to_lower(application.client_id)};
  for (const auto& uri : application.identifier_uris) keys.push_back("u:" + to_lower(uri));
  return keys;
}
std::vector<std::string> keys_of(const ServicePrincipalRecord& principal) {
  std::vector<std::string> keys = {"c:" + to_lower(principal.client_id)};
  if (!principal.resource_id.empty()) keys.push_back("r:" + to_lower(principal.resource_id));
  return keys;
}
std::vector<std::string> keys_of(const User& user) {
  return {"n:" + to_lower(user.name)};
}
std::vector<std::string> keys_of(const Group&) {
  return {};
}

bool has_role(const Json& document) {
  return !texts_of(find(document, "directoryRoles")).empty();
}

std::vector<Secret> secrets_of(const Json& document) {
  std::vector<Secret> out;
  const Json* list = find(document, "secrets");
  if (!list || !list->is_array()) return out;
  for (const auto& item : list->get_array()) {
    out.push_back({hex_decode(string_at(item, "salt")).value_or(""), hex_decode(string_at(item, "hash")).value_or(""),
                   parse_time(string_at(item, "startDateTime"), TimePoint::min()),
                   parse_time(string_at(item, "endDateTime"), TimePoint::max())});
  }
  return out;
}

std::vector<ClientCertificate> certificates_of(const Json& document) {
  std::vector<ClientCertificate> out;
  const Json* list = find(document, "certificates");
  if (!list || !list->is_array()) return out;
  for (const auto& item : list->get_array()) {
    const std::string pem = string_at(item, "pem");
    auto key = crypto::PublicKey::from_certificate_pem(pem);
    if (!key) continue;
    const std::string der = crypto::der_of(pem);
    out.push_back({base64url(crypto::sha1(der)), base64url(crypto::sha256(der)), std::move(*key),
                   std::min(crypto::not_after(pem), parse_time(string_at(item, "endDateTime"), TimePoint::max()))});
  }
  return out;
}

std::shared_ptr<const Application> read_application(const Json& document) {
  auto out = std::make_shared<Application>();
  const Json& graph = *find(document, "graph");
  out->object_id = string_at(graph, "id");
  out->client_id = string_at(graph, "appId");
  out->display_name = string_at(graph, "displayName");
  out->identifier_uris = texts_of(find(graph, "identifierUris"));
  for (const char* platform : {"web", "spa", "publicClient"}) {
    for (auto& uri : texts_of(find(graph, platform, "redirectUris"))) out->redirect_uris.push_back(std::move(uri));
  }
  out->credentials = {secrets_of(document), certificates_of(document)};
  out->public_client = bool_or(find(graph, "isFallbackPublicClient"));
  out->token_version = integer(find(graph, "api", "requestedAccessTokenVersion")).value_or(1) == 2 ? 2 : 1;
  out->document = document;
  return out;
}

std::shared_ptr<const ServicePrincipalRecord> read_service_principal(const Json& document) {
  auto out = std::make_shared<ServicePrincipalRecord>();
  const Json& graph = *find(document, "graph");
  out->object_id = string_at(graph, "id");
  out->client_id = string_at(graph, "appId");
  out->display_name = string_at(graph, "displayName");
  out->resource_id = string_at(document, "resourceId");
  out->type =
      out->resource_id.empty() ? access::PrincipalType::service_principal : access::PrincipalType::managed_identity;
  out->enabled = bool_or(find(graph, "accountEnabled"), true);
  out->administrator = has_role(document);
  out->credentials = {secrets_of(document), certificates_of(document)};
  out->document = document;
  return out;
}

std::shared_ptr<const User> read_user(const Json& document) {
  auto out = std::make_shared<User>();
  const Json& graph = *find(document, "graph");
  out->object_id = string_at(graph, "id");
  out->name = string_at(graph, "userPrincipalName");
  out->display_name = string_at(graph, "displayName");
  out->password = string_at(document, "password");
  out->enabled = bool_or(find(document, "accountEnabled"), true);
  out->administrator = has_role(document);
  out->document = document;
  return out;
}

std::shared_ptr<const Group> read_group(const Json& document) {
  auto out = std::make_shared<Group>();
  const Json& graph = *find(document, "graph");
  out->object_id = string_at(graph, "id");
  out->display_name = string_at(graph, "displayName");
  for (auto& member : texts_of(find(document, "members"))) out->members.insert(std::move(member));
  out->document = document;
  return out;
}

template <typename Record, typename Reader>
void follow(Table<Record>& table, const store::Change& change, Reader read) {
  if (change.value && find(*change.value, "graph")) {
    table.put(read(*change.value));
  } else {
    table.erase(change.key);
  }
}

}  // namespace

template <typename Record>
std::vector<typename Table<Record>::Pointer> Table<Record>::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<Pointer> out;
  out.reserve(by_id_.size());
  for (const auto& entry : by_id_) out.push_back(entry.second);
  return out;
}

template <typename Record>
void Table<Record>::forget(const Record& record) {
  for (const auto& key : keys_of(record)) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end() && found->second->object_id == record.object_id) by_key_.erase(found);
  }
}

template <typename Record>
void Table<Record>::put(Pointer record) {
  const std::unique_lock lock(mutex_);
  Pointer& place = by_id_[record->object_id];
  if (place) forget(*place);
  for (const auto& key : keys_of(*record)) by_key_.insert_or_assign(key, record);
  place = std::move(record);
}

template <typename Record>
void Table<Record>::erase(std::string_view object_id) {
  const std::unique_lock lock(mutex_);
  const auto found = by_id_.find(object_id);
  if (found == by_id_.end()) return;
  forget(*found->second);
  by_id_.erase(found);
}

template class Table<Application>;
template class Table<ServicePrincipalRecord>;
template class Table<User>;
template class Table<Group>;

Directory::Directory(store::Store& store) {
  for (const auto collection : {kApplications, kServicePrincipals, kUsers, kGroups, kFederated}) {
    for (const auto& document : store.list(collection)) {
      apply({std::string(collection), document.key, std::make_shared<const Json>(document.value)});
    }
    watches_.push_back(store.watch(std::string(collection), [this](const store::Change& change) { apply(change); }));
  }
}

void Directory::apply(const store::Change& change) {
  if (change.collection == kApplications) {
    follow(applications, change, read_application);
  } else if (change.collection == kServicePrincipals) {
    follow(service_principals, change, read_service_principal);
  } else if (change.collection == kUsers) {
    follow(users, change, read_user);
  } else if (change.collection == kGroups) {
    apply_group(change);
  } else {
    const auto slash = change.key.find('/');
    if (slash == std::string::npos) return;
    apply_federated(change.key.substr(0, slash), change.key.substr(slash + 1), change.value.get());
  }
}

void Directory::apply_group(const store::Change& change) {
  const auto before = groups.find(change.key);
  follow(groups, change, read_group);
  const auto after = groups.find(change.key);
  const std::unique_lock lock(mutex_);
  if (before) {
    for (const auto& member : before->members) groups_of_member_[member].erase(change.key);
  }
  if (after) {
    for (const auto& member : after->members) groups_of_member_[member].insert(change.key);
  }
}

void Directory::apply_federated(const std::string& client_id, const std::string& name, const Json* value) {
  const std::unique_lock lock(mutex_);
  auto& named = federated_by_name_[client_id];
  if (value) {
    named.insert_or_assign(name, FederatedCredential{string_at(*value, "name"), string_at(*value, "issuer"),
                                                     string_at(*value, "subject"), texts_of(find(*value, "audiences")),
                                                     from_unix(integer(find(*value, "changed")).value_or(0))});
  } else {
    named.erase(name);
  }
  if (named.empty()) {
    federated_by_name_.erase(client_id);
    federated_.erase(client_id);
    return;
  }
  auto list = std::make_shared<std::vector<FederatedCredential>>();
  for (const auto& entry : named) list->push_back(entry.second);
  federated_.insert_or_assign(client_id, std::move(list));
}

Table<Application>::Pointer Directory::application(std::string_view client_id) const {
  return applications.find_by_key("c:" + to_lower(client_id));
}

Table<Application>::Pointer Directory::application_by_uri(std::string_view identifier_uri) const {
  return applications.find_by_key("u:" + to_lower(identifier_uri));
}

Table<ServicePrincipalRecord>::Pointer Directory::service_principal(std::string_view client_id) const {
  return service_principals.find_by_key("c:" + to_lower(client_id));
}

Table<ServicePrincipalRecord>::Pointer Directory::managed_identity(std::string_view resource_id) const {
  return service_principals.find_by_key("r:" + to_lower(resource_id));
}

Table<User>::Pointer Directory::user(std::string_view name) const {
  return users.find_by_key("n:" + to_lower(name));
}

bool Directory::active(std::string_view object_id) const {
  if (const auto principal = service_principals.find(object_id)) return principal->enabled;
  const auto user = users.find(object_id);
  return user && user->enabled;
}

std::vector<std::string> Directory::groups_of(std::string_view object_id) const {
  const std::shared_lock lock(mutex_);
  std::set<std::string> found;
  std::vector<std::string> open = {std::string(object_id)};
  while (!open.empty()) {
    const auto groups_of_it = groups_of_member_.find(open.back());
    open.pop_back();
    if (groups_of_it == groups_of_member_.end()) continue;
    for (const auto& group : groups_of_it->second) {
      if (found.insert(group).second) open.push_back(group);
    }
  }
  return {found.begin(), found.end()};
}

Directory::Credentials Directory::federated_credentials(std::string_view client_id) const {
  static const auto none = std::make_shared<const std::vector<FederatedCredential>>();
  const std::shared_lock lock(mutex_);
  const auto found = federated_.find(to_lower(client_id));
  return found == federated_.end() ? none : found->second;
}

std::vector<std::string> texts_of(const Json* list) {
  std::vector<std::string> out;
  if (!list || !list->is_array()) return out;
  for (const auto& item : list->get_array()) {
    if (item.is_string()) out.emplace_back(item.get_string());
  }
  return out;
}

JsonArray json_texts(const std::vector<std::string>& values) {
  JsonArray out;
  for (const auto& value : values) out.emplace_back(std::string_view(value));
  return out;
}

std::string federated_key(std::string_view client_id, std::string_view name) {
  return to_lower(client_id) + "/" + to_lower(name);
}

std::string new_secret(Random& random) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~_-.";
  constexpr std::size_t kLetters = 52, kLength = 40;
  return random.text(1, kAlphabet.substr(0, kLetters)) + random.text(kLength - 1, kAlphabet);
}

JsonObject stored_secret(std::string_view secret, std::string_view salt, TimePoint from, TimePoint until) {
  return {{"salt", hex(salt)},
          {"hash", hex(crypto::hmac_sha256(salt, secret))},
          {"startDateTime", iso8601(from, 0)},
          {"endDateTime", iso8601(until, 0)}};
}

bool secret_matches(const Secret& stored, std::string_view secret) {
  return crypto::equal_in_constant_time(crypto::hmac_sha256(stored.salt, secret), stored.hash);
}

TimePoint parse_time(std::string_view iso8601_text, TimePoint fallback) {
  std::tm parts{};
  const std::string text(iso8601_text);
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  return rest ? from_unix(timegm(&parts)) : fallback;
}

}  // namespace lazuli::entra
