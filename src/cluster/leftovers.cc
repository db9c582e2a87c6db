#include "cluster/leftovers.h"

#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "base/files.h"
#include "base/text.h"
#include "cluster/network.h"
#include "cluster/private_mounts.h"

namespace lazuli::cluster {
namespace {

namespace fs = std::filesystem;
constexpr const char* kOwner = "owner";
constexpr const char* kRuntime = "/run/lazuli";
constexpr const char* kNamespaces = "/run/netns";  // iproute2 mounts it onto itself with the first namespace

// Folders that the mount namespaces cover had to be there first (see private_mounts.h). The last cluster of the machine
// takes those away that were made for it; before, removing them would detach the other clusters' mounts.
void remove_mount_points() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(kRuntime, ignored))
    if (entry.is_directory(ignored)) return;
  const std::string list = std::string(kRuntime) + "/" + kMountPointList;
  if (const auto made = read_file(list, 4096)) {
    for (const auto& folder : split(*made, '\n')) {
      if (folder == kNamespaces) ::umount2(kNamespaces, MNT_DETACH);
      ::rmdir(folder.c_str());
    }
  }
  ::unlink(list.c_str());
  ::rmdir(kRuntime);
}

}  // namespace

bool has_namespaces_folder() {
  std::error_code ignored;
  return fs::exists(kNamespaces, ignored);
}

Status mark_owner(const AddressPlan& plan, const std::string& folder, bool first_namespace) {
  if (auto made = make_directories(plan.runtime_directory()); !made) return made;
  if (first_namespace) {
    const std::string list = std::string(kRuntime) + "/" + kMountPointList;
    if (auto written = write_file(list, std::string(kNamespaces) + "\n"); !written) return written;
  }
  return write_file(plan.runtime_directory() + "/" + kOwner, folder);
}

void sweep(const Cgroups& cgroups, const AddressPlan& plan) {
  cgroups.kill(plan.cgroup());
  cgroups.remove(plan.cgroup());
  remove_network(plan);
  [[maybe_unused]] const auto removed = remove_tree(plan.runtime_directory());
  remove_mount_points();
}

void sweep_owned(const Cgroups& cgroups, const std::string& folder) {
  std::error_code ignored;
  std::vector<AddressPlan> owned;
  for (const auto& entry : fs::directory_iterator(kRuntime, ignored)) {
    const auto owner = read_file(entry.path() / kOwner, 4096);
    const int number = std::atoi(entry.path().filename().c_str());
    if (!owner || number < AddressPlan::kFirst || number > AddressPlan::kLast) continue;
    if (*owner == folder || owner->starts_with(folder + "/") || !fs::exists(*owner, ignored))
      owned.push_back(AddressPlan{number});
  }
  for (const auto& plan : owned) sweep(cgroups, plan);
}

}  // namespace lazuli::cluster
