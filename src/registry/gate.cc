#include "registry/gate.h"

#include <algorithm>

#include "base/text.h"
#include "registry/errors.h"

namespace lazuli::registry {

namespace {

const std::vector<std::string> kAudiences = {"https://containerregistry.azure.net", "https://management.azure.com",
                                             "https://management.core.windows.net"};

using Form = std::vector<std::pair<std::string, std::string>>;

std::string field(const Form& form, std::string_view name) {
  const auto found = std::find_if(form.begin(), form.end(), [&](const auto& pair) { return pair.first == name; });
  return found == form.end() ? std::string() : found->second;
}

std::vector<Scope> scopes_of(const Form& form) {
  std::vector<Scope> out;
  for (const auto& [name, value] : form) {
    if (name != "scope") continue;
    for (auto& scope : parse_scopes(value)) out.push_back(std::move(scope));
  }
  return out;
}

bool complete(const JsonArray& access, const std::vector<Scope>& needed) {
  const Json claim = access;
  return std::all_of(needed.begin(), needed.end(), [&](const Scope& scope) {
    return std::all_of(scope.actions.begin(), scope.actions.end(),
                       [&](const std::string& action) { return covers(claim, scope.type, scope.name, action); });
  });
}

net::Response challenge(const RegistrySettings& registry, const std::vector<Scope>& needed, const Error& error,
                        bool insufficient) {
  Error answer = error;
  std::string scopes;
  JsonArray detail;
  for (const auto& scope : needed) {
    scopes += (scopes.empty() ? "" : " ") + scope.text();
    for (const auto& action : scope.actions)
      detail.push_back(JsonObject{{"Type", scope.type}, {"Name", scope.name}, {"Action", action}});
  }
  if (!detail.empty()) answer.details = std::move(detail);
  std::string value =
      "Bearer realm=\"https://" + registry.login_server + "/oauth2/token\",service=\"" + registry.login_server + "\"";
  if (!scopes.empty()) value += ",scope=\"" + scopes + "\"";
  if (insufficient) value += ",error=\"insufficient_scope\"";
  net::Response response = error_response(answer);
  response.headers.set("WWW-Authenticate", std::move(value));
  return response;
}

Error no_role(const RegistrySettings& registry) {
  return unauthorized("the caller has no role on registry " + registry.login_server +
                      ": it needs AcrPull, or another role that allows to pull");
}

}  // namespace

std::optional<std::pair<std::string, std::string>> basic_credentials(const net::Request& request) {
  const std::string_view header = request.headers.get("Authorization");
  if (!starts_with_ignoring_case(header, "basic ")) return std::nullopt;
  const auto decoded = base64_decode(trim(header.substr(6)));
  if (!decoded) return std::nullopt;
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return std::pair{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

Result<Gate::Identity> Gate::anonymous_identity(const RegistrySettings& registry) const {
  if (!registry.anonymous_pull) return unauthorized();
  return Identity{{}, anonymous_rights()};
}

Result<Gate::Identity> Gate::refresh_identity(std::string_view token, const RegistrySettings& registry) const {
  auto who = tokens_.read_refresh_token(token, registry.login_server);
  if (!who) return who.error();
  // lazuli's own tokens are given to builds, which read through them; what they build is taken in by other ways.
  const bool build = who->type == access::PrincipalType::system;
  Rights rights = build ? anonymous_rights() : rights_of(authorizer_, *who, registry.resource_id);
  if (registry.anonymous_pull) rights.merge(anonymous_rights());
  return Identity{*std::move(who), std::move(rights)};
}

Result<Gate::Identity> Gate::password_identity(const std::string& user, const std::string& password,
                                               const RegistrySettings& registry) const {
  if (user == kTokenUser || user == "<token>") return refresh_identity(password, registry);
  if (registry.admin_user && equals_ignoring_case(user, registry.admin_name)) {
    for (const auto& right : registry.admin_passwords) {
      if (crypto::equal_in_constant_time(right, password)) {
        access::Principal admin;
        admin.name = registry.admin_name;
        return Identity{std::move(admin), all_rights()};
      }
    }
  }
  if (!registry.admin_user && equals_ignoring_case(user, registry.admin_name))
    return unauthorized("the admin user of registry " + registry.login_server +
                        " is disabled: az acr update --admin-enabled true enables it");
  auto who = secrets_(user, password);
  // Any other name than a client id is just a wrong one.
  if (!who) return is_guid(user) ? unauthorized(who.error().code + ": " + who.error().message) : unauthorized();
  Rights rights = rights_of(authorizer_, *who, registry.resource_id);
  if (rights.empty()) return no_role(registry);
  if (registry.anonymous_pull) rights.merge(anonymous_rights());
  return Identity{*std::move(who), std::move(rights)};
}

Result<JsonArray> Gate::access_of(const net::Request& request, const RegistrySettings& registry,
                                  const std::vector<Scope>& scopes) const {
  if (const auto token = request.bearer(); !token.empty()) {
    auto access = tokens_.read_access_token(token, registry.login_server);
    if (!access) return access.error();
    return access->is_array() ? access->as_array() : JsonArray{};
  }
  auto identity = anonymous_identity(registry);
  if (const auto basic = basic_credentials(request))
    identity = password_identity(basic->first, basic->second, registry);
  if (!identity) return identity.error();
  return granted(scopes, identity->rights);
}

std::optional<net::Response> Gate::refusal(const net::Request& request, const RegistrySettings& registry,
                                           const std::vector<Scope>& needed) const {
  const bool with_credentials = request.headers.has("Authorization");
  // Even where everybody may pull, /v2/ asks for a token: that is how a client learns where to get one.
  if (needed.empty() && !with_credentials) return challenge(registry, needed, unauthorized(), false);
  const auto access = access_of(request, registry, needed);
  if (!access) return challenge(registry, needed, access.error(), false);
  if (!complete(*access, needed)) return challenge(registry, needed, unauthorized(), with_credentials);
  return std::nullopt;
}

net::Response Gate::exchange(const net::Request& request, const RegistrySettings& registry) const {
  const Form form = net::parse_form(request.body);
  const std::string grant = field(form, "grant_type");
  if (grant != "access_token" && grant != "access_token_refresh_token")
    return error_response({"UNSUPPORTED", "grant_type must be access_token", 400});
  const auto who = entra_.verify(field(form, "access_token"), kAudiences);
  if (!who) return error_response(unauthorized(who.error().message));
  if (rights_of(authorizer_, *who, registry.resource_id).empty()) return error_response(no_role(registry));
  return net::Response::json(200, JsonObject{{"refresh_token", tokens_.refresh_token(*who, registry.login_server)}});
}

net::Response Gate::token(const net::Request& request, const RegistrySettings& registry) const {
  const Form form = net::parse_form(request.method == "GET" ? request.raw_query : request.body);
  const std::string grant = request.method == "GET" ? "password" : field(form, "grant_type");
  std::string user = field(form, "username"), password = field(form, "password");
  if (const auto basic = basic_credentials(request)) std::tie(user, password) = *basic;

  Result<Identity> identity = unauthorized();
  if (grant == "refresh_token") {
    identity = refresh_identity(field(form, "refresh_token"), registry);
  } else if (grant == "access_token") {  // an Entra token at once
    auto who = entra_.verify(field(form, "access_token"), kAudiences);
    if (who) identity = Identity{*who, rights_of(authorizer_, *who, registry.resource_id)};
  } else if (grant == "password") {
    identity =
        user.empty() && password.empty() ? anonymous_identity(registry) : password_identity(user, password, registry);
  } else {
    return error_response({"UNSUPPORTED", "grant_type must be refresh_token or password", 400});
  }
  if (!identity) return error_response(identity.error());
  return net::Response::json(
      200, JsonObject{{"access_token", tokens_.access_token(identity->who, registry.login_server,
                                                            granted(scopes_of(form), identity->rights))}});
}

}  // namespace lazuli::registry
