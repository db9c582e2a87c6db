#include "openai/background.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cstring>

#include "base/json.h"
#include "base/text.h"
#include "net/sse.h"
#include "openai/errors.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kMostRuns = 200;
constexpr auto kFound = std::chrono::minutes(10);

// What a run has in place of a connection.
class Detached final : public net::Exchange {
 public:
  Detached(const net::Request& request, std::shared_ptr<BackgroundRun> run)
      : request_(request), body_(std::exchange(request_.body, {})), run_(std::move(run)) {}

  net::Request& request() override { return request_; }
  net::Task<Result<std::size_t>> read(std::span<char> into) override {
    const std::size_t count = std::min(into.size(), body_.size() - read_);
    std::memcpy(into.data(), body_.data() + read_, count);
    read_ += count;
    co_return count;
  }
  net::Task<bool> send(net::Response response) override {
    run_->begin(std::move(response));
    co_return true;
  }
  net::Task<bool> start(net::Response head) override {
    run_->begin(std::move(head));
    started_ = true;
    co_return true;
  }
  net::Task<bool> write(std::string_view piece) override {
    run_->add(piece);
    co_return true;
  }
  net::Task<bool> finish(bool) override { co_return true; }
  bool started() const override { return started_; }
  net::Task<bool> unless_gone(net::Task<void> work) override {
    std::exception_ptr failure;
    try {
      co_await std::move(work);
    } catch (...) {
      failure = std::current_exception();
    }
    if (!failure) co_return true;
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() == boost::asio::cancellation_type::none) std::rethrow_exception(failure);
    co_await boost::asio::this_coro::reset_cancellation_state();
    co_return false;
  }

 private:
  net::Request request_;
  std::string body_;
  std::size_t read_ = 0;
  std::shared_ptr<BackgroundRun> run_;
  bool started_ = false;
};

struct Ends {
  BackgroundRun& run;
  ~Ends() { run.end(); }
};

net::Task<void> make(std::shared_ptr<Detached> exchange, std::shared_ptr<BackgroundRun> run, Background::Work work) {
  const Ends ends{*run};
  co_await work(*exchange, *run);
}

net::Task<void> begun(BackgroundRun& run) {
  for (;;) {
    const auto seen = run.changes().count();
    if (run.begun()) co_return;
    co_await run.changes().wait(seen);
  }
}

net::Task<void> follow(net::Exchange& exchange, BackgroundRun& run, std::size_t next) {
  for (;;) {
    const auto seen = run.changes().count();
    const auto events = run.from(next);
    next = events.next;
    if (!events.text.empty()) {
      const bool written = co_await exchange.write(events.text);
      if (!written) co_return;
    } else if (events.ended) {
      break;
    } else {
      co_await run.changes().wait(seen);
    }
  }
}

// The response as its first event has it.
std::string first_response(const BackgroundRun& run) {
  net::EventReader events;
  events.feed(run.from(0).text);
  const auto first = events.next();
  const auto data = first ? parse_json(first->data) : Result<Json>(Json());
  const auto* response = data ? find(*data, "response") : nullptr;
  return response ? to_pretty(*response) : std::string();
}

}  // namespace

BackgroundRun::Events BackgroundRun::from(std::size_t event) const {
  const std::lock_guard lock(mutex_);
  Events there;
  there.next = std::max(event, events_.size());
  there.ended = ended_;
  for (std::size_t i = event; i < events_.size(); ++i) there.text += events_[i];
  return there;
}

bool BackgroundRun::begun() const {
  const std::lock_guard lock(mutex_);
  return ended_ || !events_.empty() || (head_ && head_->status != 200);
}

bool BackgroundRun::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

std::optional<net::Response> BackgroundRun::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

void BackgroundRun::begin(net::Response head) {
  const std::lock_guard lock(mutex_);
  head_ = std::move(head);
  changes_.notify();
}

void BackgroundRun::add(std::string_view events) {
  constexpr std::string_view end_of_event = "\n\n";
  const std::lock_guard lock(mutex_);
  while (!ended_ && !events.empty()) {
    const auto end = events.find(end_of_event);
    const auto size = end == std::string_view::npos ? events.size() : end + end_of_event.size();
    events_.emplace_back(events.substr(0, size));
    events.remove_prefix(size);
  }
  changes_.notify();
}

void BackgroundRun::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changes_.notify();
}

bool BackgroundRun::settle() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::cancelled) return false;
  state_ = State::settled;
  return true;
}

bool BackgroundRun::cancel(const LastEvent& last_event) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::runs) return false;
  state_ = State::cancelled;
  events_.push_back(last_event(events_.size()));
  ended_ = true;
  changes_.notify();
  return true;
}

// The oldest that has ended. False: all are under way.
bool Background::forget_one() {
  auto oldest = runs_.end();
  for (auto known = runs_.begin(); known != runs_.end(); ++known) {
    if (!known->second.run->ended()) continue;
    if (oldest == runs_.end() || known->second.run->made < oldest->second.run->made) oldest = known;
  }
  if (oldest == runs_.end()) return false;
  runs_.erase(oldest);
  return true;
}

std::shared_ptr<BackgroundRun> Background::begin(const net::Request& request, bool streamed, Work work) {
  const TimePoint now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::erase_if(runs_,
                [&](const auto& known) { return known.second.run->ended() && now - known.second.run->made > kFound; });
  if (runs_.size() >= kMostRuns && !forget_one()) return nullptr;
  auto run = std::make_shared<BackgroundRun>(hex(random_.bytes(25)), streamed, now);
  const auto exchange = std::make_shared<Detached>(request, run);
  Known& known = runs_["resp_" + run->digits];
  known.run = run;
  known.task = tasks_.start([exchange, run, work = std::move(work)] { return make(exchange, run, work); });
  return run;
}

net::Task<void> Background::serve(net::Exchange& exchange, bool streamed, Work work) {
  const auto run = begin(exchange.request(), streamed, std::move(work));
  if (!run) {
    const Error full = engine_unavailable("There are too many responses in the background.", std::chrono::seconds(5));
    co_await exchange.send(error_response(full));
    co_return;
  }
  const bool there = co_await exchange.unless_gone(begun(*run));
  auto head = run->head();
  if (!there || !head) co_return;
  if (head->status != 200) {
    co_await exchange.send(*std::move(head));
  } else if (streamed) {
    co_await stream(exchange, run, 0, *std::move(head));
  } else {
    head->headers.set("Content-Type", "application/json");
    head->body = first_response(*run);
    co_await exchange.send(*std::move(head));
  }
}

std::shared_ptr<BackgroundRun> Background::find(std::string_view response_id) const {
  const std::lock_guard lock(mutex_);
  const auto known = runs_.find(response_id);
  const bool there = known != runs_.end() && clock_.now() - known->second.run->made <= kFound;
  return there ? known->second.run : nullptr;
}

net::Task<void> Background::stream(net::Exchange& exchange, std::shared_ptr<BackgroundRun> run, std::size_t first,
                                   net::Response head) {
  bool there = co_await exchange.start(std::move(head));
  if (there) there = co_await exchange.unless_gone(follow(exchange, *run, first));
  if (there) co_await exchange.finish();
}

bool Background::cancel(std::string_view response_id, const BackgroundRun::LastEvent& last_event) {
  const std::lock_guard lock(mutex_);
  const auto known = runs_.find(response_id);
  if (known == runs_.end() || !known->second.run->cancel(last_event)) return false;
  tasks_.cancel(known->second.task);
  return true;
}

void Background::stop() {
  tasks_.stop();
}

}  // namespace lazuli::openai
