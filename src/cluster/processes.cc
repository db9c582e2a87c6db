#include "cluster/processes.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>

#include "base/text.h"

namespace lazuli::cluster {
namespace {

constexpr int kLines = 5;
constexpr std::streamoff kTail = 4096;
constexpr std::uintmax_t kLongestLog = std::uintmax_t{16} << 20;
constexpr auto kGrace = std::chrono::seconds(10);

std::string last_lines(const std::string& file) {
  std::ifstream in(file);
  in.seekg(0, std::ios::end);
  const std::streamoff size = in.tellg();
  if (size <= 0) return "it wrote nothing";
  in.seekg(std::max<std::streamoff>(0, size - kTail));
  const std::string text(std::istreambuf_iterator<char>(in), {});
  auto lines = lazuli::split(text, '\n');
  if (lines.size() > kLines) lines.erase(lines.begin(), lines.end() - kLines);
  return join(lines, "\n");
}

}  // namespace

Processes::Processes(const Cgroups& cgroups, const AddressPlan& plan, Folders folders)
    : cgroups_(cgroups), plan_(plan), folders_(std::move(folders)) {}

Processes::~Processes() {
  stop_watching();
}

Status Processes::start(const std::string& name, std::vector<std::string> command, Options options) {
  const std::string log = folders_.logs() + "/" + name + ".log";
  std::error_code ignored;
  if (std::filesystem::file_size(log, ignored) > kLongestLog && !ignored)
    std::filesystem::rename(log, log + ".1", ignored);
  Command described{.arguments = std::move(command), .directory = folders_.root, .output = log};
  if (options.network == Network::cluster) described.network_namespace = plan_.network_namespace_path();
  std::promise<Result<Child>> started;
  starter_.post([&] { started.set_value(Child::start(described)); });
  auto child = started.get_future().get();
  if (!child) return child.error();
  auto moved = cgroups_.put(plan_.cgroup(), child->pid());
  const std::lock_guard lock(mutex_);
  parts_.insert_or_assign(name, Part{std::move(*child), options.essential});
  return moved;
}

int Processes::pid(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = parts_.find(name);
  return found == parts_.end() ? -1 : found->second.child.pid();
}

namespace {

Error ended(const std::string& part, const std::string& log) {
  return Error{"ClusterPartEnded", "The cluster's " + part + " ended. The end of " + log + ":\n" + last_lines(log), 500,
               part};
}

}  // namespace

Status Processes::failure() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, part] : parts_) {
    if (!part.essential || part.child.running()) continue;
    return ended(name, folders_.logs() + "/" + name + ".log");
  }
  return {};
}

void Processes::watch(std::function<void(const std::string& name)> ended) {
  const std::lock_guard lock(mutex_);
  stop_watch_ = ::eventfd(0, EFD_CLOEXEC);
  std::vector<pollfd> waiting{{stop_watch_, POLLIN, 0}};
  std::vector<std::string> names{""};
  for (const auto& [name, part] : parts_) {
    if (!part.essential) continue;
    waiting.push_back({static_cast<int>(::syscall(SYS_pidfd_open, part.child.pid(), 0)), POLLIN, 0});
    names.push_back(name);
  }
  watch_ = std::thread([waiting, names, ended = std::move(ended)]() mutable {
    while (::poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {
    }
    const bool stopped = waiting.front().revents != 0;
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      if (!stopped && waiting[i].revents != 0) {
        ended(names[i]);
        break;
      }
    }
    for (std::size_t i = 1; i < waiting.size(); ++i) ::close(waiting[i].fd);
  });
}

void Processes::stop_watching() {
  if (!watch_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_watch_, &one, sizeof one);
  watch_.join();
  ::close(stop_watch_);
}

void Processes::stop(const std::vector<std::string>& order) {
  stop_watching();
  const std::lock_guard lock(mutex_);
  for (const auto& name : order) {
    const auto found = parts_.find(name);
    if (found == parts_.end()) continue;
    found->second.child.stop(kGrace);
    parts_.erase(found);
  }
}

}  // namespace lazuli::cluster
