// The parts of a Registry, each with a header of its own, and what its doors answer. Internal to registry.cc (the
// control plane) and doors.cc.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "registry/acr_api.h"
#include "registry/builder.h"
#include "registry/distribution.h"
#include "registry/gate.h"
#include "registry/mirror.h"
#include "registry/registry.h"
#include "registry/routes.h"
#include "registry/runs.h"
#include "registry/task_storage.h"
#include "registry/uploads.h"

namespace lazuli::registry {

struct Registry::State {
  explicit State(Parts given)
      : parts(std::move(given)),
        blobs(parts.state_directory, parts.random),
        catalog(parts.store, blobs, parts.clock),
        tokens(Tokens::open(parts.store, parts.clock, parts.random, parts.log)),
        gate(tokens, parts.tokens, parts.authorizer, parts.secrets),
        distribution(catalog),
        acr_api(catalog),
        uploads(catalog, parts.clock, parts.random),
        mirror(catalog, parts.store, parts.upstream, parts.clock, parts.log),
        storage(parts.store, blobs, parts.clock, parts.random, parts.state_directory + "/tasks", parts.tenant_id),
        builder({parts.store, parts.clock, parts.random, catalog, mirror, storage, tokens,
                 parts.state_directory + "/builders", parts.trust_bundle, parts.proxy_url}),
        runs(parts.store, parts.clock, parts.log, storage, builder) {}

  std::optional<RegistrySettings> find(std::string_view login_server) const {
    const std::lock_guard lock(mutex);
    const auto found = settings.find(to_lower(login_server));
    return found == settings.end() ? std::nullopt : std::optional(found->second);
  }

  net::Response answer(const net::Request& request, const Route& route, const RegistrySettings& registry);
  net::Response answer_mirror(const net::Request& request, const Route& route);
  net::Response answer_node(const net::Request& request, const access::Principal& kubelet);
  net::Response pull_through(const net::Request& request, const Route& route, const Place& place);
  void finish_headers(const net::Request& request, const std::optional<Route>& route, net::Response& response);
  net::Task<void> receive(net::Exchange& exchange, const Route& route, const RegistrySettings& registry);
  net::Task<Status> receive_body(net::Exchange& exchange, BlobWriter& writer);

  Parts parts;
  BlobStore blobs;
  Catalog catalog;
  Tokens tokens;
  Gate gate;
  Distribution distribution;
  AcrApi acr_api;
  Uploads uploads;
  Mirror mirror;
  TaskStorage storage;
  Builder builder;
  Runs runs;
  mutable std::mutex mutex;
  std::map<std::string, RegistrySettings, std::less<>> settings;  // by login server
};

}  // namespace lazuli::registry
