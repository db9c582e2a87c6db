#include "entra/metadata.h"

#include "base/text.h"
#include "crypto/keys.h"

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

// The part that both services share: a checked request of somebody who may have this identity's tokens.
Result<Json> token_for(Context& context, const net::Request& request, std::string_view identity_object_id) {
  if (request.method != "GET") return Error{"invalid_request", "Only GET is allowed here.", 405};
  const std::string wanted = request.query.get("resource");
  if (wanted.empty()) return Error{"invalid_request", "Required query variable 'resource' is missing", 400};
  const auto identity = context.directory.service_principals.find(identity_object_id);
  if (!identity || !identity->enabled || !selects(request, *identity)) {
    return Error{"invalid_request", "Identity not found", 400};
  }
  const auto resource = find_resource(context.directory, context.tenant_id, wanted);
  if (!resource) return Error{"invalid_resource", resource.error().code + ": " + resource.error().message, 400};
  const AccessToken token = context.tokens.for_application(*identity, *resource, ClientProof::assertion, {});
  context.log.info("entra", "token issued by instance metadata", {{"client_id", identity->client_id}});
  const std::string seconds = std::to_string(token.lifetime.count() - 1);
  return Json(JsonObject{{"access_token", token.token},
                         {"client_id", identity->client_id},
                         {"expires_in", seconds},
                         {"expires_on", std::to_string(unix_seconds(token.issued + token.lifetime))},
                         {"ext_expires_in", seconds},
                         {"not_before", std::to_string(unix_seconds(token.issued))},
                         {"resource", wanted},
                         {"token_type", "Bearer"}});
}

// App Service's form of an error, which clients print.
net::Response app_service_error(const std::string& sentence, int status) {
  return net::Response::json(status, JsonObject{{"statusCode", status}, {"message", sentence}});
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
  const auto token = token_for(context, request, identity_object_id);
  return token ? net::Response::json(200, *token)
               : failed(token.error().code, token.error().message, token.error().status);
}

std::string identity_header(std::string_view key, std::string_view identity_object_id) {
  return std::string(identity_object_id) + "." +
         hex(crypto::hmac_sha256(key, "identity endpoint " + std::string(identity_object_id)));
}

net::Response answer_identity_endpoint(Context& context, const net::Request& request, std::string_view key) {
  const std::string header(request.headers.get("X-IDENTITY-HEADER"));
  const std::string object_id = header.substr(0, header.find('.'));
  if (key.empty() || !crypto::equal_in_constant_time(header, identity_header(key, object_id))) {
    return app_service_error("The header X-IDENTITY-HEADER must hold what IDENTITY_HEADER says.", 401);
  }
  const auto token = token_for(context, request, object_id);
  return token ? net::Response::json(200, *token) : app_service_error(token.error().message, token.error().status);
}

}  // namespace lazuli::entra
