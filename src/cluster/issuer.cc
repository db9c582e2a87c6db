#include "cluster/issuer.h"

#include "base/text.h"

namespace lazuli::cluster {
namespace {

constexpr std::string_view kDiscovery = "/.well-known/openid-configuration";
constexpr std::string_view kKeys = "/openid/v1/jwks";

net::Response not_found() {
  return net::Response::json(404,
                             JsonObject{{"error", "not_found"}, {"error_description", "There is no such issuer."}});
}

}  // namespace

net::Handler issuer_handler(IssuerKeys keys) {
  return [keys = std::move(keys)](const net::Request& request) {
    if (request.method != "GET" && request.method != "HEAD") return net::Response::empty(405);
    const std::string_view path = request.path;
    const bool discovery = path.ends_with(kDiscovery);
    if (!discovery && !path.ends_with(kKeys)) return not_found();
    const auto base = path.substr(0, path.size() - (discovery ? kDiscovery : kKeys).size());
    const std::string issuer = "https://" + request.host + std::string(base) + "/";
    const auto published = keys(issuer);
    if (!published) return not_found();
    auto response =
        discovery ? net::Response::json(200, JsonObject{{"issuer", issuer},
                                                        {"jwks_uri", issuer + std::string(kKeys.substr(1))},
                                                        {"response_types_supported", JsonArray{"id_token"}},
                                                        {"subject_types_supported", JsonArray{"public"}},
                                                        {"id_token_signing_alg_values_supported", JsonArray{"RS256"}}})
                  : net::Response::json(200, *published);
    response.headers.set("Cache-Control", "public, max-age=60");
    return response;
  };
}

}  // namespace lazuli::cluster
