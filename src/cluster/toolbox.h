// What a cluster of the bundle needs of the machine: root, Debian's container tools, and the Kubernetes bundle in the
// cache (scripts/build-kubernetes.sh). Everything is looked for before anything is made, so that a machine that lacks
// something is told all of it at once and stays as it was.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace lazuli::cluster {

inline constexpr const char* kKubernetesVersion = "1.37.2";
inline constexpr const char* kBundleFolder = "kubernetes-1.37.2-1";  // of scripts/build-kubernetes.sh

struct Toolbox {
  std::filesystem::path bundle;  // folder with kubernetes, kubectl, pause.tar
  std::string kubernetes;        // the bundle's program
  std::string pause_image;       // archive to import
  std::string cni_plugins;       // folder with bridge, host-local, portmap
  bool outbound = false;         // slirp4netns and /dev/net/tun are there
};

// Error code "ClusterEngineUnavailable" (409): names everything that is missing and how to get it.
Result<Toolbox> find_toolbox(const std::string& bundle_program);

// The path of a program in PATH and in the folders of root's programs; empty if there is none.
std::string find_program(const std::string& name);

}  // namespace lazuli::cluster
