#include "entra/discovery.h"

#include <algorithm>

#include "base/text.h"
#include "entra/sts_error.h"

namespace lazuli::entra {

namespace {

constexpr std::string_view kLoginHost = "login.microsoftonline.com";

// "https://host[:port]" as the client sees it. The Host header is the client's own word and goes back to that client
// only; what cannot be a host is replaced.
std::string origin(const net::Request& request) {
  std::string host = to_lower(request.headers.get("Host"));
  const bool plain =
      !host.empty() && host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-:[]") == std::string::npos;
  if (!plain) host = request.host.empty() ? std::string(kLoginHost) : request.host;
  if (host.ends_with(":443")) host.resize(host.size() - 4);
  return "https://" + host;
}

bool serves_any_tenant(const std::string& tenant) {
  return tenant == "common" || tenant == "organizations";
}

JsonArray list(std::initializer_list<std::string_view> items) {
  JsonArray out;
  for (const auto item : items) out.emplace_back(item);
  return out;
}

}  // namespace

net::Response openid_configuration(const Context& context, const net::Request& request, const std::string& tenant,
                                   bool v2) {
  const std::string base = origin(request) + "/" + (serves_any_tenant(tenant) ? tenant : context.tenant_id);
  const std::string oauth = base + (v2 ? "/oauth2/v2.0/" : "/oauth2/");
  // Documents of no particular tenant hold the placeholder itself.
  const std::string issuer_tenant = serves_any_tenant(tenant) ? "{tenantid}" : context.tenant_id;
  // Browsers do not know lazuli's authority, so people sign in at a page on loopback.
  const std::string authorize =
      context.sign_in_origin.empty() ? oauth + "authorize" : context.sign_in_origin + "/authorize";
  JsonObject body = {
      {"token_endpoint", oauth + "token"},
      {"token_endpoint_auth_methods_supported", list({"client_secret_post", "private_key_jwt", "client_secret_basic"})},
      {"jwks_uri", base + (v2 ? "/discovery/v2.0/keys" : "/discovery/keys")},
      {"response_modes_supported", list({"query", "fragment", "form_post"})},
      {"subject_types_supported", list({"pairwise"})},
      {"id_token_signing_alg_values_supported", list({"RS256"})},
      {"response_types_supported", list({"code"})},
      {"scopes_supported", v2 ? list({"openid", "profile", "email", "offline_access"}) : list({"openid"})},
      {"issuer",
       v2 ? origin(request) + "/" + issuer_tenant + "/v2.0" : "https://sts.windows.net/" + issuer_tenant + "/"},
      {"request_uri_parameter_supported", false},
      {"userinfo_endpoint", v2 ? "https://graph.microsoft.com/oidc/userinfo" : base + "/openid/userinfo"},
      {"authorization_endpoint", authorize},
      {"device_authorization_endpoint", oauth + "devicecode"},
      {"http_logout_supported", true},
      {"frontchannel_logout_supported", true},
      {"end_session_endpoint", oauth + "logout"},
      {"claims_supported", list({"sub", "iss", "cloud_instance_name", "cloud_instance_host_name",
                                 "cloud_graph_host_name", "msgraph_host", "aud", "exp", "iat", "auth_time", "acr",
                                 "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email"})},
      {"tenant_region_scope", "NA"},
      {"cloud_instance_name", "microsoftonline.com"},
      {"cloud_graph_host_name", "graph.windows.net"},
      {"msgraph_host", "graph.microsoft.com"},
      {"rbac_url", "https://pas.windows.net"},
  };
  return net::Response::json(200, body);
}

net::Response key_set(Context& context, bool v2) {
  JsonArray keys = context.keys.published();
  if (v2) {
    for (auto& key : keys) key.as_object()["issuer"] = context.tokens.issuer_v2();
  }
  return net::Response::json(200, JsonObject{{"keys", std::move(keys)}});
}

// `GET /common/discovery/instance?api-version=1.1&authorization_endpoint=U`: whether U's host is an authority that may
// be trusted. Whoever could get its certificate checked here is one of ours.
Result<JsonObject> instance_discovery(const Context& context, const net::Request& request) {
  const std::string asked = request.query.get("authorization_endpoint");
  if (asked.empty())
    return sts_error(900144, "The request must contain the following parameter: 'authorization_endpoint'.");
  const auto url = net::parse_url(asked);
  if (!url || !url->tls()) {
    return sts_error(50049, "Unknown or invalid instance: '" + asked.substr(0, 200) + "' is not an https address.");
  }
  const std::string host = url->origin.substr(std::string_view("https://").size());
  const auto segments = split(url->target, '/');
  const std::string tenant = segments.empty() ? context.tenant_id : segments.front();
  JsonArray metadata;
  if (host != kLoginHost) {
    metadata.push_back(JsonObject{{"preferred_network", host},
                                  {"preferred_cache", host},
                                  {"aliases", JsonArray{Json(boost::json::string(host))}}});
  }
  metadata.push_back(
      JsonObject{{"preferred_network", kLoginHost},
                 {"preferred_cache", "login.windows.net"},
                 {"aliases", list({kLoginHost, "login.windows.net", "login.microsoft.com", "sts.windows.net"})}});
  return JsonObject{
      {"tenant_discovery_endpoint", url->origin + "/" + tenant + "/v2.0/.well-known/openid-configuration"},
      {"api-version", "1.1"},
      {"metadata", std::move(metadata)}};
}

JsonObject user_realm(const Context& context, std::string_view user) {
  const auto at = user.rfind('@');
  const std::string domain(at == std::string_view::npos ? std::string_view() : user.substr(at + 1));
  JsonObject body = {{"ver", "1.0"}};
  if (equals_ignoring_case(domain, context.tenant_domain)) {
    body["account_type"] = "Managed";
    body["domain_name"] = domain;
    body["cloud_instance_name"] = "microsoftonline.com";
    body["cloud_audience_urn"] = "urn:federation:MicrosoftOnline";
  } else {
    body["account_type"] = "Unknown";
  }
  return body;
}

}  // namespace lazuli::entra
