// The settings of a cluster's parts, as text: files and command lines for upstream's programs. Pure functions of the
// cluster's description; which option is there because of which trouble is said where it is written.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "cluster/address_plan.h"
#include "cluster/clusters.h"

namespace lazuli::cluster {

// Where a cluster keeps its files, below its own folder.
struct Folders {
  std::string root;
  std::string pki() const { return root + "/pki"; }
  std::string settings() const { return root + "/settings"; }
  std::string logs() const { return root + "/logs"; }
  std::string pod_logs() const { return root + "/pod-logs"; }
  std::string containerd() const { return root + "/containerd"; }
  std::string kubelet() const { return root + "/kubelet"; }
  std::string networks() const { return root + "/networks"; }
  std::string store() const { return root + "/etcd"; }
  std::string new_store() const { return root + "/etcd.new"; }  // there until the API server has been ready once
};

inline constexpr const char* kPauseImage = "mcr.microsoft.com/oss/kubernetes/pause:3.6";  // AKS's name for it
inline constexpr unsigned short kApiPort = 443;

struct ContainerdChoices {
  std::string cni_plugins;
  std::string snapshotter = "overlayfs";
};
std::string containerd_settings(const Folders& folders, const AddressPlan& plan, const ContainerdChoices& choices);
// Every registry is lazuli's node door, which answers for its own and fetches from the others.
std::string registry_hosts(const AddressPlan& plan, unsigned short node_door);
Json pod_network(const Folders& folders, const AddressPlan& plan);
Json kubelet_settings(const Folders& folders, const AddressPlan& plan, const ClusterSpec& spec);
Json proxy_settings(const Folders& folders, const AddressPlan& plan, const ClusterSpec& spec);
// names: exact host names, and suffixes with a leading dot, that are answered with lazuli's address.
std::string dns_settings(const Folders& folders, const AddressPlan& plan, const std::vector<std::string>& names,
                         bool outbound);

std::vector<std::string> control_plane_command(const std::string& program, const Folders& folders,
                                               const AddressPlan& plan, const ClusterSpec& spec);
std::vector<std::string> node_command(const std::string& program, const Folders& folders, const AddressPlan& plan,
                                      const ClusterSpec& spec);

// The labels that AKS gives its nodes.
std::string node_labels(const ClusterSpec& spec);

// What a new cluster is given through its API beside the webhook: DNS with its service and rights.
std::vector<std::pair<std::string, Json>> dns_objects(const AddressPlan& plan);  // path, object

}  // namespace lazuli::cluster
