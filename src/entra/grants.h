// The ways to a token, one file each. A grant checks everything and makes the answer of the token endpoint's version.
#pragma once

#include "entra/client_authentication.h"
#include "entra/context.h"
#include "entra/token_request.h"

namespace lazuli::entra {

Result<JsonObject> grant_client_credentials(Context& context, const TokenRequest& request);
Result<JsonObject> grant_authorization_code(Context& context, const TokenRequest& request);
Result<JsonObject> grant_device_code(Context& context, const TokenRequest& request);
Result<JsonObject> grant_refresh_token(Context& context, const TokenRequest& request);
Result<JsonObject> grant_password(Context& context, const TokenRequest& request);

// The answer of POST …/devicecode, which begins the device-code grant.
Result<JsonObject> begin_device_code(Context& context, const TokenRequest& request);

// The resource that the request names in its version's way (`scope`, or `resource` in v1).
Result<Resource> requested_resource(const Context& context, const TokenRequest& request, const std::string& scope);
// The answer with a token for an application, and for a user (with id token and refresh token as the scope asks).
JsonObject application_answer(const TokenRequest& request, const Resource& resource, const AccessToken& token);
Result<JsonObject> user_answer(Context& context, const TokenRequest& request, const Client& client,
                               const std::string& user_id, const std::string& scope, const std::string& nonce);

// Refresh tokens: self-contained and signed with a key of this state directory, so that none needs a write.
struct RefreshGrant {
  std::string client_id, user_id;
  TimePoint issued;
};
std::string make_refresh_token(Context& context, const std::string& client_id, const std::string& user_id);
Result<RefreshGrant> read_refresh_token(const Context& context, std::string_view token);  // 70000, 700082

}  // namespace lazuli::entra
