#include "openai/health_checks.h"

namespace lazuli::openai {

HealthChecks::HealthChecks(HealthPlan plan, Upstreams& upstreams, net::Client& client, const Clock& clock, Log& log)
    : plan_(std::move(plan)), upstreams_(upstreams), client_(client), clock_(clock), log_(log), thread_([this] {
        run();
      }) {}

HealthChecks::~HealthChecks() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void HealthChecks::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    for (std::size_t i = 0; i < upstreams_.size() && !stopping_; ++i) {
      lock.unlock();
      check(i);
      lock.lock();
    }
    stopped_.wait_for(lock, plan_.interval, [this] { return stopping_; });
  }
}

void HealthChecks::check(std::size_t index) {
  const Upstream& upstream = upstreams_.at(index);
  net::ClientRequest request;
  request.url = upstream.url + plan_.path;
  if (!upstream.key.empty()) request.headers.set("Authorization", "Bearer " + upstream.key);
  request.connect_timeout = request.timeout = plan_.timeout;
  const auto answer = client_.fetch(std::move(request));
  // A list of models that is too long to be kept is an answer, too.
  const bool there = answer.ok() ? answer->status < 500 : answer.error().code == "ResponseTooLarge";
  if (!upstreams_.checked(index, there, clock_.now())) return;
  if (there) {
    log_.info("openai", "An engine answers its health checks again", {{"engine", upstream.url}});
  } else {
    log_.warning("openai", "An engine does not answer its health checks",
                 {{"engine", upstream.url},
                  {"cause", answer.ok() ? "status " + std::to_string(answer->status) : answer.error().message}});
  }
}

}  // namespace lazuli::openai
