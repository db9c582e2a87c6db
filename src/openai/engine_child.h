// One server process of the managed engine: when it runs, where it listens, and how it is brought back. Starting is
// done by a thread of its own, which sleeps unless there is something to do. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/process.h"
#include "base/random.h"
#include "base/result.h"
#include "net/client.h"

namespace lazuli::openai {

struct ChildPlan {
  std::string name;  // "engine", "engine-embeddings": of the log file
  std::string log_file;
  std::chrono::seconds idle{900};                // 0: never stopped
  std::chrono::milliseconds start_limit{60000};  // to a first good answer on /health
  // The command for a port and an API key (which goes into the environment, not into the arguments).
  std::function<Command(unsigned short port, const std::string& key)> command;
};

class EngineChild {
 public:
  struct Address {
    std::string url;  // http://127.0.0.1:PORT
    std::string key;
  };

  EngineChild(ChildPlan plan, Random& random, Log& log);
  ~EngineChild();
  void shut_down();  // ends the child and lets everybody who waits go; idempotent

  void wake();  // begins to start, if it does not run
  // Where it listens, if it runs now; marks it as used.
  std::optional<Address> running();
  // Blocks until it runs or cannot be started. Error "EngineStartFailed" says why and where the log is. After a lost
  // connection (`lost`) it is first given a moment to be seen dead.
  Result<Address> wait(bool lost = false);
  // Requests in progress keep it from being idle.
  void begin_use();
  void end_use();

 private:
  enum class State { stopped, starting, ready };

  void supervise();
  void start(std::unique_lock<std::mutex>& lock);
  Status await_health(std::unique_lock<std::mutex>& lock, Child& child, const Address& address);
  void rest(std::unique_lock<std::mutex>& lock);
  void notice_death();

  ChildPlan plan_;
  Random& random_;
  Log& log_;
  net::Client client_;
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::stopped;
  bool wanted_ = false;
  bool stopping_ = false;
  int users_ = 0;
  std::chrono::steady_clock::time_point last_use_{};
  Address address_;
  std::uint64_t failures_ = 0;  // how many starts have failed, for those who wait for one
  std::string failure_;
  std::optional<Child> child_;
  std::thread thread_;
};

}  // namespace lazuli::openai
