// Answers "is this token good" for every door (access::TokenVerifier): RS256 with one of our own keys by its `kid`, one
// of our two issuers, our tenant, lifetime, audience, and a principal that still exists. What does not change about a
// token (everything but time, audience and principal) is remembered by the token's hash, so that on a hot path a
// verification is a look-up. Deleting or disabling a principal ends its tokens at once. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "base/clock.h"
#include "entra/directory.h"
#include "entra/recent.h"
#include "entra/signing_keys.h"

namespace lazuli::entra {

class Verifier final : public access::TokenVerifier {
 public:
  Verifier(const Directory& directory, const SigningKeys& keys, const Clock& clock, std::string tenant_id)
      : directory_(directory), keys_(keys), clock_(clock), tenant_id_(std::move(tenant_id)) {}

  Result<access::Principal> verify(std::string_view token, const std::vector<std::string>& audiences) const override;

 private:
  struct Checked {
    access::Principal principal;  // without groups, which change
    std::string key_id;
    std::string audience;  // without a closing slash
    std::int64_t not_before = 0, expires = 0;
  };
  using Known = std::shared_ptr<const Checked>;

  Result<Known> check(std::string_view token) const;

  const Directory& directory_;
  const SigningKeys& keys_;
  const Clock& clock_;
  std::string tenant_id_;

  static constexpr std::size_t kRemembered = 32768;  // tokens
  mutable Recent<Checked> recent_{kRemembered};
};

}  // namespace lazuli::entra
