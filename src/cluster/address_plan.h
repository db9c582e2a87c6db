// Where a cluster of the bundle lives on this machine. Everything outside its state directory (addresses, network
// namespace, links, cgroups, runtime files) follows from one small number, so that what a crash left behind can be
// found and swept without a list of it. Pure.
#pragma once

#include <string>

namespace lazuli::cluster {

struct AddressPlan {
  static constexpr int kFirst = 1, kLast = 250;

  int number = kFirst;

  // A pair of virtual links joins the host and the cluster's network namespace. On the host's end lazuli listens.
  std::string host_address() const { return "10.89." + text() + ".1"; }
  std::string node_address() const { return "10.89." + text() + ".2"; }
  std::string link_range() const { return "10.89." + text() + ".0/30"; }
  std::string link() const { return "lazuli-" + text(); }  // at most 15 characters
  std::string node_link() const { return "node0"; }        // inside the namespace

  std::string pod_range() const { return "10.244." + text() + ".0/24"; }  // of AKS's own 10.244.0.0/16
  // The user-mode network through which pods reach the outside: its own addresses, and its resolver, which asks
  // whatever the machine asks.
  std::string outbound_range() const { return "10.91." + text() + ".0/24"; }
  std::string outbound_resolver() const { return "10.91." + text() + ".3"; }

  std::string network_namespace() const { return "lazuli-" + text(); }
  std::string network_namespace_path() const { return "/run/netns/" + network_namespace(); }
  std::string cgroup() const { return "lazuli-" + text(); }
  std::string network() const { return "lazuli-" + text(); }  // CNI's name for the pod network
  std::string runtime_directory() const { return "/run/lazuli/" + text(); }
  std::string containerd_socket() const { return runtime_directory() + "/containerd.sock"; }

 private:
  std::string text() const { return std::to_string(number); }
};

// AKS's defaults, the same inside every cluster's namespace.
inline constexpr const char* kServiceRange = "10.0.0.0/16";
inline constexpr const char* kDnsService = "10.0.0.10";
inline constexpr const char* kApiService = "10.0.0.1";
inline constexpr const char* kOutboundLink = "tap0";  // to the user-mode network
// Of a node's instance metadata, as on every machine of Azure. Only the cluster's own namespace has it, so that its
// pods cannot come to the metadata of the machine that lazuli runs on either.
inline constexpr const char* kMetadataAddress = "169.254.169.254";
inline constexpr unsigned short kMetadataPort = 20080;    // where lazuli listens; port 80 leads there
inline constexpr unsigned short kTokenProxyPort = 20443;  // at the same address

}  // namespace lazuli::cluster
