#include "entra/login.h"

#include "base/text.h"
#include "crypto/jws.h"
#include "entra/discovery.h"
#include "entra/sts_error.h"
#include "entra/token_endpoint.h"

namespace lazuli::entra {

namespace {

constexpr std::size_t kBodyLimit = std::size_t{128} << 10;

bool is_domain(std::string_view text) {
  return text.find('.') != std::string_view::npos &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
             std::string_view::npos;
}

// Our tenant by id or by domain, or one of the names for "whichever tenant the person is in".
Status check_tenant(const Context& context, std::string_view segment) {
  if (equals_ignoring_case(segment, context.tenant_id) || equals_ignoring_case(segment, context.tenant_domain) ||
      segment == "common" || segment == "organizations") {
    return {};
  }
  if (is_guid(segment) || is_domain(segment)) {
    return sts_error(90002, "Tenant '" + std::string(segment.substr(0, 100)) +
                                "' not found. Check to make sure you have the correct tenant ID; this directory is '" +
                                context.tenant_id + "' (" + context.tenant_domain + ").");
  }
  return sts_error(900023, "Specified tenant identifier '" + std::string(segment.substr(0, 100)) +
                               "' is neither a valid DNS name, nor a valid external domain.");
}

net::Response not_found() {
  return net::Response::text(404, "There is no such page on login.microsoftonline.com.\n");
}

// A field of a form as it stands there, without decoding; empty if it is not there.
std::string_view raw_field(std::string_view body, std::string_view name) {
  for (std::size_t at = body.find(name); at != std::string_view::npos; at = body.find(name, at + 1)) {
    const std::size_t value = at + name.size();
    const bool whole = (at == 0 || body[at - 1] == '&') && value < body.size() && body[value] == '=';
    if (whole) return body.substr(value + 1, body.find('&', value) - value - 1);
  }
  return {};
}

net::Response redirect_to_sign_in(const Context& context, const net::Request& request) {
  net::Response response = net::Response::empty(302);
  response.headers.set("Location", context.sign_in_origin + "/authorize?" + request.raw_query);
  return response;
}

// There is no session to end: clients forget their tokens themselves.
net::Response sign_out() {
  return net::Response::text(200, "You are signed out.\n");
}

// The paths below a tenant, without it.
net::Response answer_tenant(Context& context, const net::Request& request, const std::string& tenant,
                            const std::string& path, const Correlation& ids, const TokenProxy* proxy) {
  if (path == "v2.0/.well-known/openid-configuration") return openid_configuration(context, request, tenant, true);
  if (path == ".well-known/openid-configuration") return openid_configuration(context, request, tenant, false);
  if (path == "discovery/v2.0/keys") return key_set(context, true);
  if (path == "discovery/keys") return key_set(context, false);
  const bool v2 = path.starts_with("oauth2/v2.0/");
  const std::string operation = path.starts_with("oauth2/") ? path.substr(v2 ? 12 : 7) : "";
  if (operation == "authorize") return redirect_to_sign_in(context, request);
  if (operation == "logout") return sign_out();
  if (operation != "token" && operation != "devicecode") return not_found();
  if (request.body.size() > kBodyLimit) return net::Response::text(413, "The request is too large.\n");
  const TokenRequest token_request{request, Form(net::parse_form(request.body)), v2, tenant, ids, proxy};
  return operation == "token" ? answer_token_request(context, token_request)
                              : answer_device_request(context, token_request);
}

net::Response route(Context& context, const net::Request& request, const Correlation& ids, const TokenProxy* proxy) {
  const auto segments = split(request.path, '/');
  if (segments.size() < 2) return not_found();
  const std::string tenant = to_lower(segments[0]);
  const std::string path = to_lower(join({segments.begin() + 1, segments.end()}, "/"));
  if (path == "discovery/instance") {
    const auto found = instance_discovery(context, request);
    return found ? net::Response::json(200, *found) : sts_response(found.error(), ids, context.clock.now());
  }
  if (path.starts_with("userrealm/")) return net::Response::json(200, user_realm(context, segments[2]));
  if (const Status known = check_tenant(context, tenant); !known) {
    if (path.ends_with("/token") && request.body.size() <= kBodyLimit) {
      const bool v2 = path.starts_with("oauth2/v2.0/");
      note_refusal(context, {request, Form(net::parse_form(request.body)), v2, tenant, ids, proxy}, known.error());
    }
    return sts_response(known.error(), ids, context.clock.now());
  }
  return answer_tenant(context, request, tenant, path, ids, proxy);
}

}  // namespace

net::Response answer_login(Context& context, const net::Request& request, const TokenProxy* proxy) {
  const Correlation ids = Correlation::of(request, context.random);
  net::Response response = route(context, request, ids, proxy);
  add_sts_headers(response, request, ids);
  return response;
}

bool login_blocks(Context& context, const net::Request& request) {
  if (context.keys.due()) return true;
  if (request.method != "POST") return false;
  // Mostly it is an assertion that is known: a token is the same when it is decoded, so the form need not be read yet.
  const bool known_grant = raw_field(request.body, "grant_type") == "client_credentials";
  const auto known =
      known_grant ? context.signed_assertions.find(raw_field(request.body, "client_assertion")) : nullptr;
  if (known) return !context.issuers.at_hand(known->assertion.issuer, known->assertion.key_id);
  const Form form(net::parse_form(request.body));
  if (form.get("grant_type") == "password") return true;
  const auto assertion = crypto::parse_jws(form.get("client_assertion"));
  return assertion && !context.issuers.at_hand(string_or(assertion->payload.if_contains("iss")), assertion->key_id());
}

}  // namespace lazuli::entra
