#include "net/tasks.h"

#include <pthread.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

namespace lazuli::net {

namespace asio = boost::asio;

namespace {

using Signal = std::shared_ptr<asio::cancellation_signal>;

Task<void> run(std::function<Task<void>()> work) {
  try {
    co_await work();
  } catch (const std::exception&) {  // cancelled, as a rule; its own matters it has reported itself
  }
}

}  // namespace

struct Tasks::State {
  void start(Id id, std::function<Task<void>()> task) {
    if (stopping) return;
    const auto signal = std::make_shared<asio::cancellation_signal>();
    running[id] = signal;
    asio::co_spawn(context, run(std::move(task)),
                   asio::bind_cancellation_slot(signal->slot(), [this, id](const std::exception_ptr&) {
                     running.erase(id);
                     if (stopping && running.empty()) context.stop();
                   }));
  }

  void stop() {
    stopping = true;
    const auto all = running;  // one that ends takes itself out
    for (const auto& [id, signal] : all) signal->emit(asio::cancellation_type::terminal);
    if (running.empty()) context.stop();
  }

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{asio::make_work_guard(context)};
  std::map<Id, Signal> running;  // used on the thread alone, as is the next
  bool stopping = false;
  std::atomic<Id> last{0};
  std::once_flag started;
  std::thread thread;
};

Tasks::Tasks() : state_(std::make_unique<State>()) {}

Tasks::~Tasks() {
  stop();
}

Tasks::Id Tasks::start(std::function<Task<void>()> work) {
  std::call_once(state_->started, [this] {
    state_->thread = std::thread([this] { state_->context.run(); });
    ::pthread_setname_np(state_->thread.native_handle(), "net-tasks");
  });
  const Id id = ++state_->last;
  asio::post(state_->context, [this, id, work = std::move(work)]() mutable { state_->start(id, std::move(work)); });
  return id;
}

void Tasks::cancel(Id id) {
  asio::post(state_->context, [this, id] {
    const auto found = state_->running.find(id);
    if (found == state_->running.end()) return;
    const Signal signal = found->second;
    signal->emit(asio::cancellation_type::terminal);
  });
}

void Tasks::stop() {
  if (!state_->thread.joinable()) return;
  asio::post(state_->context, [this] { state_->stop(); });
  state_->thread.join();
}

}  // namespace lazuli::net
