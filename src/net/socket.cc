#include "net/socket.h"

#include <unistd.h>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>

namespace lazuli::net {

namespace {

constexpr unsigned kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

int new_epoll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw boost::system::system_error(errno, boost::system::system_category(), "epoll");
  return descriptor;
}

}  // namespace

Socket::Socket(asio::io_context& context, Descriptor descriptor)
    : context_(context), reactor_(asio::use_service<Reactor>(context)), descriptor_(std::move(descriptor)) {
  reactor_.add(*this);
}

Socket::~Socket() {
  close();
}

void Socket::close() {
  if (descriptor_.get() < 0) return;
  cancel();
  reactor_.remove(*this);
  descriptor_ = Descriptor();
}

Task<void> Socket::wait(Side& side, ErrorCode& error) {
  if (side.ready) co_return;
  auto start = [this, &side](Suspended waiter) {
    side.waiter.emplace(std::move(waiter));
    if (auto slot = asio::get_associated_cancellation_slot(*side.waiter); slot.is_connected()) {
      slot.assign([this, &side](asio::cancellation_type) { abort(side); });
    }
  };
  co_await asio::async_initiate<const asio::deferred_t, void()>(start, asio::deferred);
  if (std::exchange(side.cancelled, false)) error = asio::error::operation_aborted;
}

void Socket::cancel() {
  abort(reading_);
  abort(writing_);
}

std::optional<Suspended> Socket::Side::take() {
  std::optional<Suspended> taken(std::move(waiter));
  waiter.reset();
  return taken;
}

// Later, since whoever cancels may be in the middle of something of its own.
void Socket::abort(Side& side) {
  auto waiter = side.take();
  if (!waiter) return;
  side.cancelled = true;
  asio::post(context_, *std::move(waiter));
}

// A waiter that goes on may end the socket: nothing of it is touched afterwards.
void Socket::ready(unsigned events) {
  ended_ = ended_ || (events & kEnd) != 0;
  const bool in = (events & (EPOLLIN | kEnd)) != 0;
  const bool out = (events & (EPOLLOUT | kEnd)) != 0;
  reading_.ready = reading_.ready || in;
  writing_.ready = writing_.ready || out;
  auto reader = in ? reading_.take() : std::nullopt;
  auto writer = out ? writing_.take() : std::nullopt;
  if (writer && reader) {
    asio::post(context_, *std::move(writer));
    (*reader)();
  } else if (writer) {
    (*writer)();
  } else if (reader) {
    (*reader)();
  } else if (in && watcher_) {
    watcher_();
  }
}

asio::execution_context::id Reactor::id;

Reactor::Reactor(asio::execution_context& context)
    : asio::execution_context::service(context), epoll_(static_cast<asio::io_context&>(context), new_epoll()) {}

void Reactor::add(Socket& socket) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &socket;
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket.descriptor(), &event) != 0)
    throw boost::system::system_error(errno, boost::system::system_category(), "epoll");
  socket.index_ = all_.size();
  all_.push_back(&socket);
  arm();
}

void Reactor::remove(Socket& socket) {
  // By hand: a child process that has not come to its exec yet would keep the closed socket in the set.
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, socket.descriptor(), nullptr);
  for (std::size_t i = next_; i < count_; ++i) {
    if (batch_[i].data.ptr == &socket) batch_[i].data.ptr = nullptr;
  }
  all_[socket.index_] = all_.back();
  all_[socket.index_]->index_ = socket.index_;
  all_.pop_back();
  // A wait for nobody would keep the io_context running.
  if (all_.empty() && armed_ && !down_) {
    ErrorCode ignored;
    epoll_.cancel(ignored);
  }
}

void Reactor::arm() {
  if (armed_ || all_.empty() || down_) return;
  armed_ = true;
  epoll_.async_wait(asio::posix::descriptor_base::wait_read, [this](const ErrorCode& error) {
    armed_ = false;
    if (!error) poll();
    arm();
  });
}

// Under load something has come in while the batch was handed out: to look again is cheaper than to go back through
// Asio, whose other work has its turn all the same.
void Reactor::poll() {
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds && hand_out_batch(); ++round) {
  }
}

bool Reactor::hand_out_batch() {
  const int found = ::epoll_wait(epoll_.native_handle(), batch_.data(), static_cast<int>(batch_.size()), 0);
  count_ = found > 0 ? static_cast<std::size_t>(found) : 0;
  const Cohort::Running running(cohort_);
  for (next_ = 0; next_ < count_;) {
    const epoll_event event = batch_[next_++];
    cohort_.expect(next_ < count_);
    if (event.data.ptr) static_cast<Socket*>(event.data.ptr)->ready(event.events);
  }
  next_ = count_ = 0;
  cohort_.finish();
  return found > 0;
}

// The waiters own the coroutines that own the sockets: they are let go here, or never.
void Reactor::shutdown() {
  down_ = true;
  cohort_.clear();
  std::vector<std::optional<Suspended>> left;
  for (Socket* socket : all_) {
    for (auto* side : {&socket->reading_, &socket->writing_}) {
      left.push_back(side->take());
    }
  }
}

}  // namespace lazuli::net
