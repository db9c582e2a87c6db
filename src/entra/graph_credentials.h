// Secrets and certificates of applications and service principals, as Graph makes, shows and removes them. A secret is
// shown once, when it is made; afterwards only its first three characters.
#pragma once

#include "entra/graph_call.h"

namespace lazuli::entra {

// The object as Graph shows it: the stored members with `passwordCredentials` and `keyCredentials` filled in.
JsonObject shown(const Json& document);

// Each changes the document in place; the caller stores it.
Result<JsonObject> add_password(const GraphCall& call, Json& document);  // the answer, with `secretText`
Status remove_password(const GraphCall& call, Json& document);
// The `keyCredentials` of a body replace the certificates; entries without a key keep the one that is stored.
Status set_certificates(const GraphCall& call, Json& document, const Json& key_credentials);

}  // namespace lazuli::entra
