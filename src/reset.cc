// `lazuli reset`: whatever serving left outside the state directory (clusters' processes, namespaces, cgroups, mounts)
// goes first, then the directory itself.
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/files.h"
#include "cluster/clusters.h"
#include "command_line/client_commands.h"
#include "up.h"

namespace lazuli {

namespace {

using command_line::fail;
using command_line::StateDirectory;

// mountinfo writes blanks and the like as octal escapes (proc(5)).
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

// What builds or containers left mounted below the directory, the innermost first.
void unmount_below(const std::filesystem::path& directory) {
  std::vector<std::string> mounts;
  std::ifstream table("/proc/self/mountinfo");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, point;
    fields >> id >> parent >> device >> root >> point;
    if (point = unescaped(point); point.starts_with(directory.string() + "/")) mounts.push_back(point);
  }
  for (auto point = mounts.rbegin(); point != mounts.rend(); ++point) ::umount2(point->c_str(), MNT_DETACH);
}

bool confirmed(const StateDirectory& state) {
  if (!::isatty(0)) return false;
  std::printf("This stops lazuli and removes %s with every resource and cluster in it. Go on? [y/N] ",
              state.path().c_str());
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

bool runs(const StateDirectory& state) {
  const auto lock = command_line::StateLock::acquire(state);
  return lock && !lock->has_value();
}

}  // namespace

int reset(const command_line::Parsed& parsed, const StateDirectory& state) {
  if (!state.exists()) {
    std::printf("there is nothing at %s\n", state.path().c_str());
    return 0;
  }
  // A mistyped --state must not cost a person their files.
  std::error_code ignored;
  if (!std::filesystem::exists(state.file("lock"), ignored))
    return fail(Error{"NotAState", state.path().string() + " is no state directory of lazuli; nothing was removed."});
  if (!parsed.has("yes") && !confirmed(state))
    return fail(Error{"UsageError", "Nothing was removed. lazuli reset --yes does it without asking."});
  if (runs(state)) {
    if (const int code = command_line::down(parsed, state); code != 0) return code;
  }
  auto lock = command_line::StateLock::acquire(state);
  if (!lock) return fail(lock.error());
  if (!lock->has_value()) return fail(Error{"Busy", "Another lazuli has just taken " + state.path().string() + "."});
  for (const auto& kept : cluster::Clusters::sweep(state.file("clusters").string()))
    std::fprintf(stderr, "lazuli: %s\n", kept.c_str());
  unmount_below(state.path());
  if (auto removed = remove_tree(state.path()); !removed) return fail(removed.error());
  std::printf("removed %s\n", state.path().c_str());
  return 0;
}

}  // namespace lazuli
