#include "entra/signed_assertions.h"

#include "crypto/keys.h"

namespace lazuli::entra {

bool SignedAssertions::verify(const crypto::Jws& assertion, const crypto::PublicKey& key) {
  const std::string hash = crypto::sha256(assertion.signed_part + "." + assertion.signature);
  const auto signer = recent_.find(hash);
  if (signer && signer->handle() == key.handle()) return true;
  if (!crypto::verify_jws(assertion, key)) return false;
  recent_.put(hash, std::make_shared<const crypto::PublicKey>(key));
  return true;
}

}  // namespace lazuli::entra
