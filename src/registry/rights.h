// What a caller may do in a registry: the scopes of Docker's token protocol ("repository:NAME:pull,push",
// "registry:catalog:*") and how Azure's roles give them. Roles grant by control-plane actions on the registry
// (registries/pull/read and so on); the newer repository roles grant by data actions. Thread-safe, no state.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "base/json.h"

namespace lazuli::registry {

// Names of rights, as scopes spell them.
inline constexpr std::string_view kPull = "pull";
inline constexpr std::string_view kPush = "push";
inline constexpr std::string_view kDelete = "delete";
inline constexpr std::string_view kMetadataRead = "metadata_read";
inline constexpr std::string_view kMetadataWrite = "metadata_write";
inline constexpr std::string_view kCatalog = "*";  // of registry:catalog

struct Scope {
  std::string type;  // "repository", "registry"
  std::string name;
  std::vector<std::string> actions;
  std::string text() const;
};

// One scope, or several apart by blanks; what is no scope is left out. Azure's camel-case spellings (metadataRead) too.
std::vector<Scope> parse_scopes(std::string_view text);

// The rights in one registry; the same for all its repositories.
using Rights = std::set<std::string, std::less<>>;

Rights rights_of(const access::Authorizer& authorizer, const access::Principal& who, std::string_view registry_id);
Rights all_rights();
Rights anonymous_rights();

// The part of the scopes that the rights cover, as a token's `access` claim.
JsonArray granted(const std::vector<Scope>& scopes, const Rights& rights);
// Whether an `access` claim covers a right.
bool covers(const Json& access, std::string_view type, std::string_view name, std::string_view action);

}  // namespace lazuli::registry
