#include "portal/azure_call.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace lazuli::portal {

namespace {

struct Reachable {
  std::string_view host;  // with a leading dot: every host below it
  std::string_view path;  // what the path begins with
};

constexpr Reachable kReachable[] = {
    {"management.azure.com", "/"},
    {"login.microsoftonline.com", "/organizations/oauth2/v2.0/token"},
    // The catalogue of a registry and the tokens for it; not its blobs, which can hold anything.
    {".azurecr.io", "/acr/v1/"},
    {".azurecr.io", "/oauth2/"},
};

bool matches(const Reachable& reachable, std::string_view host, std::string_view path) {
  const bool host_matches = reachable.host.starts_with('.') ? host.ends_with(reachable.host) : host == reachable.host;
  return host_matches && path.starts_with(reachable.path);
}

struct Address {
  std::string_view host, path;
};

// "HOST/PATH" behind the prefix; no path is the root.
Address address_of(std::string_view text) {
  text.remove_prefix(kAzurePrefix.size());
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return {text, "/"};
  return {text.substr(0, slash), text.substr(slash)};
}

// What is not a plain host name ends up in no header and no log.
bool is_host(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string_view::npos;
}

}  // namespace

Status check_fetch(const net::Request& request) {
  // Fetch metadata (W3C): browsers send both and scripts cannot set them; other clients send neither.
  const std::string_view site = request.headers.get("Sec-Fetch-Site");
  const std::string_view destination = request.headers.get("Sec-Fetch-Dest");
  if ((site.empty() || site == "same-origin") && (destination.empty() || destination == "empty")) return {};
  return Error{"NotFromThePortal", "Only the portal's own pages call Azure's interfaces here.", 403};
}

Status readdress(net::Request& request) {
  const Error unused{"NotFound", "The portal does not use this address.", 404};
  if (!request.path.starts_with(kAzurePrefix) || !request.target.starts_with(kAzurePrefix)) return unused;
  const Address decoded = address_of(request.path);
  const Address target = address_of(request.target);
  const std::string host = to_lower(decoded.host);
  // The target's own spelling of the host is the decoded one, or the two would be cut at different places.
  if (decoded.host != target.host || !is_host(host)) return unused;
  if (std::ranges::none_of(kReachable, [&](const auto& one) { return matches(one, host, decoded.path); }))
    return unused;
  const std::string path(decoded.path), as_received(target.path);  // the views go with what is written now
  request.path = path;
  request.target = as_received;
  request.host = host;
  request.scheme = "https";
  request.headers.set("Host", host);
  return {};
}

}  // namespace lazuli::portal
