// What a request to a registry's host is for, read from its path, and the rights that it takes. The vocabulary of the
// OCI distribution API (/v2), of Azure's own API (/acr/v1) and of the token endpoints. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/rights.h"

namespace lazuli::registry {

enum class Target {
  base,            // /v2/
  catalog,         // /v2/_catalog
  manifest,        // /v2/NAME/manifests/REFERENCE
  blob,            // /v2/NAME/blobs/DIGEST
  uploads,         // /v2/NAME/blobs/uploads/
  upload,          // /v2/NAME/blobs/uploads/ID
  tags,            // /v2/NAME/tags/list
  referrers,       // /v2/NAME/referrers/DIGEST
  acr_catalog,     // /acr/v1/_catalog
  acr_repository,  // /acr/v1/NAME
  acr_tags,        // /acr/v1/NAME/_tags
  acr_tag,         // /acr/v1/NAME/_tags/TAG
  acr_manifests,   // /acr/v1/NAME/_manifests
  acr_manifest,    // /acr/v1/NAME/_manifests/DIGEST
  exchange,        // /oauth2/exchange
  token,           // /oauth2/token
};

struct Route {
  Target target;
  std::string repository;
  std::string reference;  // tag, digest or upload id
};

// Nothing for a path that the registry does not know.
std::optional<Route> parse_route(std::string_view path);

// The scopes that the request takes; empty for the token endpoints, and for /v2/, which asks for any valid caller.
std::vector<Scope> scopes_needed(const Route& route, std::string_view method);

}  // namespace lazuli::registry
