#include "cluster/leftovers.h"

#include <fcntl.h>
#include <sys/file.h>
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

// Held while a number is claimed and while the last one's mount points go: /run itself is locked, so there is no file
// to leave behind. Of two programs on this machine, or two clusters of one program, one waits.
class MachineLock {
 public:
  MachineLock() : descriptor_(::open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) { ::flock(descriptor_, LOCK_EX); }
  ~MachineLock() { ::close(descriptor_); }
  MachineLock(const MachineLock&) = delete;
  MachineLock& operator=(const MachineLock&) = delete;

 private:
  int descriptor_;
};

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

Status mark_owner(const AddressPlan& plan, const std::string& folder, bool first_namespace) {
  if (auto made = make_directories(plan.runtime_directory()); !made) return made;
  if (first_namespace) {
    const std::string list = std::string(kRuntime) + "/" + kMountPointList;
    if (auto written = write_file(list, std::string(kNamespaces) + "\n"); !written) return written;
  }
  return write_file(plan.runtime_directory() + "/" + kOwner, folder);
}

}  // namespace

Result<AddressPlan> claim_number(const std::string& folder, int preferred) {
  const MachineLock lock;
  std::error_code ignored;
  const bool first_namespace = !fs::exists(kNamespaces, ignored);  // then the last cluster takes it away again
  auto plan = claim_network(preferred);
  if (!plan) return plan;
  if (auto marked = mark_owner(*plan, folder, first_namespace); !marked) return marked.error();
  return plan;
}

void sweep(const Cgroups& cgroups, const AddressPlan& plan) {
  cgroups.kill(plan.cgroup());
  cgroups.remove(plan.cgroup());
  const MachineLock lock;
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
