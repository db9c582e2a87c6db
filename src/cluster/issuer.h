// The public face of clusters' token issuers, at *.oic.prod-aks.azure.com: the OpenID Connect discovery document and
// the keys of each issuer that is turned on, for whoever verifies a service account's token. Serves
// https://HOST/TENANT/GUID/.well-known/openid-configuration and …/openid/v1/jwks.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "net/exchange.h"

namespace lazuli::cluster {

// keys: the published keys of an issuer's URL ("https://HOST/TENANT/GUID/"), or nothing if it is not published.
using IssuerKeys = std::function<std::optional<Json>(const std::string& issuer)>;
net::Handler issuer_handler(IssuerKeys keys);

}  // namespace lazuli::cluster
