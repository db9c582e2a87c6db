// Shared access signatures for lazuli's own blob storage: which blob, what may be done with it, until when, under an
// HMAC-SHA256 by a key that never leaves the store. The query has the members of Azure's user-delegation signatures.
// Pure functions over a key.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http.h"

namespace lazuli::registry {

struct SasGrant {
  std::string host;
  std::string path;         // "/container-…/logs/ca1/rawtext.log"
  std::string permissions;  // of "racw"
  TimePoint expires;
};

std::string sas_query(std::string_view key, const SasGrant& grant, TimePoint now, std::string_view tenant_id);

// Error codes of Azure storage: "AuthenticationFailed", "AuthorizationPermissionMismatch" (403).
Status check_sas(std::string_view key, std::string_view host, std::string_view path, const net::Query& query,
                 char permission, TimePoint now);

}  // namespace lazuli::registry
