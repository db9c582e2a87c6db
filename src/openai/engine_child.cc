#include "openai/engine_child.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

namespace lazuli::openai {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A port that is free now. It could be taken before the child binds it; then the child ends, and the start fails and
// is tried again with another one.
unsigned short free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  unsigned short port = 0;
  if (descriptor >= 0 && ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
      ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    port = ntohs(address.sin_port);
  }
  if (descriptor >= 0) ::close(descriptor);
  return port;
}

}  // namespace

EngineChild::EngineChild(ChildPlan plan, Random& random, Log& log)
    : plan_(std::move(plan)), random_(random), log_(log), thread_([this] { supervise(); }) {}

EngineChild::~EngineChild() {
  shut_down();
}

void EngineChild::shut_down() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void EngineChild::wake() {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_all();
}

void EngineChild::notice_death() {
  if (state_ != State::ready || child_->running()) return;
  log_.warning("openai", "The engine has ended and will be started again",
               {{"engine", plan_.name}, {"code", child_->wait(milliseconds(0)).value_or(-1)}});
  child_.reset();
  state_ = State::stopped;
}

std::optional<EngineChild::Address> EngineChild::running() {
  const std::lock_guard lock(mutex_);
  notice_death();
  if (state_ != State::ready) return std::nullopt;
  last_use_ = steady_clock::now();
  return address_;
}

Result<EngineChild::Address> EngineChild::wait(bool lost) {
  constexpr int kLooks = 20;
  constexpr milliseconds kBetween(10);
  std::unique_lock lock(mutex_);
  notice_death();
  // A dying process closes its connections a little before it can be waited for.
  for (int looks = 0; lost && looks < kLooks && state_ == State::ready && !stopping_; ++looks) {
    changed_.wait_for(lock, kBetween);
    notice_death();
  }
  const auto failed_before = failures_;
  wanted_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return stopping_ || state_ == State::ready || failures_ != failed_before; });
  if (state_ != State::ready || stopping_) {
    return Error{"EngineStartFailed", stopping_ ? "The engine is being shut down." : failure_, 503};
  }
  last_use_ = steady_clock::now();
  return address_;
}

void EngineChild::begin_use() {
  const std::lock_guard lock(mutex_);
  ++users_;
}

void EngineChild::end_use() {
  {
    const std::lock_guard lock(mutex_);
    --users_;
    last_use_ = steady_clock::now();
  }
  changed_.notify_all();
}

void EngineChild::supervise() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (state_ == State::ready) {
      rest(lock);
    } else if (wanted_) {
      start(lock);
    } else {
      changed_.wait(lock);
    }
  }
  auto child = std::move(child_);
  child_.reset();
  state_ = State::stopped;
  lock.unlock();
  child.reset();  // ends the process
}

// While it runs: sleeps until something changes or it has been idle for long enough.
void EngineChild::rest(std::unique_lock<std::mutex>& lock) {
  wanted_ = false;
  const auto something = [&] { return stopping_ || state_ != State::ready; };
  if (plan_.idle.count() == 0 || users_ > 0) {
    changed_.wait(lock);
    return;
  }
  const auto deadline = last_use_ + plan_.idle;
  changed_.wait_until(lock, deadline);
  if (something() || users_ > 0 || wanted_ || steady_clock::now() < last_use_ + plan_.idle) return;
  log_.info("openai", "The engine has been idle and is stopped", {{"engine", plan_.name}});
  auto child = std::move(child_);
  child_.reset();
  state_ = State::stopped;
  lock.unlock();
  child.reset();
  lock.lock();
}

void EngineChild::start(std::unique_lock<std::mutex>& lock) {
  state_ = State::starting;
  wanted_ = false;
  lock.unlock();
  const auto began = steady_clock::now();
  const unsigned short port = free_port();
  const Address address{"http://127.0.0.1:" + std::to_string(port), hex(random_.bytes(16))};
  Command command = plan_.command(port, address.key);
  command.output = plan_.log_file;
  auto child = Child::start(command);
  lock.lock();
  Status healthy = child ? await_health(lock, *child, address) : Status(child.error());
  if (healthy.ok()) {
    child_.emplace(*std::move(child));
    address_ = address;
    last_use_ = steady_clock::now();
    state_ = State::ready;
    const auto took = std::chrono::duration_cast<milliseconds>(last_use_ - began).count();
    log_.info("openai", "The engine is ready", {{"engine", plan_.name}, {"port", port}, {"milliseconds", took}});
  } else {
    ++failures_;
    failure_ = healthy.error().message;
    state_ = State::stopped;
    if (!stopping_) log_.error("openai", "The engine could not be started: " + failure_, {{"engine", plan_.name}});
  }
  changed_.notify_all();
}

Status EngineChild::await_health(std::unique_lock<std::mutex>& lock, Child& child, const Address& address) {
  const auto deadline = steady_clock::now() + plan_.start_limit;
  while (!stopping_) {
    lock.unlock();
    net::ClientRequest request;
    request.url = address.url + "/health";
    request.connect_timeout = request.timeout = milliseconds(2000);
    const auto answer = client_.fetch(std::move(request));
    const bool alive = child.running();
    lock.lock();
    if (answer.ok() && answer->status == 200) return {};
    if (!alive) {
      return Error{"EngineStartFailed", "it ended while starting; its log is " + plan_.log_file + ".", 503};
    }
    if (steady_clock::now() > deadline) {
      return Error{"EngineStartFailed", "it was not ready in time; its log is " + plan_.log_file + ".", 503};
    }
    changed_.wait_for(lock, milliseconds(20), [this] { return stopping_; });
  }
  return Error{"EngineStartFailed", "The engine is being shut down.", 503};
}

}  // namespace lazuli::openai
