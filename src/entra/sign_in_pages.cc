#include "entra/sign_in_pages.h"

#include "base/text.h"
#include "crypto/keys.h"

namespace lazuli::entra {

namespace {

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:10vh auto;padding:0 1rem;color:#1a2138;"
    "background:#f6f7fb}"
    "h1{font-size:1.4rem}button,input{font:inherit;color:inherit;background:#fff;padding:.6rem .9rem;"
    "border:1px solid #8a94b0;border-radius:.4rem}"
    "button{display:block;width:100%;margin:.4rem 0;text-align:left;cursor:pointer}"
    "button:hover,button:focus{background:#eaf0fb}.problem{color:#a41e22}small{color:#56607d}"
    "@media(prefers-color-scheme:dark){body{color:#e7eaf4;background:#10131d}"
    "button,input{background:#191e2c;border-color:#56607d}button:hover,button:focus{background:#222b42}"
    ".problem{color:#ff9d9d}small{color:#a5aec8}}";
constexpr std::string_view kSubmit = "document.forms[0].submit()";

std::string quoted_hash(std::string_view text) {
  return "'sha256-" + base64(crypto::sha256(text)) + "'";
}

net::Response html(int status, const std::string& title, const std::string& body, bool submits_itself = false) {
  net::Response response =
      net::Response::text(status,
                          "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
                          "content=\"width=device-width, initial-scale=1\"><title>" +
                              escape_html(title) + "</title><style>" + std::string(kStyle) + "</style><h1>" +
                              escape_html(title) + "</h1>" + body + "</html>\n",
                          "text/html; charset=utf-8");
  const std::string script = submits_itself ? "; script-src " + quoted_hash(kSubmit) : "";
  response.headers.set(
      "Content-Security-Policy",
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; style-src " + quoted_hash(kStyle) + script);
  response.headers.set("X-Frame-Options", "DENY");
  // Not "no-referrer": with that a browser sends the page's own form with "Origin: null" (Fetch, section 3.2).
  response.headers.set("Referrer-Policy", "same-origin");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

std::string hidden_fields(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += "<input type=\"hidden\" name=\"" + escape_html(name) + "\" value=\"" + escape_html(value) + "\">";
  }
  return out;
}

std::string problem_line(const std::string& problem) {
  return problem.empty() ? "" : "<p class=\"problem\" role=\"alert\">" + escape_html(problem) + "</p>";
}

std::string user_form(const Page& page, const User& user) {
  std::string out = "<form method=\"post\" action=\"" + page.action + "\">" + hidden_fields(page.hidden);
  if (!user.password.empty()) {
    // Password managers go by the user's name beside the password.
    out += "<input autocomplete=\"username\" readonly hidden value=\"" + escape_html(user.name) + "\">";
    out +=
        "<input type=\"password\" name=\"password\" required autocomplete=\"current-password\" aria-label=\"Password "
        "of " +
        escape_html(user.name) + "\">";
  }
  return out + "<button name=\"user\" value=\"" + escape_html(user.object_id) + "\">" + escape_html(user.display_name) +
         "<br><small>" + escape_html(user.name) + "</small></button></form>";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

net::Response user_page(const Page& page) {
  std::string body = "<p>Pick who signs in to <b>" + escape_html(page.client) + "</b> in the directory " +
                     escape_html(page.tenant) + ".</p>" + problem_line(page.problem);
  for (const auto& user : page.users) {
    if (!page.hint.empty() && !equals_ignoring_case(page.hint, user->name)) continue;
    body += user_form(page, *user);
  }
  body += "<form method=\"post\" action=\"" + page.action + "\">" + hidden_fields(page.hidden) +
          "<button name=\"user\" value=\"\">Cancel</button></form>";
  return html(200, "Sign in", body);
}

net::Response device_page(const std::string& problem) {
  return html(200, "Enter code",
              problem_line(problem) +
                  "<form method=\"get\" action=\"/devicecode\"><p>Enter the code that the other program shows.</p>"
                  "<input name=\"user_code\" required autofocus autocomplete=\"off\" aria-label=\"Code\"> "
                  "<button>Next</button></form>");
}

net::Response message_page(const std::string& text, int status) {
  return html(status, "lazuli", "<p>" + escape_html(text) + "</p>");
}

net::Response error_page(const Error& error) {
  return html(error.status, "Sign-in failed", problem_line(error.code + ": " + error.message));
}

net::Response form_post_page(const std::string& address,
                             const std::vector<std::pair<std::string, std::string>>& fields) {
  return html(200, "Signing in",
              "<form method=\"post\" action=\"" + escape_html(address) + "\">" + hidden_fields(fields) +
                  "<button>Continue</button></form><script>" + std::string(kSubmit) + "</script>",
              true);
}

}  // namespace lazuli::entra
