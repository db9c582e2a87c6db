#include "entra/graph.h"

#include "base/text.h"
#include "entra/graph_handlers.h"

namespace lazuli::entra {

namespace {

constexpr std::size_t kBodyLimit = std::size_t{1} << 20;

struct Set {
  std::string_view name;
  GraphResult (*answer)(GraphCall&);
};

constexpr Set kSets[] = {
    {"applications", graph_applications},
    {"servicePrincipals", graph_service_principals},
    {"users", graph_users},
    {"groups", graph_groups},
    {"me", graph_me},
    {"directoryObjects", graph_directory_objects},
    {"organization", graph_organization},
};

Result<access::Principal> authenticate(const Context& context, const net::Request& request) {
  const std::string_view token = request.bearer();
  if (token.empty()) {
    return graph_error(401, "InvalidAuthenticationToken", "Access token is empty.");
  }
  auto principal =
      context.verifier.verify(token, {"https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"});
  if (principal) return principal;
  const bool audience = principal.error().code == "TokenAudience";
  return graph_error(401, "InvalidAuthenticationToken",
                     audience ? "Access token validation failure. Invalid audience."
                              : "Access token validation failure. " + principal.error().message);
}

bool is_administrator(const Directory& directory, const access::Principal& caller) {
  if (const auto principal = directory.service_principals.find(caller.object_id)) return principal->administrator;
  const auto user = directory.users.find(caller.object_id);
  return user && user->administrator;
}

Result<Json> read_body(const net::Request& request) {
  if (request.method != "POST" && request.method != "PATCH") return Json(nullptr);
  if (request.body.size() > kBodyLimit) return graph_error(413, "Request_EntityTooLarge", "The request is too large.");
  if (trim(request.body).empty()) return Json(JsonObject{});
  auto body = parse_json(request.body, {.depth = 16});
  if (!body || !body->is_object()) {
    return graph_error(400, "BadRequest",
                       "Unable to read JSON request payload. Please ensure Content-Type header is set "
                       "and payload is of valid JSON format.");
  }
  return body;
}

GraphResult answer(Context& context, const net::Request& request) {
  auto caller = authenticate(context, request);
  if (!caller) return std::move(caller).error();
  auto segments = split(request.path, '/');
  if (segments.size() < 2 || (segments[0] != "v1.0" && segments[0] != "beta")) {
    return graph_error(400, "BadRequest",
                       "Resource not found for the segment '" +
                           (segments.empty() ? std::string() : segments[0].substr(0, 100)) + "'.");
  }
  auto body = read_body(request);
  if (!body) return std::move(body).error();
  const bool administrator = is_administrator(context.directory, *caller);
  GraphCall call{context,         request,     std::move(*caller),
                 administrator,   segments[0], {segments.begin() + 1, segments.end()},
                 std::move(*body)};
  const std::string name = call.path[0].substr(0, call.path[0].find('('));
  for (const auto& set : kSets) {
    if (equals_ignoring_case(set.name, name)) return set.answer(call);
  }
  return graph_error(400, "BadRequest", "Resource not found for the segment '" + name.substr(0, 100) + "'.");
}

}  // namespace

net::Response answer_graph(Context& context, const net::Request& request) {
  const std::string request_id = context.random.uuid();
  const GraphResult result = answer(context, request);
  net::Response response =
      result ? *result : graph_error_response(result.error(), request, request_id, context.clock.now());
  if (response.status == 401) {
    response.headers.set(
        "WWW-Authenticate",
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", "
        "client_id=\"00000003-0000-0000-c000-000000000000\"");
  }
  response.headers.set("Cache-Control", "no-cache");
  response.headers.set("Strict-Transport-Security", "max-age=31536000");
  response.headers.set("request-id", request_id);
  const std::string_view sent = request.headers.get("client-request-id");
  response.headers.set("client-request-id", sent.empty() || sent.size() > 64 ? request_id : std::string(sent));
  response.headers.set(
      "x-ms-ags-diagnostic",
      R"({"ServerInfo":{"DataCenter":"lazuli","Slice":"E","Ring":"5","ScaleUnit":"000","RoleInstance":"lazuli"}})");
  response.headers.set("x-ms-resource-unit", request.method == "GET" && request.query.has("$filter") ? "2" : "1");
  return response;
}

}  // namespace lazuli::entra
