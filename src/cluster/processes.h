// The processes of one running cluster, by name. They are started by a thread of their own, because the kernel ends a
// child when the thread that started it ends (PR_SET_PDEATHSIG), and that must mean the end of lazuli and nothing else.
// Each writes into a log file of its own. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/process.h"
#include "base/worker_pool.h"
#include "cluster/cgroups.h"
#include "cluster/settings.h"

namespace lazuli::cluster {

class Processes {
 public:
  enum class Network { cluster, host };
  struct Options {
    Network network = Network::cluster;
    bool essential = true;  // without it the cluster is broken
  };

  Processes(const Cgroups& cgroups, const AddressPlan& plan, Folders folders);
  ~Processes();

  Status start(const std::string& name, std::vector<std::string> command, Options options);
  Status start(const std::string& name, std::vector<std::string> command) {
    return start(name, std::move(command), Options{});
  }
  int pid(const std::string& name) const;
  // Ok while all that is essential runs; else "ClusterPartEnded" with the last lines of the log of the one that ended.
  Status failure();
  // Calls `ended`, once and from a thread of its own, when an essential process ends before stop() is called.
  void watch(std::function<void(const std::string& name)> ended);
  // In this order; the others go on.
  void stop(const std::vector<std::string>& order);

 private:
  struct Part {
    Child child;
    bool essential;
  };
  void stop_watching();

  const Cgroups cgroups_;
  const AddressPlan plan_;
  const Folders folders_;
  mutable std::mutex mutex_;
  std::map<std::string, Part> parts_;
  int stop_watch_ = -1;  // an eventfd, while there is a watch
  std::thread watch_;
  WorkerPool starter_{"cluster", 1};
};

}  // namespace lazuli::cluster
