// The Kubernetes clusters behind Microsoft.ContainerService, by the ARM id of their managedClusters resource. Two
// engines: "bundle" (a real Kubernetes on this machine, each cluster in a network namespace and cgroup of its own) and
// "attached" (a cluster that exists already). All methods block, are idempotent and thread-safe; after a crash, calling
// the same method again goes on from what is there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "cluster/kube_client.h"
#include "net/server.h"

namespace lazuli::cluster {

struct ClusterSpec {
  std::string id;          // ARM id of the managedClusters resource; compared without regard to case
  std::string name;        // "MyAKSCluster": context name in kubeconfigs
  std::string node_group;  // MC_… resource group, for node labels
  std::string issuer;      // "https://eastus.oic.prod-aks.azure.com/TENANT/GUID/"
  std::string pool_name = "nodepool1";
  std::string node_name;  // "aks-nodepool1-12345678-vmss000000"
  std::string location;
  std::string api_name;  // "myaksclust-…hcp.eastus.azmk8s.io": a name in the API server's certificate; may be empty
  std::string vm_size = "Standard_DS2_v2";  // for node labels
};

// What the program opens for a cluster, on the address at which its pods and its API server reach lazuli.
class Doors {
 public:
  virtual ~Doors() = default;
  struct Opened {
    unsigned short tls = 443;  // the TLS listener for Azure's names
    unsigned short nodes = 0;  // plain HTTP for containerd: /v2/…?ns=REGISTRY, answered as the cluster's own kubelet
    unsigned short webhook = 0;  // TLS with `webhook_identity`: POST /mutate
  };
  struct Site {
    std::string address;    // lazuli's own, as the cluster reaches it
    bool attached = false;  // not lazuli's own cluster: its DNS does not know the door, and its nodes are given none
    std::string network_namespace = {};  // with kMetadataAddress; empty: there is none
  };
  virtual Result<Opened> open(std::string_view cluster_id, const Site& site,
                              const net::TlsIdentity& webhook_identity) = 0;
  virtual void close(std::string_view cluster_id) = 0;
};

using Progress = std::function<void(std::string_view step)>;
using Cancelled = std::function<bool()>;

class Clusters {
 public:
  struct Parts {
    std::string state_directory;      // of clusters alone; 0700
    std::string bundle_program;       // the Kubernetes bundle; empty: looked up in the cache when first needed
    std::string attached_kubeconfig;  // not empty: new clusters are attached ones, and each is this one
    std::string doors_address;        // of this machine, as attached clusters reach it
    const Clock& clock;
    Random& random;
    Log& log;
    Doors& doors;
    // DNS names that the cluster's DNS answers with lazuli's own address: exact names, and suffixes with a leading dot.
    std::vector<std::string> names;
  };
  explicit Clusters(Parts parts);  // sweeps what a crash left, before anything new is made
  ~Clusters();                     // stops what runs; state stays, and start() brings it back

  // Until the node is Ready and DNS, proxy and webhook work. Errors name what is missing (root, containerd, a port).
  Status create(const ClusterSpec& spec, const Progress& progress, const Cancelled& cancelled);
  // One that runs already is given back what it should have through its API: DNS and webhook.
  Status start(std::string_view id, const Progress& progress, const Cancelled& cancelled);
  Status stop(std::string_view id, const Progress& progress);
  Status remove(std::string_view id, const Progress& progress);  // processes, namespace, mounts, cgroups, files
  bool running(std::string_view id) const;
  // At start of the program: brings back, in the background, every cluster that ran when it ended. Returns at once.
  void resume();

  Result<std::shared_ptr<KubeClient>> client(std::string_view id) const;  // "ClusterNotRunning" (409) if it is not
  Result<std::string> kubeconfig(std::string_view id, bool admin) const;  // YAML
  Result<Json> service_account_keys(std::string_view id) const;           // {"keys":[…]}: what its issuer publishes
  // What its service accounts' tokens carry as `iss`: the spec's, or an attached cluster's own.
  Result<std::string> issuer(std::string_view id) const;
  // A file of the cluster's node: kubectl for pods. "OperationNotAllowed" (409) if the cluster's nodes have none.
  Result<std::string> kubectl(std::string_view id) const;
  std::string kubernetes_version() const;  // "1.37.2"

  // Ends and removes whatever clusters of a state directory left outside it, for when the program itself is gone.
  // Gives a sentence for each attached cluster that keeps what lazuli has there.
  static std::vector<std::string> sweep(const std::string& state_directory);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lazuli::cluster
