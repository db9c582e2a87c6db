// Which key was found to have signed an assertion: SDKs present the same one for an hour, and the signature is the dear
// part of checking it. Everything else about it is checked each time, and a key that was published anew is another key.
// Thread-safe.
#pragma once

#include "crypto/jws.h"
#include "entra/recent.h"

namespace lazuli::entra {

class SignedAssertions {
 public:
  bool verify(const crypto::Jws& assertion, const crypto::PublicKey& key);

 private:
  static constexpr std::size_t kRemembered = 32768;
  Recent<crypto::PublicKey> recent_{kRemembered};
};

}  // namespace lazuli::entra
