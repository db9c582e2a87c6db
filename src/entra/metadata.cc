#include "entra/metadata.h"

#include <array>
#include <optional>
#include <span>

#include "base/text.h"
#include "crypto/keys.h"

namespace lazuli::entra {

namespace {

constexpr std::string_view kInstance = "/metadata/instance";
constexpr std::array<std::string_view, 3> kVersions = {"2018-02-01", "2019-08-01", "2021-02-01"};

net::Response failed(std::string_view word, const std::string& sentence, int status = 400) {
  return net::Response::json(status, JsonObject{{"error", word}, {"error_description", sentence}});
}

// A request may select among several identities.
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

// The identity that a request names among those that it may be, or the only one.
Result<ServicePrincipalRecord> chosen(Context& context, const net::Request& request,
                                      std::span<const std::string> object_ids) {
  std::optional<ServicePrincipalRecord> one;
  for (const auto& object_id : object_ids) {
    const auto identity = context.directory.service_principals.find(object_id);
    if (!identity || !identity->enabled || !selects(request, *identity)) continue;
    if (one) {
      return Error{"invalid_request",
                   "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity "
                   "in the token request",
                   400};
    }
    one = *identity;
  }
  if (!one) return Error{"invalid_request", "Identity not found", 400};
  return *std::move(one);
}

// The part that both services share: a checked request of somebody who may have the tokens of these identities.
Result<Json> token_for(Context& context, const net::Request& request, std::span<const std::string> object_ids) {
  if (request.method != "GET") return Error{"invalid_request", "Only GET is allowed here.", 405};
  const std::string wanted = request.query.get("resource");
  if (wanted.empty()) return Error{"invalid_request", "Required query variable 'resource' is missing", 400};
  const auto identity = chosen(context, request, object_ids);
  if (!identity) return identity.error();
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

JsonArray versions() {
  return JsonArray(kVersions.begin(), kVersions.end());
}

// The whole, or what a path within it names; a single value only as text.
net::Response answer_instance(const net::Request& request, std::string_view path, const Json& instance) {
  if (!request.query.has("api-version")) {
    return net::Response::json(400, JsonObject{{"error", "Bad request. api-version was not specified in the request"},
                                               {"newest-versions", versions()}});
  }
  const Json* at = &instance;
  for (const auto& part : split(path, '/')) {
    const Json* inner = nullptr;
    if (const auto* object = at->if_object()) {
      for (const auto& member : *object)
        if (equals_ignoring_case(member.key(), part)) inner = &member.value();
    }
    if (!inner) return failed("Not found", "The instance has no such element.", 404);
    at = inner;
  }
  if (at->is_object() || at->is_array()) return net::Response::json(200, *at);
  if (!equals_ignoring_case(request.query.get("format"), "text"))
    return failed("Bad request", "A single value is answered with format=text alone.");
  return net::Response::text(200, string_or(at));
}

// App Service's form of an error, which clients print.
net::Response app_service_error(const std::string& sentence, int status) {
  return net::Response::json(status, JsonObject{{"statusCode", status}, {"message", sentence}});
}

}  // namespace

net::Response answer_metadata(Context& context, const net::Request& request, const MetadataNode& node) {
  const std::string path(without_trailing_slashes(to_lower(trim(request.path))));
  const bool token = path == "/metadata/identity/oauth2/token";
  const bool instance = path == kInstance || path.starts_with(std::string(kInstance) + "/");
  if (!token && !instance && path != "/metadata/versions" && path != "/metadata/identity/info")
    return failed("Not found", "Instance metadata has no " + path.substr(0, 100) + ".", 404);
  // A page in a browser, or a server that is made to fetch an address, cannot set this header.
  if (!equals_ignoring_case(request.headers.get("Metadata"), "true") || request.headers.has("X-Forwarded-For")) {
    return failed("invalid_request", "Required metadata header not specified");
  }
  if (token) {
    const auto made = token_for(context, request, node.identities);
    return made ? net::Response::json(200, *made)
                : failed(made.error().code, made.error().message, made.error().status);
  }
  if (request.method != "GET") return failed("Method not allowed", "Only GET is allowed here.", 405);
  if (instance) return answer_instance(request, path.substr(kInstance.size()), node.instance);
  if (path == "/metadata/versions") return net::Response::json(200, JsonObject{{"apiVersions", versions()}});
  return net::Response::json(200, JsonObject{{"tenantId", context.tenant_id}});
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
  const auto token = token_for(context, request, {&object_id, 1});
  return token ? net::Response::json(200, *token) : app_service_error(token.error().message, token.error().status);
}

}  // namespace lazuli::entra
