#include "entra/signed_assertions.h"

namespace lazuli::entra {

SignedAssertions::Pointer SignedAssertions::find(std::string_view compact) {
  return recent_.find(crypto::sha256(compact));
}

void SignedAssertions::put(std::string_view compact, SignedAssertion found) {
  recent_.put(crypto::sha256(compact), std::make_shared<const SignedAssertion>(std::move(found)));
}

}  // namespace lazuli::entra
