// Asks the servers of a pool, on a thread of its own, whether they are there: so that one that is lost is left out
// before a call has found it so, and one that is back is used again at once. A server that answers anything but 5xx is
// there; whether it answers well is learnt from calls (upstreams.h).
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/log.h"
#include "net/client.h"
#include "openai/upstreams.h"

namespace lazuli::openai {

struct HealthPlan {
  std::string path = "/models";  // below a server's URL: every server of the OpenAI API has it
  std::chrono::seconds interval{10};
  std::chrono::seconds timeout{2};
};

class HealthChecks {
 public:
  HealthChecks(HealthPlan plan, Upstreams& upstreams, net::Client& client, const Clock& clock, Log& log);
  ~HealthChecks();  // waits for a check that is under way
  HealthChecks(const HealthChecks&) = delete;

 private:
  void run();
  void check(std::size_t index);

  HealthPlan plan_;
  Upstreams& upstreams_;
  net::Client& client_;
  const Clock& clock_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lazuli::openai
