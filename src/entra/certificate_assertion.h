// A client's proof by certificate (`private_key_jwt`): an assertion that the application made itself and signed with
// the key of a certificate that the directory knows. RS256, or PS256 as newer MSAL versions sign.
#pragma once

#include "base/result.h"
#include "crypto/jws.h"
#include "entra/context.h"

namespace lazuli::entra {

Status check_certificate_assertion(Context& context, const Application& application, const crypto::Jws& assertion);

}  // namespace lazuli::entra
