#include "base/text.h"
#include "entra/grants.h"

namespace lazuli::entra {

namespace {

// Tokens that live for two hours or more are refreshed at half their life (`refresh_in`).
constexpr Seconds kRefreshable = std::chrono::hours(2);

std::string client_info(const Context& context, const User& user) {
  return base64url(to_text(JsonObject{{"uid", user.object_id}, {"utid", context.tenant_id}}));
}

// v2 numbers are numbers (some SDKs insist), v1 numbers are texts.
void add_token(JsonObject& answer, const TokenRequest& request, const Resource& resource, const AccessToken& token) {
  const std::int64_t seconds = token.lifetime.count() - 1;
  if (request.v2) {
    answer["expires_in"] = seconds;
    answer["ext_expires_in"] = seconds;
    if (token.lifetime >= kRefreshable) answer["refresh_in"] = seconds / 2;
  } else {
    answer["expires_in"] = std::to_string(seconds);
    answer["ext_expires_in"] = std::to_string(seconds);
    answer["expires_on"] = std::to_string(unix_seconds(token.issued + token.lifetime));
    answer["not_before"] = std::to_string(unix_seconds(token.issued));
    answer["resource"] = resource.audience;
  }
  answer["access_token"] = token.token;
}

// Scopes as the client will find its token by: "<resource>/<permission>", and those of OpenID Connect.
std::string granted_scope(const Resource& resource, const std::string& asked) {
  std::vector<std::string> out;
  for (const auto& permission : split(resource.scopes, ' ')) out.push_back(resource.audience + "/" + permission);
  for (const auto& one : split(asked, ' ')) {
    if (one.ends_with("/.default")) out.push_back(one);
  }
  for (const char* name : {"openid", "profile", "email"}) {
    if (has_scope(asked, name)) out.emplace_back(name);
  }
  return join(out, " ");
}

}  // namespace

Result<Resource> requested_resource(const Context& context, const TokenRequest& request, const std::string& scope) {
  if (request.v2) return delegated_scope(context.directory, context.tenant_id, scope);
  const auto name = request.form.require("resource");
  if (!name) return name.error();
  auto resource = find_resource(context.directory, context.tenant_id, *name);
  if (resource) resource->scopes = "user_impersonation";
  return resource;
}

JsonObject application_answer(const TokenRequest& request, const Resource& resource, const AccessToken& token) {
  JsonObject answer = {{"token_type", "Bearer"}};
  add_token(answer, request, resource, token);
  return answer;
}

Result<JsonObject> user_answer(Context& context, const TokenRequest& request, const Client& client,
                               const std::string& user_id, const std::string& scope, const std::string& nonce) {
  const auto user = context.directory.users.find(user_id);
  if (!user) return sts_error(50034, "The user account does not exist in the directory any more.");
  if (!user->enabled) return sts_error(50057, "The user account '" + user->name + "' is disabled.");
  const auto resource = requested_resource(context, request, scope);
  if (!resource) return resource.error();
  JsonObject answer = {{"token_type", "Bearer"}};
  answer["scope"] = request.v2 ? granted_scope(*resource, scope) : resource->scopes;
  add_token(answer, request, *resource, context.tokens.for_user(*user, client.id, *resource, client.proof));
  if (!request.v2 || has_scope(scope, "offline_access")) {
    answer["refresh_token"] = make_refresh_token(context, client.id, user->object_id);
    if (client.of_the_family()) answer["foci"] = "1";
  }
  if (!request.v2 || has_scope(scope, "openid")) answer["id_token"] = context.tokens.id_token(*user, client.id, nonce);
  if (request.form.get("client_info") == "1") answer["client_info"] = client_info(context, *user);
  return answer;
}

}  // namespace lazuli::entra
