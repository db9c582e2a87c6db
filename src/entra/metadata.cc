#include "entra/metadata.h"

#include "base/text.h"

namespace lazuli::entra {

namespace {

net::Response failed(std::string_view word, const std::string& sentence, int status = 400) {
  return net::Response::json(status, JsonObject{{"error", word}, {"error_description", sentence}});
}

// A request may select among several identities; here there is one for each door.
bool selects(const net::Request& request, const ServicePrincipalRecord& identity) {
  const auto agrees = [&](std::initializer_list<std::string_view> names, std::string_view value) {
    for (const auto name : names) {
      if (request.query.has(name) && !equals_ignoring_case(request.query.get(name), value)) return false;
    }
    return true;
  };
  return agrees({"client_id"}, identity.client_id) && agrees({"object_id", "principal_id"}, identity.object_id) &&
         agrees({"msi_res_id", "mi_res_id"}, identity.resource_id);
}

}  // namespace

net::Response answer_metadata(Context& context, const net::Request& request, std::string_view identity_object_id) {
  const std::string path = to_lower(trim(request.path));
  if (path != "/metadata/identity/oauth2/token" && path != "/metadata/identity/oauth2/token/") {
    return failed("Not found", "The instance metadata service has tokens only.", 404);
  }
  // A page in a browser, or a server that is made to fetch an address, cannot set this header.
  if (!equals_ignoring_case(request.headers.get("Metadata"), "true") || request.headers.has("X-Forwarded-For")) {
    return failed("invalid_request", "Required metadata header not specified");
  }
  if (request.method != "GET") return failed("invalid_request", "Only GET is allowed here.", 405);
  const std::string wanted = request.query.get("resource");
  if (wanted.empty()) return failed("invalid_request", "Required query variable 'resource' is missing");
  const auto identity = context.directory.service_principals.find(identity_object_id);
  if (!identity || !identity->enabled || !selects(request, *identity)) {
    return failed("invalid_request", "Identity not found");
  }
  const auto resource = find_resource(context.directory, context.tenant_id, wanted);
  if (!resource) return failed("invalid_resource", resource.error().code + ": " + resource.error().message);
  const AccessToken token = context.tokens.for_application(*identity, *resource, ClientProof::assertion, {});
  context.log.info("entra", "token issued by instance metadata", {{"client_id", identity->client_id}});
  const std::string seconds = std::to_string(token.lifetime.count() - 1);
  return net::Response::json(200,
                             JsonObject{{"access_token", token.token},
                                        {"client_id", identity->client_id},
                                        {"expires_in", seconds},
                                        {"expires_on", std::to_string(unix_seconds(token.issued + token.lifetime))},
                                        {"ext_expires_in", seconds},
                                        {"not_before", std::to_string(unix_seconds(token.issued))},
                                        {"resource", wanted},
                                        {"token_type", "Bearer"}});
}

}  // namespace lazuli::entra
