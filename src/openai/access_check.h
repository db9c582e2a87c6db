// Who may call: the token's check and the role's, remembered together for half a second, so that a busy caller costs
// little and a revoked role, a deleted identity or a rotated key takes effect within one. Refusals are not remembered,
// unless a fault (negative-cache) asks for it. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "access/principal.h"
#include "base/clock.h"
#include "base/result.h"
#include "fault/rules.h"
#include "openai/vocabulary.h"

namespace lazuli::openai {

class AccessCheck {
 public:
  AccessCheck(const access::TokenVerifier& tokens, const access::Authorizer& authorizer, const Clock& clock,
              fault::Rules* faults = nullptr);

  // Errors in Azure's form: 401 without an envelope for the token, 401 PermissionDenied for the role.
  Result<std::shared_ptr<const access::Principal>> check(std::string_view token, std::string_view scope,
                                                         Operation operation);

 private:
  struct Asked {
    std::string_view token, scope;
    Operation operation;
    bool operator==(const Asked&) const = default;
  };
  struct Key {
    std::string token, scope;
    Operation operation;
    operator Asked() const { return {token, scope, operation}; }
  };
  // Of what is found by hash, all is compared; no two tokens end alike, for the signature is last.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Asked& asked) const;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Asked& a, const Asked& b) const { return a == b; }
  };
  struct Known {
    std::shared_ptr<const access::Principal> who;
    TimePoint until;
  };

  Result<std::shared_ptr<const access::Principal>> check_now(std::string_view token, std::string_view scope,
                                                             Operation operation) const;

  const access::TokenVerifier& tokens_;
  const access::Authorizer& authorizer_;
  const Clock& clock_;
  fault::Rules* faults_;
  std::mutex mutex_;
  std::unordered_map<Key, Known, Hash, Equal> known_;
};

}  // namespace lazuli::openai
