// What each cluster reaches lazuli by, on the address that its pods and its API server see: the TLS listener for
// Azure's names, containerd's plain HTTP door to the registries (as the cluster's kubelet identity), the admission
// webhook, a way to the token service for identity libraries that are told to go by the cluster, and the nodes'
// instance metadata, which listens in the cluster's own network namespace. Thread-safe.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app_trust.h"
#include "arm/service.h"
#include "cluster/clusters.h"
#include "entra/entra.h"
#include "net/server.h"
#include "registry/registry.h"
#include "workload_identity/webhook.h"

namespace lazuli {

class ClusterDoors final : public cluster::Doors {
 public:
  struct Parts {
    const Trust& trust;
    arm::Service& service;
    entra::Entra& entra;
    registry::Registry& registry;
    WorkerPool& pool;
    Log& log;
    std::string tenant_id;
    std::vector<std::string> names;  // that pods have to resolve to the door
  };
  explicit ClusterDoors(Parts parts) : parts_(std::move(parts)) {}

  // Doors need a server and clusters, which are made after them; without a server nothing opens and close() does
  // nothing.
  void attach(net::Server* server);
  void attach(cluster::Clusters* clusters) { clusters_ = clusters; }

  Result<Opened> open(std::string_view cluster_id, const Site& site, const net::TlsIdentity& webhook_identity) override;
  void close(std::string_view cluster_id) override;

 private:
  net::StreamHandler node_handler(std::string cluster_id);
  net::Task<void> serve_node(net::Exchange& exchange, std::string cluster_id);
  net::StreamHandler metadata_handler(std::string cluster_id);
  std::vector<std::string> host_names() const;
  net::StreamHandler token_proxy_handler(std::string cluster_id);
  entra::TokenProxy token_proxy(const std::string& cluster_id) const;
  net::StreamHandler webhook_handler(std::string cluster_id, Site site);

  Parts parts_;
  std::atomic<cluster::Clusters*> clusters_ = nullptr;
  std::mutex mutex_;
  net::Server* server_ = nullptr;
  std::map<std::string, std::vector<net::Endpoint>> open_;  // by lower-case cluster id
};

}  // namespace lazuli
