#include "cluster/processes.h"

#include <algorithm>
#include <fstream>
#include <future>

#include "base/text.h"

namespace lazuli::cluster {
namespace {

constexpr int kLines = 5;
constexpr std::streamoff kTail = 4096;
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

Status Processes::start(const std::string& name, std::vector<std::string> command, Network network) {
  Command described{
      .arguments = std::move(command), .directory = folders_.root, .output = folders_.logs() + "/" + name + ".log"};
  if (network == Network::cluster) described.network_namespace = plan_.network_namespace_path();
  std::promise<Result<Child>> started;
  starter_.post([&] { started.set_value(Child::start(described)); });
  auto child = started.get_future().get();
  if (!child) return child.error();
  auto moved = cgroups_.put(plan_.cgroup(), child->pid());
  const std::lock_guard lock(mutex_);
  children_.insert_or_assign(name, std::move(*child));
  return moved;
}

int Processes::pid(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = children_.find(name);
  return found == children_.end() ? -1 : found->second.pid();
}

Status Processes::failure() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, child] : children_) {
    if (child.running()) continue;
    const auto file = folders_.logs() + "/" + name + ".log";
    return Error{"ClusterPartEnded", "The cluster's " + name + " ended. The end of " + file + ":\n" + last_lines(file),
                 500, name};
  }
  return {};
}

void Processes::stop(const std::vector<std::string>& order) {
  const std::lock_guard lock(mutex_);
  for (const auto& name : order)
    if (const auto found = children_.find(name); found != children_.end()) found->second.stop(kGrace);
  children_.clear();
}

}  // namespace lazuli::cluster
