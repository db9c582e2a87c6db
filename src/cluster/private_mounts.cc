#include "cluster/private_mounts.h"

namespace lazuli::cluster {
namespace {

// $1: the cluster's folder, $2: its runtime folder, then the command. Mounts of the machine come in (slave) and go on
// to the pods that ask for it (shared); none goes out.
constexpr const char* kScript = R"(set -e
root=$1 runtime=$2
shift 2
mount --make-rshared /
cover() {
  if [ ! -d "$2" ]; then mkdir -p "$2"; echo "$2" >>"${runtime%/*}/mount-points"; fi
  mkdir -p "$1"
  mount --bind "$1" "$2"
}
cover "$root/var/kubelet" /var/lib/kubelet
cover "$root/var/cni" /var/lib/cni
cover "$root/var/containers" /var/log/containers
cover "$runtime/shims" /run/containerd
mkdir -p "$runtime/tunables"
pretend() {
  [ -e "/proc/sys/$1" ] || return 0
  echo "$2" >"$runtime/tunables/${1##*/}"
  mount --bind "$runtime/tunables/${1##*/}" "/proc/sys/$1"
}
pretend vm/overcommit_memory 1
pretend vm/panic_on_oom 0
pretend kernel/panic 10
pretend kernel/panic_on_oops 1
pretend kernel/keys/root_maxkeys 1000000
pretend kernel/keys/root_maxbytes 25000000
exec "$@"
)";

}  // namespace

std::vector<std::string> in_new_mounts(const Folders& folders, const AddressPlan& plan,
                                       const std::vector<std::string>& command) {
  std::vector<std::string> words{"unshare", "--mount", "--propagation", "slave",      "sh",
                                 "-c",      kScript,   "lazuli-mounts", folders.root, plan.runtime_directory()};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

std::vector<std::string> in_mounts_of(int pid, const std::vector<std::string>& command) {
  std::vector<std::string> words{"nsenter", "--mount=/proc/" + std::to_string(pid) + "/ns/mnt", "--"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

}  // namespace lazuli::cluster
