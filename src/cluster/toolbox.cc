#include "cluster/toolbox.h"

#include <unistd.h>

#include <cstdlib>
#include <initializer_list>
#include <vector>

#include "base/files.h"
#include "base/text.h"

namespace lazuli::cluster {
namespace {

bool runs(const std::filesystem::path& program) {
  return ::access(program.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(program);
}

std::string find_cni_plugins() {
  for (const char* folder : {"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"}) {
    bool complete = true;
    for (const char* plugin : {"bridge", "host-local", "portmap", "loopback"})
      complete = complete && runs(std::filesystem::path(folder) / plugin);
    if (complete) return folder;
  }
  return {};
}

}  // namespace

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(std::string(path ? path : "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin", ':')) {
    const auto candidate = std::filesystem::path(folder) / name;
    if (runs(candidate)) return candidate;
  }
  return {};
}

Result<Toolbox> find_toolbox(const std::string& bundle_program) {
  std::vector<std::string> missing;
  if (::geteuid() != 0)
    missing.push_back("lazuli does not run as root, which network namespaces and containers need (run it with sudo)");
  std::vector<std::string> packages;
  for (const auto& [program, package] :
       std::initializer_list<std::pair<const char*, const char*>>{{"containerd", "containerd"},
                                                                  {"ctr", "containerd"},
                                                                  {"runc", "runc"},
                                                                  {"iptables", "iptables"},
                                                                  {"ip", "iproute2"}}) {
    if (find_program(program).empty() && (packages.empty() || packages.back() != package)) packages.push_back(package);
  }
  Toolbox found;
  found.cni_plugins = find_cni_plugins();
  if (found.cni_plugins.empty()) packages.push_back("containernetworking-plugins");
  if (!packages.empty())
    missing.push_back("these packages are not installed: " + join(packages, ", ") + " (apt-get install " +
                      join(packages, " ") + ", or scripts/setup.sh run)");
  found.bundle =
      bundle_program.empty() ? cache_directory() / kBundleFolder : std::filesystem::path(bundle_program).parent_path();
  found.kubernetes = bundle_program.empty() ? (found.bundle / "kubernetes").string() : bundle_program;
  found.pause_image = found.bundle / "pause.tar";
  if (!runs(found.kubernetes) || !std::filesystem::exists(found.pause_image))
    missing.push_back("Kubernetes has not been built yet: " + found.kubernetes + " or its pause.tar is missing " +
                      "(scripts/build-kubernetes.sh builds both)");
  if (!missing.empty())
    return Error{"ClusterEngineUnavailable", "A cluster cannot run on this machine: " + join(missing, "; ") + ".", 409};
  found.outbound = !find_program("slirp4netns").empty() && ::access("/dev/net/tun", R_OK | W_OK) == 0;
  return found;
}

}  // namespace lazuli::cluster
