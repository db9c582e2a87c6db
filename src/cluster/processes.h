// The processes of one running cluster, by name. They are started by a thread of their own, because the kernel ends a
// child when the thread that started it ends (PR_SET_PDEATHSIG), and that must mean the end of lazuli and nothing else.
// Each writes into a log file of its own. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/worker_pool.h"
#include "cluster/cgroups.h"
#include "cluster/settings.h"

namespace lazuli::cluster {

class Processes {
 public:
  enum class Network { cluster, host };

  Processes(const Cgroups& cgroups, const AddressPlan& plan, Folders folders);

  Status start(const std::string& name, std::vector<std::string> command, Network network = Network::cluster);
  int pid(const std::string& name) const;
  // Ok while all run; else "ClusterPartEnded" with the last lines of the log of the one that ended.
  Status failure();
  void stop(const std::vector<std::string>& order);

 private:
  const Cgroups cgroups_;
  const AddressPlan plan_;
  const Folders folders_;
  mutable std::mutex mutex_;
  std::map<std::string, Child> children_;
  WorkerPool starter_{"cluster", 1};
};

}  // namespace lazuli::cluster
