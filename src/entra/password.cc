#include "crypto/passwords.h"
#include "entra/grants.h"

namespace lazuli::entra {

// RFC 6749, section 4.3: `az login -u USER -p PASSWORD`.
Result<JsonObject> grant_password(Context& context, const TokenRequest& request) {
  const auto name = request.form.require("username");
  if (!name) return name.error();
  const auto password = request.form.require("password");
  if (!password) return password.error();
  const auto client = authenticate_client(context, request, false);
  if (!client) return client.error();
  const auto user = context.directory.user(*name);
  // One answer for an unknown user, a wrong password and a user without one: names are not to be found out by trying.
  if (!user || !crypto::password_matches(user->password, *password)) {
    return sts_error(50126, "Error validating credentials due to invalid username or password.");
  }
  return user_answer(context, request, *client, user->object_id, request.form.get("scope"), {});
}

}  // namespace lazuli::entra
