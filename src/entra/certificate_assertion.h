// A client's proof by certificate (`private_key_jwt`): an assertion that the application made itself and signed with
// the key of a certificate that the directory knows. RS256, or PS256 as newer MSAL versions sign.
#pragma once

#include "base/result.h"
#include "crypto/jws.h"
#include "entra/context.h"

namespace lazuli::entra {

// certificates: those that the client may prove itself by.
Status check_certificate_assertion(const Context& context, std::string_view client_id,
                                   const std::vector<ClientCertificate>& certificates, const crypto::Jws& assertion);

}  // namespace lazuli::entra
