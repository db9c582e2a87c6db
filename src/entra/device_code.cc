#include "entra/grants.h"

namespace lazuli::entra {

namespace {

constexpr std::int64_t kPollEvery = 2;  // seconds; Azure says 5, but here nobody is far away

}  // namespace

// RFC 8628, section 3.1.
Result<JsonObject> begin_device_code(Context& context, const TokenRequest& request) {
  const auto client_id = request.form.require("client_id");
  if (!client_id) return client_id.error();
  const auto client = find_client(context, *client_id);
  if (!client) return client.error();
  const std::string scope = request.form.get("scope");
  if (const auto resource = requested_resource(context, request, scope); !resource) return resource.error();
  const DeviceGrant grant = context.pending.begin_device(client->id, scope);
  const std::string page = context.sign_in_origin + "/devicecode";
  JsonObject answer = {{"user_code", grant.user_code},
                       {"device_code", grant.device_code},
                       {request.v2 ? "verification_uri" : "verification_url", page}};
  const std::int64_t lifetime = PendingSignIns::kDeviceLifetime.count();
  if (request.v2) {
    answer["expires_in"] = lifetime;
    answer["interval"] = kPollEvery;
  } else {
    answer["expires_in"] = std::to_string(lifetime);
    answer["interval"] = std::to_string(kPollEvery);
  }
  answer["message"] = "To sign in, use a web browser to open the page " + page + " and enter the code " +
                      grant.user_code + " to authenticate.";
  return answer;
}

// RFC 8628, section 3.4.
Result<JsonObject> grant_device_code(Context& context, const TokenRequest& request) {
  const auto code = request.form.require(request.v2 || request.form.has("device_code") ? "device_code" : "code");
  if (!code) return code.error();
  const auto client = authenticate_client(context, request, false);
  if (!client) return client.error();
  const auto redeemed = context.pending.redeem_device(*code, client->id);
  if (!redeemed) return redeemed.error();
  return user_answer(context, request, *client, redeemed->user_id, redeemed->grant.scope, {});
}

}  // namespace lazuli::entra
