// What a Registry answers: to clients, to the nodes of clusters, to builds, and as the storage of contexts and logs.
#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "registry/errors.h"
#include "registry/names.h"
#include "registry/rights.h"
#include "registry/state.h"

namespace lazuli::registry {

namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;  // of a streamed body

bool streams(const net::Request& request, const Route& route) {
  return (route.target == Target::uploads && request.method == "POST") ||
         (route.target == Target::upload && (request.method == "PATCH" || request.method == "PUT"));
}

}  // namespace

net::Response Registry::State::answer(const net::Request& request, const Route& route,
                                      const RegistrySettings& registry) {
  if (route.target == Target::exchange || route.target == Target::token) {
    if (route.target == Target::token && request.method == "GET") return gate.token(request, registry);
    if (request.method != "POST") return error_response(method_unsupported());
    return route.target == Target::token ? gate.token(request, registry) : gate.exchange(request, registry);
  }
  if (auto refused = gate.refusal(request, registry, scopes_needed(route, request.method))) return *std::move(refused);
  switch (route.target) {
    case Target::acr_catalog:
    case Target::acr_repository:
    case Target::acr_tags:
    case Target::acr_tag:
    case Target::acr_manifests:
    case Target::acr_manifest:
      return acr_api.handle(request, route, registry.login_server);
    case Target::upload:
      return uploads.answer(request, {registry.login_server, route.repository}, route.reference);
    default:
      return distribution.handle(request, route, registry.login_server);
  }
}

void Registry::State::finish_headers(const net::Request& request, const std::optional<Route>& route,
                                     net::Response& response) {
  if (route && (route->target == Target::token || route->target == Target::exchange)) {
    response.headers.set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
    response.headers.set("x-ms-ratelimit-remaining-calls-per-second", "166.400000");
    return;
  }
  add_registry_headers(response);
  const std::string id = parts.random.uuid();
  for (const char* name : {"x-ms-correlation-request-id", "x-ms-client-request-id"}) {
    const std::string_view given = request.headers.get(name);
    const bool plain =
        !given.empty() && given.size() <= 64 &&
        std::all_of(given.begin(), given.end(), [](unsigned char c) { return std::isalnum(c) || c == '-'; });
    response.headers.set(name, plain ? std::string(given) : id);
  }
  response.headers.set("x-ms-request-id", id);
  if (request.method == "DELETE") response.headers.set("x-ms-ratelimit-remaining-calls-per-second", "8.000000");
}

net::Response Registry::State::pull_through(const net::Request& request, const Route& route, const Place& place) {
  Status there;
  if (route.target == Target::manifest) there = mirror.ensure_manifest(place, route.reference);
  if (route.target == Target::blob) there = mirror.ensure_blob(place, route.reference);
  if (!there) return error_response(there.error());
  Route inner = route;
  inner.repository = place.repository;
  return distribution.handle(request, inner, place.space);
}

// The mirror as builds see it: /v2/HOST/REPOSITORY/… . Any token that the registry signed for this host will do.
net::Response Registry::State::answer_mirror(const net::Request& request, const Route& route) {
  RegistrySettings mirror_settings;
  mirror_settings.login_server = kMirrorHost;
  if (route.target == Target::token || route.target == Target::base) return answer(request, route, mirror_settings);
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (!reading || (route.target != Target::manifest && route.target != Target::blob))
    return error_response(method_unsupported());
  if (auto refused = gate.refusal(request, mirror_settings, scopes_needed(route, request.method)))
    return *std::move(refused);
  const auto slash = route.repository.find('/');
  if (slash == std::string::npos) return error_response(name_invalid(route.repository));
  return pull_through(request, route, {route.repository.substr(0, slash), route.repository.substr(slash + 1)});
}

net::Response Registry::State::answer_node(const net::Request& request, const access::Principal& kubelet) {
  const auto route = parse_route(request.path);
  const std::string host = to_lower(request.query.get("ns"));
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (!route || !reading || host.empty()) return error_response(method_unsupported());
  if (route->target == Target::base) return net::Response::json(200, JsonObject{});
  if (route->target != Target::manifest && route->target != Target::blob) return error_response(method_unsupported());
  const Place place{host, route->repository};
  if (!host.ends_with(".azurecr.io")) return pull_through(request, *route, place);

  const auto registry = find(host);
  if (!registry)
    return error_response({"NAME_UNKNOWN", "There is no registry " + host + ". az acr create makes one.", 404});
  const bool allowed =
      registry->anonymous_pull || rights_of(parts.authorizer, kubelet, registry->resource_id).contains(kPull);
  if (!allowed &&
      (!request.headers.has("Authorization") || gate.refusal(request, *registry, scopes_needed(*route, "GET")))) {
    const std::string name = host.substr(0, host.find('.'));
    net::Response refused = error_response(unauthorized(
        "The cluster's kubelet identity " + (kubelet.object_id.empty() ? kubelet.name : kubelet.object_id) +
        " has no role on registry " + name +
        " that allows to pull (AcrPull), and the registry allows no anonymous pull. "
        "Either: az aks update --attach-acr " +
        name + ", or: az acr update --name " + name + " --anonymous-pull-enabled"));
    refused.headers.set("WWW-Authenticate", "Basic realm=\"" + host + "\"");  // image pull secrets may still do
    return refused;
  }
  return distribution.handle(request, *route, host);
}

net::Task<Status> Registry::State::receive_body(net::Exchange& exchange, BlobWriter& writer) {
  std::string piece(kPiece, '\0');
  for (bool more = true; more;) {
    std::size_t filled = 0;
    while (filled < piece.size()) {
      auto got = co_await exchange.read({piece.data() + filled, piece.size() - filled});
      if (!got) co_return got.error();
      more = *got != 0;
      if (!more) break;
      filled += *got;
    }
    if (filled == 0) break;
    Status written;
    co_await net::run_on(parts.pool, [&] { written = writer.write({piece.data(), filled}); });
    if (!written) co_return written;
  }
  co_return Status();
}

// POST …/uploads/ (begin; with ?digest the whole blob at once; with ?mount from elsewhere), PATCH, PUT.
net::Task<void> Registry::State::receive(net::Exchange& exchange, const Route& route,
                                         const RegistrySettings& registry) {
  const net::Request& request = exchange.request();
  const Place place{registry.login_server, route.repository};
  const std::string digest = request.query.get("digest");
  std::optional<net::Response> answered;
  std::shared_ptr<Upload> upload;
  co_await net::run_on(parts.pool, [&] {
    answered = gate.refusal(request, registry, scopes_needed(route, request.method));
    if (!answered && !valid_repository(place.repository)) answered = error_response(name_invalid(place.repository));
    if (!answered && route.target == Target::uploads && request.query.has("mount"))
      answered = uploads.mount(place, request.query.get("mount"), request.query.get("from"));
    if (answered) return;
    auto taken = route.target == Target::uploads ? uploads.begin(place) : uploads.take(place, route.reference);
    Status ready = taken ? check_content_range(request, **taken) : Status(taken.error());
    if (taken && !ready) uploads.give_back(*taken);
    if (!ready) {
      answered = error_response(ready.error());
    } else {
      upload = *taken;
    }
  });
  if (!answered) {
    const Status body = co_await receive_body(exchange, *upload->writer);
    if (!body) {
      uploads.give_back(upload);
      const std::string& code = body.error().code;
      const bool incomplete = code == "BodyError" || code == "MalformedBody";
      answered = error_response(incomplete ? upload_invalid(body.error().message) : body.error());
    } else if (request.method == "PUT" || (request.method == "POST" && !digest.empty())) {
      co_await net::run_on(parts.pool, [&] { answered = uploads.finish(upload, digest); });
    } else {
      answered = uploads.accepted(*upload);
      uploads.give_back(upload);
    }
  }
  finish_headers(request, route, *answered);
  co_await exchange.send(*std::move(answered));
}

net::Task<void> Registry::serve(net::Exchange& exchange) {
  State& state = *state_;
  const net::Request& request = exchange.request();
  const auto route = parse_route(request.path);
  const bool mirror = request.host == kMirrorHost;
  const auto registry = state.find(request.host);
  net::Response response;
  if (!registry && !mirror) {
    response = error_response({"NAME_UNKNOWN", "There is no registry " + request.host + ".", 404});
  } else if (!route) {
    response = error_response({"UNSUPPORTED", "The registry has nothing at this path.", 404});
  } else if (!mirror && streams(request, *route)) {
    co_await state.receive(exchange, *route, *registry);
    co_return;
  } else {
    const Status body = co_await exchange.read_all(kLargestManifest + 1);
    if (!body) {
      response = error_response({"SIZE_INVALID", body.error().message, body.error().status});
    } else {
      co_await net::run_on(state.parts.pool, [&] {
        response = mirror ? state.answer_mirror(request, *route) : state.answer(request, *route, *registry);
      });
    }
  }
  state.finish_headers(request, route, response);
  co_await exchange.send(std::move(response));
}

net::Task<void> Registry::serve_node(net::Exchange& exchange, const access::Principal& kubelet) {
  State& state = *state_;
  net::Response response;
  co_await net::run_on(state.parts.pool, [&] { response = state.answer_node(exchange.request(), kubelet); });
  add_registry_headers(response);
  co_await exchange.send(std::move(response));
}

net::Task<void> Registry::serve_blobs(net::Exchange& exchange) {
  State& state = *state_;
  const net::Request& request = exchange.request();
  net::Response response;
  if (request.method != "PUT") {
    co_await net::run_on(state.parts.pool, [&] { response = state.storage.read(request); });
    co_await exchange.send(std::move(response));
    co_return;
  }
  Result<std::unique_ptr<BlobWriter>> writer = Error{};
  co_await net::run_on(state.parts.pool, [&] { writer = state.storage.begin_put(request); });
  Status body = writer ? Status() : Status(writer.error());
  if (writer) body = co_await state.receive_body(exchange, **writer);
  co_await net::run_on(state.parts.pool, [&] {
    response = body ? state.storage.finish_put(request, **writer) : state.storage.failure(request, body.error());
  });
  co_await exchange.send(std::move(response));
}

}  // namespace lazuli::registry
