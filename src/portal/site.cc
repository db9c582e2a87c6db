#include "portal/site.h"

#include <algorithm>
#include <string>

namespace lazuli::portal {

namespace {

// Values reach the page as text nodes only, which trusted types hold it to: no markup is ever parsed by a script.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

struct ContentType {
  std::string_view ending, type;
};

constexpr ContentType kTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
};

std::string_view type_of(std::string_view name) {
  const auto* found = std::ranges::find_if(kTypes, [&](const auto& type) { return name.ends_with(type.ending); });
  return found == std::end(kTypes) ? "application/octet-stream" : found->type;
}

net::Response under_policy(net::Response response) {
  auto& headers = response.headers;
  headers.set("Content-Security-Policy", std::string(kPolicy));
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Frame-Options", "DENY");
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  headers.set("Cache-Control", "no-store");  // another lazuli may answer at this port next time
  return response;
}

}  // namespace

net::Response answer_site(const net::Request& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    auto refused = net::Response::text(405, "Only GET and HEAD are allowed here.\n");
    refused.headers.set("Allow", "GET, HEAD");
    return under_policy(std::move(refused));
  }
  const std::string_view name =
      request.path == "/" ? "index.html" : std::string_view(request.path).substr(request.path.starts_with('/') ? 1 : 0);
  const auto files = site_files();
  const auto file = std::ranges::find(files, name, &SiteFile::name);
  if (file == files.end()) return under_policy(net::Response::text(404, "There is no such page in the portal.\n"));
  return under_policy(net::Response::text(200, std::string(file->content), type_of(name)));
}

}  // namespace lazuli::portal
