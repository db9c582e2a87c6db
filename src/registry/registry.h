// The container registries behind Microsoft.ContainerRegistry: OCI distribution, Azure's token exchange and its own API
// (/acr/v1, /oauth2/exchange, /oauth2/token), upload areas and logs of builds (*.blob.core.windows.net), the build runs
// themselves (buildah in a sandbox), the mirror of public registries, and imported images. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "net/client.h"
#include "net/exchange.h"
#include "store/store.h"

namespace lazuli::registry {

// What the control plane says about a registry. Kept by providers/container_registry.
struct RegistrySettings {
  std::string resource_id;
  std::string login_server;  // lower case: "myregistry.azurecr.io"
  bool anonymous_pull = false;
  bool admin_user = false;
  std::string admin_name;
  std::vector<std::string> admin_passwords;
};

class Registry {
 public:
  struct Parts {
    store::Store& store;
    const Clock& clock;
    Random& random;
    Log& log;
    net::Client& upstream;  // for the mirror of public registries
    const access::TokenVerifier& tokens;
    const access::Authorizer& authorizer;
    access::SecretCheck secrets;  // of service principals, as `docker login` has them
    std::string state_directory;  // blobs, builds, uploads; 0700
    std::string tenant_id;
    std::string trust_bundle;  // PEM file for RUN steps: public roots and ours
    std::string proxy_url;     // lazuli's CONNECT proxy, through which RUN steps reach Azure's names and the outside
    WorkerPool& pool;          // for blocking work
  };
  explicit Registry(Parts parts);
  ~Registry();

  // Control plane. Each is durable when it returns.
  Status put(const RegistrySettings& settings);
  Status remove(std::string_view resource_id);  // with everything in it; ends its build runs
  std::optional<RegistrySettings> find(std::string_view login_server) const;
  std::optional<RegistrySettings> find_by_id(std::string_view resource_id) const;
  std::uint64_t size_of(std::string_view login_server) const;  // bytes of all blobs
  std::vector<std::string> tags(std::string_view login_server, std::string_view repository) const;  // newest first

  // Build runs of a registry. A run is shown as its `properties` on Azure; run ids are "ca1", "ca2", …
  struct UploadArea {
    std::string url;            // signed, for one hour
    std::string relative_path;  // what the run request names as its sourceLocation
  };
  UploadArea build_source_upload(std::string_view resource_id);
  Result<Json> schedule_run(std::string_view resource_id, const Json& request);
  std::optional<Json> run(std::string_view resource_id, std::string_view run) const;
  std::vector<Json> runs(std::string_view resource_id) const;  // newest first
  Status cancel_run(std::string_view resource_id, std::string_view run);
  Result<Json> archive_run(std::string_view resource_id, std::string_view run, bool archived);
  std::string run_log_url(std::string_view resource_id, std::string_view run) const;

  // Copies an image (by its full name) into a registry; from another registry of ours or a public one. An existing tag
  // is replaced only with `force`; error code "Conflict" (409).
  Status copy_image(std::string_view source, std::string_view login_server, const std::vector<std::string>& target_tags,
                    bool force);

  // Doors.
  net::Task<void> serve(net::Exchange& exchange);        // *.azurecr.io
  net::Task<void> serve_blobs(net::Exchange& exchange);  // *.blob.core.windows.net
  // containerd of a cluster: /v2/…?ns=HOST over plain HTTP, as the given principal (the cluster's kubelet identity).
  net::Task<void> serve_node(net::Exchange& exchange, const access::Principal& kubelet);

  // An image archive (oci-archive or docker-archive) under a public name: "docker.io/library/python:3.8.10-slim".
  Status import_image(std::string_view name, const std::string& archive_path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lazuli::registry
