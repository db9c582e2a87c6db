// The directory: applications, service principals, users, groups and federated credentials. Documents live in the store
// ("entra.applications", "entra.servicePrincipals", "entra.users", "entra.groups" by object id; "entra.federated" by
// client id and name); every read is answered from memory, which follows the store's change feed. So a writer only
// transacts, and when transact() returns, each index tells the new state. Records are immutable and shared.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/keys.h"
#include "entra/entra.h"
#include "entra/string_map.h"
#include "store/store.h"

namespace lazuli::entra {

inline constexpr std::string_view kApplications = "entra.applications";
inline constexpr std::string_view kServicePrincipals = "entra.servicePrincipals";
inline constexpr std::string_view kUsers = "entra.users";
inline constexpr std::string_view kGroups = "entra.groups";
inline constexpr std::string_view kFederated = "entra.federated";
inline constexpr std::string_view kManagedIdentities = "entra.managedIdentities";  // by ARM id: {"object_id"}

// A client secret. Secrets are made by lazuli with 200 bits and more, so a salted hash is enough to keep them.
struct Secret {
  std::string salt, hash;  // hash = HMAC-SHA-256(salt, secret)
  TimePoint from, until;
};

struct ClientCertificate {
  std::string sha1, sha256;  // thumbprints, base64url
  crypto::PublicKey key;
  TimePoint until;
};

// What a client can prove itself by. Applications have them, and service principals may have their own.
struct ClientCredentials {
  std::vector<Secret> secrets;
  std::vector<ClientCertificate> certificates;
};

// Documents: {"graph": what Microsoft Graph shows, without credentials, "secrets": […], "certificates": […],
// "owners": [object ids]}.
struct Application {
  std::string object_id, client_id, display_name;
  std::vector<std::string> identifier_uris, redirect_uris;
  ClientCredentials credentials;
  bool public_client = false;
  int token_version = 1;
  Json document;
};

struct ServicePrincipalRecord : ServicePrincipal {
  bool enabled = true;
  bool administrator = false;  // of the directory: may use all of Graph
  ClientCredentials credentials;
  Json document;
};

struct User {
  std::string object_id, name, display_name;  // name: the user principal name
  std::string password;                       // hashed; empty: none
  bool enabled = true;
  bool administrator = false;
  Json document;
};

struct Group {
  std::string object_id, display_name;
  std::set<std::string, std::less<>> members;
  Json document;
};

// Records of one kind by object id and by their other keys.
template <typename Record>
class Table {
 public:
  using Pointer = std::shared_ptr<const Record>;

  Pointer find(std::string_view object_id) const { return look_up(by_id_, object_id); }
  Pointer find_by_key(std::string_view key) const { return look_up(by_key_, key); }
  std::vector<Pointer> all() const;

  void put(Pointer record);  // replaces the record with its object id
  void erase(std::string_view object_id);

 private:
  Pointer look_up(const StringMap<Pointer>& map, std::string_view key) const {
    const std::shared_lock lock(mutex_);
    const auto found = map.find(key);
    return found == map.end() ? nullptr : found->second;
  }
  void forget(const Record& record);

  mutable std::shared_mutex mutex_;
  StringMap<Pointer> by_id_, by_key_;
};

class Directory {
 public:
  using Credentials = std::shared_ptr<const std::vector<FederatedCredential>>;

  explicit Directory(store::Store& store);
  Directory(const Directory&) = delete;

  Table<Application> applications;
  Table<ServicePrincipalRecord> service_principals;
  Table<User> users;
  Table<Group> groups;

  Table<Application>::Pointer application(std::string_view client_id) const;
  Table<Application>::Pointer application_by_uri(std::string_view identifier_uri) const;
  Table<ServicePrincipalRecord>::Pointer service_principal(std::string_view client_id) const;
  Table<ServicePrincipalRecord>::Pointer managed_identity(std::string_view resource_id) const;
  Table<User>::Pointer user(std::string_view name) const;
  bool active(std::string_view object_id) const;  // a service principal or user that is there and enabled

  // Object ids of the groups that hold this object, directly or through another group.
  std::vector<std::string> groups_of(std::string_view object_id) const;
  // Never null.
  Credentials federated_credentials(std::string_view client_id) const;

 private:
  void apply(const store::Change& change);
  void apply_group(const store::Change& change);
  void apply_federated(const std::string& client_id, const std::string& name, const Json* value);

  mutable std::shared_mutex mutex_;  // of the maps below
  StringMap<std::set<std::string>> groups_of_member_;
  StringMap<StringMap<FederatedCredential>> federated_by_name_;
  StringMap<Credentials> federated_;
  std::vector<std::shared_ptr<void>> watches_;
};

// Lists of texts, in and out of JSON.
std::vector<std::string> texts_of(const Json* list);
JsonArray json_texts(const std::vector<std::string>& values);

// Keys of documents.
std::string federated_key(std::string_view client_id, std::string_view name);

// As Entra makes them, but never with a first character that a command line would take for an option.
std::string new_secret(Random& random);
// A secret as it is stored, {"salt","hash","startDateTime","endDateTime", …}, and the question whether one is right.
JsonObject stored_secret(std::string_view secret, std::string_view salt, TimePoint from, TimePoint until);
bool secret_matches(const Secret& stored, std::string_view secret);

TimePoint parse_time(std::string_view iso8601_text, TimePoint fallback);  // "2026-04-08T09:40:17[.fff]Z"

}  // namespace lazuli::entra
