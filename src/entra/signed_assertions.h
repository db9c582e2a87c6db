// What assertions say and which key was found to have signed them: SDKs present the same one for an hour, and reading
// it and its signature are the dear parts of checking it. Everything else is checked each time: that a credential
// matches, its time, and that the signer's key is still the issuer's (a key that was published anew is another key).
// Only what was verified is remembered, so that strangers cannot drive it out. Thread-safe.
#pragma once

#include <memory>
#include <string_view>

#include "crypto/keys.h"
#include "entra/assertion.h"
#include "entra/recent.h"

namespace lazuli::entra {

struct SignedAssertion {
  Assertion assertion;
  crypto::PublicKey signer;
};

class SignedAssertions {
 public:
  using Pointer = std::shared_ptr<const SignedAssertion>;

  Pointer find(std::string_view compact);  // null: not seen lately
  void put(std::string_view compact, SignedAssertion found);

 private:
  static constexpr std::size_t kRemembered = 32768;
  Recent<SignedAssertion> recent_{kRemembered};
};

}  // namespace lazuli::entra
