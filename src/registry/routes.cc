#include "registry/routes.h"

#include "base/text.h"

namespace lazuli::registry {

namespace {

struct Marker {
  std::string_view text;  // between the repository's name and the reference
  Target with_reference;
  std::optional<Target> bare;  // when nothing follows
};

// NAME<marker>REFERENCE. The last occurrence counts: a repository may be called "a/tags".
std::optional<Route> split_at(std::string_view rest, const Marker& marker) {
  const auto at = rest.rfind(marker.text);
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const std::string_view reference = rest.substr(at + marker.text.size());
  if (reference.find('/') != std::string_view::npos) return std::nullopt;
  if (reference.empty() && !marker.bare) return std::nullopt;
  return Route{reference.empty() ? *marker.bare : marker.with_reference, std::string(rest.substr(0, at)),
               std::string(reference)};
}

std::optional<Route> distribution_route(std::string_view rest) {
  if (rest.empty()) return Route{Target::base, {}, {}};
  if (rest == "_catalog") return Route{Target::catalog, {}, {}};
  if (rest.ends_with("/tags/list"))
    return Route{Target::tags, std::string(rest.substr(0, rest.size() - std::string_view("/tags/list").size())), {}};
  if (rest.ends_with("/blobs/uploads"))
    return Route{
        Target::uploads, std::string(rest.substr(0, rest.size() - std::string_view("/blobs/uploads").size())), {}};
  for (const Marker& marker :
       {Marker{"/blobs/uploads/", Target::upload, Target::uploads}, Marker{"/manifests/", Target::manifest, {}},
        Marker{"/blobs/", Target::blob, {}}, Marker{"/referrers/", Target::referrers, {}}})
    if (auto route = split_at(rest, marker)) return route;
  return std::nullopt;
}

std::optional<Route> acr_route(std::string_view rest) {
  if (rest == "_catalog") return Route{Target::acr_catalog, {}, {}};
  for (const auto& [suffix, target] : {std::pair{std::string_view("/_tags"), Target::acr_tags},
                                       std::pair{std::string_view("/_manifests"), Target::acr_manifests}})
    if (rest.ends_with(suffix)) return Route{target, std::string(rest.substr(0, rest.size() - suffix.size())), {}};
  for (const Marker& marker : {Marker{"/_tags/", Target::acr_tag, Target::acr_tags},
                               Marker{"/_manifests/", Target::acr_manifest, Target::acr_manifests}})
    if (auto route = split_at(rest, marker)) return route;
  if (rest.empty()) return std::nullopt;
  return Route{Target::acr_repository, std::string(rest), {}};
}

}  // namespace

std::optional<Route> parse_route(std::string_view path) {
  if (path == "/v2") return Route{Target::base, {}, {}};
  if (path.starts_with("/v2/")) return distribution_route(path.substr(4));
  if (path.starts_with("/acr/v1/")) return acr_route(path.substr(8));
  if (path == "/oauth2/exchange") return Route{Target::exchange, {}, {}};
  if (path == "/oauth2/token") return Route{Target::token, {}, {}};
  return std::nullopt;
}

std::vector<Scope> scopes_needed(const Route& route, std::string_view method) {
  const bool reading = method == "GET" || method == "HEAD";
  const auto repository = [&](const std::vector<std::string_view>& actions) {
    Scope scope{"repository", route.repository, {}};
    for (const auto action : actions) scope.actions.emplace_back(action);
    return std::vector<Scope>{scope};
  };
  switch (route.target) {
    case Target::base:
    case Target::exchange:
    case Target::token:
      return {};
    case Target::catalog:
    case Target::acr_catalog:
      return {Scope{"registry", "catalog", {std::string(kCatalog)}}};
    case Target::tags:
    case Target::referrers:
      return repository({kPull});
    case Target::manifest:
    case Target::blob:
      if (method == "DELETE") return repository({kDelete});
      return reading ? repository({kPull}) : repository({kPull, kPush});
    case Target::uploads:
    case Target::upload:
      return repository({kPull, kPush});
    default:
      break;
  }
  if (method == "DELETE") return repository({kDelete});
  return repository({reading ? kMetadataRead : kMetadataWrite});
}

}  // namespace lazuli::registry
