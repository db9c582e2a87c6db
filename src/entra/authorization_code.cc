#include "base/text.h"
#include "crypto/keys.h"
#include "entra/grants.h"

namespace lazuli::entra {

namespace {

// RFC 7636, section 4.6.
bool proves_possession(const CodeGrant& grant, const std::string& verifier) {
  if (grant.challenge.empty()) return true;
  if (verifier.empty()) return false;
  const std::string derived = grant.challenge_method == "S256" ? base64url(crypto::sha256(verifier)) : verifier;
  return crypto::equal_in_constant_time(derived, grant.challenge);
}

}  // namespace

Result<JsonObject> grant_authorization_code(Context& context, const TokenRequest& request) {
  const auto code = request.form.require("code");
  if (!code) return code.error();
  const auto client = authenticate_client(context, request, false);
  if (!client) return client.error();
  // The code is spent by the attempt, right or wrong: whoever stole it gets one guess.
  const auto grant = context.pending.redeem_code(*code);
  if (!grant) return grant.error();
  if (!equals_ignoring_case(grant->client_id, client->id)) {
    return sts_error(70000, "The authorization code was issued to another client.");
  }
  if (grant->redirect_uri != request.form.get("redirect_uri")) {
    return sts_error(50011, "The reply address '" + request.form.get("redirect_uri") +
                                "' is not the one that the code was asked for with.");
  }
  if (client->portal && grant->challenge.empty()) {
    return sts_error(9002325,
                     "Proof Key for Code Exchange is required for cross-origin authorization code redemption.");
  }
  if (!proves_possession(*grant, request.form.get("code_verifier"))) {
    return sts_error(50148,
                     "The code_verifier does not match the code_challenge supplied in the authorization request.");
  }
  const std::string asked = request.form.get("scope");
  return user_answer(context, request, *client, grant->user_id, asked.empty() ? grant->scope : asked, grant->nonce);
}

}  // namespace lazuli::entra
