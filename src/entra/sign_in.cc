#include "entra/sign_in.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/passwords.h"
#include "entra/client_authentication.h"
#include "entra/sign_in_pages.h"
#include "entra/token_request.h"
#include "net/same_origin.h"

namespace lazuli::entra {

namespace {

// Who the person says to be. Users without a password are picked by a click.
Result<Table<User>::Pointer> signed_in(const Context& context, const Form& form) {
  const auto user = context.directory.users.find(form.get("user"));
  if (!user) return sts_error(50034, "This user is not in the directory.");
  if (!user->enabled) return sts_error(50057, "The user account '" + user->name + "' is disabled.");
  if (!user->password.empty() && !crypto::password_matches(user->password, form.get("password"))) {
    return sts_error(50126, "The password of '" + user->name + "' is not right.");
  }
  return user;
}

Page page_of(const Context& context) {
  Page page;
  page.users = context.directory.users.all();
  std::erase_if(page.users, [](const auto& user) { return !user->enabled; });
  std::ranges::sort(page.users, {}, [](const auto& user) { return user->name; });
  page.tenant = context.tenant_domain;
  return page;
}

// ---- authorization code ----

constexpr const char* kAuthorizeFields[] = {
    "client_id", "redirect_uri",   "scope",         "state",         "nonce",
    "resource",  "code_challenge", "response_mode", "response_type", "code_challenge_method",
    "login_hint"};

struct Authorize {
  Client client;
  std::string redirect_uri, mode;
};

// What must be right before anything is sent to the redirect address: until then errors stay on the page.
Result<Authorize> check_authorize(const Context& context, const Form& form) {
  const auto client_id = form.require("client_id");
  if (!client_id) return client_id.error();
  auto client = find_client(context, *client_id);
  if (!client) return client.error();
  Authorize out{std::move(*client), form.get("redirect_uri"), form.get("response_mode")};
  if (!may_redirect(context, out.client, out.redirect_uri)) {
    return sts_error(50011, "The redirect URI '" + out.redirect_uri.substr(0, 200) +
                                "' specified in the request does not match the redirect URIs configured for the "
                                "application '" +
                                out.client.id + "'.");
  }
  if (form.get("response_type") != "code") return sts_error(70007, "Only the response type 'code' is supported.");
  if (out.mode.empty()) out.mode = "query";
  if (out.mode != "query" && out.mode != "fragment" && out.mode != "form_post") {
    return sts_error(70007, "'" + out.mode.substr(0, 40) + "' is not a supported response mode.");
  }
  const std::string method = form.get("code_challenge_method");
  if (!method.empty() && method != "S256" && method != "plain") {
    return sts_error(50148, "'" + method.substr(0, 40) + "' is not a supported code_challenge_method.");
  }
  return out;
}

net::Response send_back(const Authorize& asked, const std::vector<std::pair<std::string, std::string>>& fields) {
  if (asked.mode == "form_post") return form_post_page(asked.redirect_uri, fields);
  std::vector<std::string> parts;
  parts.reserve(fields.size());
  for (const auto& [name, value] : fields) parts.push_back(name + "=" + percent_encode(value));
  const char* mark = asked.mode == "fragment" ? "#" : asked.redirect_uri.find('?') != std::string::npos ? "&" : "?";
  net::Response response = net::Response::empty(302);
  response.headers.set("Location", asked.redirect_uri + mark + join(parts, "&"));
  return response;
}

net::Response answer_authorize(Context& context, const Form& form, bool submitted) {
  const auto asked = check_authorize(context, form);
  if (!asked) return error_page(asked.error());
  Page page = page_of(context);
  page.client = asked->client.name;
  page.action = "/authorize";
  page.hint = form.get("login_hint");
  for (const char* name : kAuthorizeFields) {
    if (form.has(name)) page.hidden.emplace_back(name, form.get(name));
  }
  if (!submitted) return user_page(page);
  const std::string state = form.get("state");
  if (form.get("user").empty()) {
    return send_back(*asked,
                     {{"error", "access_denied"}, {"error_description", "The person declined."}, {"state", state}});
  }
  const auto user = signed_in(context, form);
  if (!user) {
    page.problem = user.error().message;
    return user_page(page);
  }
  const std::string code =
      context.pending.add_code({asked->client.id, (*user)->object_id, form.get("scope"), asked->redirect_uri,
                                form.get("nonce"), form.get("code_challenge"), form.get("code_challenge_method")});
  context.log.info("entra", "user signed in", {{"client_id", asked->client.id}, {"user", (*user)->name}});
  std::vector<std::pair<std::string, std::string>> fields = {{"code", code}};
  if (!state.empty()) fields.emplace_back("state", state);
  return send_back(*asked, fields);
}

// ---- device code ----

net::Response answer_device(Context& context, const Form& form, bool submitted) {
  const std::string code = form.get(form.has("user_code") ? "user_code" : "otc");
  const auto waiting = context.pending.waiting_device(code);
  if (!waiting) return device_page(code.empty() ? "" : "This code is not known, or has expired.");
  const auto client = find_client(context, waiting->client_id);
  Page page = page_of(context);
  page.client = client ? client->name : waiting->client_id;
  page.action = "/devicecode";
  page.hidden = {{"user_code", waiting->user_code}};
  if (!submitted || !form.has("user")) return user_page(page);
  std::string user_id;
  if (!form.get("user").empty()) {
    const auto user = signed_in(context, form);
    if (!user) {
      page.problem = user.error().message;
      return user_page(page);
    }
    user_id = (*user)->object_id;
  }
  const bool declined = user_id.empty();
  context.pending.answer_device(waiting->user_code, std::move(user_id));
  return message_page(declined ? "You declined the sign-in." : "You have signed in. You may close this window.");
}

}  // namespace

net::Response answer_sign_in(Context& context, const net::Request& request) {
  if (net::from_elsewhere(request, context.sign_in_origin)) {
    return message_page("This request came from another site's page and was refused.", 403);
  }
  const bool submitted = request.method == "POST";
  if (!submitted && request.method != "GET") return message_page("Only GET and POST are allowed here.", 405);
  const Form form(net::parse_form(submitted ? std::string_view(request.body) : std::string_view(request.raw_query)));
  if (request.path == "/authorize") return answer_authorize(context, form, submitted);
  if (request.path == "/devicecode") return answer_device(context, form, submitted);
  return message_page("There is no such page.", 404);
}

}  // namespace lazuli::entra
