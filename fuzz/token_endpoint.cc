// The token service under hostile requests. An input is a request line, headers, an empty line, the body, an empty
// line, and an assertion in the three lines of World::token(), which "{assertion}" in the body stands for.
//
// Whatever comes in: the answer is well-formed, and an access token is in it only if the request proves its client by
// the secret, by an assertion that a key which the client trusts has signed over claims that are its own, by the user's
// refresh token, or by a code that is redeemed for the first time and with its verifier.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "paragraphs.h"
#include "rule.h"
#include "world.h"

namespace lazuli::fuzz {
namespace {

net::Request read_request(World& world, std::string_view text) {
  const auto parts = paragraphs(text, 3);
  const std::string assertion = world.token(world.expand(std::string(parts[2])));
  const auto lines = split(parts[0], '\n');
  net::Request request;
  request.host = "login.microsoftonline.com";
  request.headers.set("Host", request.host);
  request.peer = "127.0.0.1";
  request.body = replace_all(world.expand(std::string(parts[1])), "{assertion}", assertion);
  if (lines.empty()) return request;
  const std::string& first = lines.front();
  request.method = first.substr(0, first.find(' '));
  request.target = world.expand(first.substr(std::min(first.size(), request.method.size() + 1)));
  const auto question = request.target.find('?');
  request.path = percent_decode(request.target.substr(0, question));
  if (question != std::string::npos) request.raw_query = request.target.substr(question + 1);
  request.query = net::Query(request.raw_query);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto colon = lines[i].find(": ");
    if (colon == 0 || colon == std::string::npos) continue;
    std::string value = world.expand(lines[i].substr(colon + 2));
    constexpr std::string_view kBasic = "Basic ";
    // "Basic name:secret" is encoded here, for the fuzzer's sake.
    if (value.starts_with(kBasic) && value.find(':') != std::string::npos) {
      value = std::string(kBasic) + base64(std::string_view(value).substr(kBasic.size()));
    }
    request.headers.add(lines[i].substr(0, colon), value);
  }
  return request;
}

using Fields = std::map<std::string, std::string>;

std::string field(const Fields& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

// The assertion's claims if this key has signed them, read without what is being tested: from the last dot backwards.
Json signed_claims(const std::string& compact, const crypto::PublicKey& key) {
  const auto last = compact.rfind('.');
  const auto first = compact.find('.');
  if (last == std::string::npos || first == last) return nullptr;
  const std::string message = compact.substr(0, last);
  const auto signature = base64url_decode(compact.substr(last + 1));
  if (!signature || !(key.verify_rs256(message, *signature) || key.verify_ps256(message, *signature))) return nullptr;
  auto claims = parse_json(base64url_decode(compact.substr(first + 1, last - first - 1)).value_or(""));
  return claims ? std::move(*claims) : Json();
}

bool proves(const World::Trust& trust, const std::string& assertion) {
  const Json claims = signed_claims(assertion, *trust.key);
  if (string_at(claims, "iss") != trust.issuer || string_at(claims, "sub") != trust.subject) return false;
  if (!trust.audience.empty()) {
    const Json* audience = find(claims, "aud");
    const Json list = JsonArray{Json(std::string_view(trust.audience))};
    if (!audience || (string_or(audience) != trust.audience && *audience != list)) return false;
  }
  const Json* expires = find(claims, "exp");
  return expires && expires->is_number() && expires->to_number<double>() > kNow;
}

// Whose token the request may be given: an object id; empty if nobody's.
std::string deserved(const World& world, const net::Request& request, const Fields& fields) {
  const std::string grant = field(fields, "grant_type");
  if (grant == "client_credentials") {
    if (fields.contains("client_assertion")) {
      const auto found = std::ranges::find_if(
          world.trusts, [&](const World::Trust& one) { return proves(one, field(fields, "client_assertion")); });
      return found == world.trusts.end() ? "" : found->object_id;
    }
    const std::string basic =
        base64_decode(request.headers.get("Authorization")
                          .substr(std::min<std::size_t>(6, request.headers.get("Authorization").size())))
            .value_or("");
    const bool by_header = basic.find(world.initial.client_secret) != std::string::npos ||
                           percent_decode(basic, true).find(world.initial.client_secret) != std::string::npos;
    return by_header || field(fields, "client_secret") == world.initial.client_secret ? world.application.object_id
                                                                                      : "";
  }
  const bool refreshed = grant == "refresh_token" && field(fields, "refresh_token") == world.refresh_token;
  const bool redeemed = grant == "authorization_code" && !world.code.empty() && field(fields, "code") == world.code &&
                        field(fields, "code_verifier") == kVerifier && field(fields, "redirect_uri") == kRedirect;
  return refreshed || redeemed ? world.initial.user_object_id : "";
}

void check_refusal(const net::Response& response, const Json& body) {
  const Json* codes = find(body, "error_codes");
  rule(response.status >= 400 && response.status < 600, "a refusal has a status that says so", response.body);
  rule(string_at(body, "error_description").starts_with("AADSTS") && codes && codes->is_array() &&
           codes->get_array().size() == 1 && string_at(body, "trace_id").size() == 36 &&
           string_at(body, "correlation_id").size() == 36 && !string_at(body, "timestamp").empty(),
       "a refusal has Entra's form", response.body);
}

void check_token(World& world, const net::Request& request, const Json& body) {
  Fields fields;
  for (const auto& [name, value] : net::parse_form(request.body)) {
    rule(fields.emplace(name, value).second, "no token for a request with a field twice", name);
  }
  const std::string who = deserved(world, request, fields);
  const Json claims = signed_claims(string_at(body, "access_token"), world.public_key("entra"));
  rule(!who.empty(), "a token is given only for a proof", request.body);
  rule(string_at(claims, "oid") == who, "a token is for the one who proved itself", to_text(claims));
  rule(string_at(claims, "tid") == kTenant && integer(find(claims, "exp")).value_or(0) > kNow &&
           integer(find(claims, "exp")).value_or(0) <= kNow + 25 * 3600,
       "a token is of this tenant and lives for a day at most", to_text(claims));
  if (field(fields, "grant_type") == "authorization_code") {
    rule(world.entra->login(request).status == 400, "a code is redeemed once", request.body);
  }
}

void check_answer(World& world, const net::Request& request, const net::Response& response) {
  rule(response.status >= 200 && response.status < 600, "the status is HTTP's");
  rule(!response.headers.get("x-ms-request-id").empty(), "every answer can be found again");
  if (!response.headers.get("Content-Type").starts_with("application/json")) return;
  const auto body = parse_json(response.body);
  rule(body.ok() && body->is_object(), "a JSON answer is a JSON object", response.body);
  if (find(*body, "error")) check_refusal(response, *body);
  if (find(*body, "access_token")) {
    rule(response.status == 200 && !find(*body, "error"), "a refusal has no token", response.body);
    check_token(world, request, *body);
  }
}

}  // namespace
}  // namespace lazuli::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace lazuli::fuzz;
  static World world;
  const auto request = read_request(world, {reinterpret_cast<const char*>(data), size});
  (void)world.entra->login_blocks(request);
  check_answer(world, request, world.entra->login(request));
  return 0;
}
