#include "cluster/cgroups.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "base/files.h"
#include "base/text.h"

namespace lazuli::cluster {
namespace {

constexpr const char* kSystem = "system";

Error failed(const std::string& what, const std::filesystem::path& path) {
  return Error{"CgroupError", "Could not " + what + " " + path.string() + ": " + std::strerror(errno), 500, path};
}

// A cgroup's file takes each value in one write, and is not created, replaced or synced.
bool write_value(const std::filesystem::path& file, const std::string& value) {
  std::ofstream out(file);
  out << value << std::flush;
  return out.good();
}

std::string read_value(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string value;
  std::getline(in, value);
  return value;
}

Status make_folder(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return failed("make the control group", path);
  // Version 1's cpuset takes no process before it is told its processors and memory nodes: those of its parent.
  for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
    if (!std::filesystem::exists(path / file) || !std::filesystem::exists(path / "cpuset.memory_migrate")) continue;
    if (read_value(path / file).empty() && !write_value(path / file, read_value(path.parent_path() / file)))
      return failed("write", path / file);
  }
  return {};
}

// Version 2: a controller is there for the children once the parent says so.
Status enable_controllers(const std::filesystem::path& path) {
  for (const auto& controller : lazuli::split(read_value(path / "cgroup.controllers"), ' ')) {
    const auto enabled = lazuli::split(read_value(path / "cgroup.subtree_control"), ' ');
    if (std::ranges::find(enabled, controller) != enabled.end()) continue;
    if (!write_value(path / "cgroup.subtree_control", "+" + controller) &&
        (controller == "memory" || controller == "pids"))
      return failed("enable the controller " + controller + " in", path / "cgroup.subtree_control");
  }
  return {};
}

void wait_for_end(int pid, std::chrono::milliseconds limit) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (descriptor < 0) return;
  pollfd waiting{descriptor, POLLIN, 0};
  ::poll(&waiting, 1, static_cast<int>(limit.count()));
  ::close(descriptor);
}

void remove_folders(const std::filesystem::path& path) {
  std::error_code ignored;
  std::vector<std::filesystem::path> children;
  for (const auto& each : std::filesystem::directory_iterator(path, ignored))
    if (each.is_directory(ignored) && !each.is_symlink(ignored)) children.push_back(each.path());
  for (const auto& child : children) remove_folders(child);
  ::rmdir(path.c_str());
}

}  // namespace

Result<Cgroups> Cgroups::of_machine() {
  std::ifstream in("/proc/self/mounts");
  return of_mounts(std::string(std::istreambuf_iterator<char>(in), {}));
}

Result<Cgroups> Cgroups::of_mounts(const std::string& mounts) {
  Cgroups found;
  std::filesystem::path second;
  for (const auto& line : lazuli::split(mounts, '\n')) {
    const auto words = lazuli::split(line, ' ');
    if (words.size() < 3) continue;
    if (words[2] == "cgroup") found.hierarchies_.emplace_back(words[1]);
    if (words[2] == "cgroup2" && second.empty()) second = words[1];
  }
  // Where both are mounted, version 1 has the controllers.
  if (found.hierarchies_.empty() && !second.empty()) {
    found.hierarchies_.push_back(second);
    found.unified_ = true;
  } else {
    found.beside_ = second;
  }
  if (found.hierarchies_.empty())
    return Error{"ClusterEngineUnavailable", "This machine has no control groups mounted (see /sys/fs/cgroup).", 409};
  return found;
}

std::filesystem::path Cgroups::tracking() const {
  const auto pids = std::ranges::find(hierarchies_, "pids", [](const auto& path) { return path.filename(); });
  return pids == hierarchies_.end() ? hierarchies_.front() : *pids;
}

Status Cgroups::make(const std::string& name) const {
  for (const auto& hierarchy : hierarchies_) {
    if (unified_)
      if (auto enabled = enable_controllers(hierarchy); !enabled) return enabled;
    if (auto made = make_folder(hierarchy / name); !made) return made;
    if (unified_)
      if (auto enabled = enable_controllers(hierarchy / name); !enabled) return enabled;
    if (auto made = make_folder(hierarchy / name / kSystem); !made) return made;
  }
  return {};
}

Status Cgroups::put(const std::string& name, int pid) const {
  const auto file = tracking() / name / kSystem / "cgroup.procs";
  return write_value(file, std::to_string(pid)) ? Status() : Status(failed("put a process into", file));
}

std::vector<int> Cgroups::processes(const std::string& name, bool with_system) const {
  std::vector<int> found;
  const auto read = [&](const std::filesystem::path& folder) {
    std::ifstream in(folder / "cgroup.procs");
    for (int pid = 0; in >> pid;)
      if (pid > 0) found.push_back(pid);  // 0: a process outside this PID namespace
  };
  const auto top = tracking() / name;
  read(top);
  std::error_code ignored;
  for (auto each = std::filesystem::recursive_directory_iterator(top, ignored);
       each != std::filesystem::recursive_directory_iterator(); each.increment(ignored)) {
    if (!each->is_directory(ignored)) continue;
    if (with_system || each->path() != top / kSystem) read(each->path());
  }
  return found;
}

void Cgroups::end_pods(const std::string& name, std::chrono::milliseconds grace) const {
  const auto end = std::chrono::steady_clock::now() + grace;
  const auto left = grace.count() > 0 ? processes(name, false) : std::vector<int>();
  for (const int pid : left) ::kill(pid, SIGTERM);
  for (const int pid : left) {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    wait_for_end(pid, std::max(rest, std::chrono::milliseconds(0)));
  }
}

void Cgroups::kill(const std::string& name) const {
  // Again while something forked in between; one pass is the rule.
  for (int pass = 0; pass < 100; ++pass) {
    const auto left = processes(name);
    if (left.empty()) return;
    for (const int pid : left) ::kill(pid, SIGKILL);
    for (const int pid : left) wait_for_end(pid, std::chrono::seconds(2));
  }
}

void Cgroups::remove(const std::string& name) const {
  for (const auto& hierarchy : hierarchies_) remove_folders(hierarchy / name);
  if (!beside_.empty()) remove_folders(beside_ / name);
}

}  // namespace lazuli::cluster
