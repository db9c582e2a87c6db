#include "base/text.h"
#include "crypto/keys.h"
#include "entra/grants.h"

namespace lazuli::entra {

namespace {

constexpr std::string_view kPrefix = "1.";
constexpr auto kInactivity = std::chrono::hours(24 * 90);  // each use gives a new one

}  // namespace

std::string make_refresh_token(Context& context, const std::string& client_id, const std::string& user_id) {
  const JsonObject content = {{"client", client_id},
                              {"user", user_id},
                              {"issued", unix_seconds(context.clock.now())},
                              {"nonce", base64url(context.random.bytes(12))}};
  const std::string body = std::string(kPrefix) + base64url(to_text(content));
  return body + "." + base64url(crypto::hmac_sha256(context.grant_key, body));
}

Result<RefreshGrant> read_refresh_token(const Context& context, std::string_view token) {
  const Error bad =
      sts_error(70000, "The provided value for the 'refresh_token' parameter is not valid. Sign in again.");
  const auto dot = token.rfind('.');
  if (!token.starts_with(kPrefix) || dot == std::string_view::npos || dot < kPrefix.size()) return bad;
  const auto seal = base64url_decode(token.substr(dot + 1));
  const std::string_view body = token.substr(0, dot);
  if (!seal || !crypto::equal_in_constant_time(*seal, crypto::hmac_sha256(context.grant_key, body))) return bad;
  const auto content = parse_json(base64url_decode(body.substr(kPrefix.size())).value_or(""), {.depth = 4});
  if (!content) return bad;
  RefreshGrant grant{string_at(*content, "client"), string_at(*content, "user"),
                     from_unix(integer(find(*content, "issued")).value_or(0))};
  if (grant.issued + kInactivity < context.clock.now()) {
    return sts_error(700082, "The refresh token has expired due to inactivity. The token was issued on " +
                                 iso8601(grant.issued) + " and was inactive for 90.00:00:00.");
  }
  return grant;
}

Result<JsonObject> grant_refresh_token(Context& context, const TokenRequest& request) {
  const auto token = request.form.require("refresh_token");
  if (!token) return token.error();
  const auto client = authenticate_client(context, request, false);
  if (!client) return client.error();
  const auto grant = read_refresh_token(context, *token);
  if (!grant) return grant.error();
  const auto owner = find_client(context, grant->client_id);
  const bool family = owner && owner->of_the_family() && client->of_the_family();
  if (!family && !equals_ignoring_case(grant->client_id, client->id)) {
    return sts_error(70000, "The refresh token was issued to another client.");
  }
  return user_answer(context, request, *client, grant->user_id, request.form.get("scope"), {});
}

}  // namespace lazuli::entra
