// Sockets and their readiness. Each socket is registered with epoll once, edge-triggered for both directions, and for
// its whole life: a wait costs no system call. (Asio's own waits enter epoll anew each time, which is why they are not
// used here.) A Socket belongs to the io_context that it was made with and is used on its thread only.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "net/cohort.h"
#include "net/descriptor.h"
#include "net/exchange.h"

namespace lazuli::net {

using ErrorCode = boost::system::error_code;

class Reactor;

class Socket {
 public:
  // The descriptor must be non-blocking and connected (or connecting).
  Socket(asio::io_context& context, Descriptor descriptor);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int descriptor() const { return descriptor_.get(); }

  // Whether an operation is worth trying: until one has found nothing to do, and again when epoll tells of a change.
  bool readable() const { return reading_.ready; }
  bool writable() const { return writing_.ready; }
  void drained() { reading_.ready = ended_; }  // nothing is left to be received; an end always is
  void filled() { writing_.ready = false; }

  // Return at once where there is readiness already. Error: operation_aborted.
  Task<void> wait_readable(ErrorCode& error) { return wait(reading_, error); }
  Task<void> wait_writable(ErrorCode& error) { return wait(writing_, error); }
  void cancel();  // the waits there are
  void close();

  // Called when something arrives while nobody waits for it; empty: no more. It must not destroy the socket.
  void watch(std::function<void()> action) { watcher_ = std::move(action); }

 private:
  friend class Reactor;
  struct Side {
    bool ready = true;
    bool cancelled = false;
    std::optional<Suspended> waiter;
    std::optional<Suspended> take();
  };

  Task<void> wait(Side& side, ErrorCode& error);
  void abort(Side& side);
  void ready(unsigned events);

  asio::io_context& context_;
  Reactor& reactor_;
  Descriptor descriptor_;
  Side reading_;
  Side writing_;
  bool ended_ = false;  // the peer sends no more
  std::function<void()> watcher_;
  std::size_t index_ = 0;  // of the reactor's
};

// The epoll instance of an io_context, which Asio's reactor watches as one descriptor.
class Reactor final : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;
  using key_type = Reactor;

  explicit Reactor(asio::execution_context& context);
  void poll();  // hands out what has come in

 private:
  friend class Socket;
  void add(Socket& socket);
  void remove(Socket& socket);
  bool hand_out_batch();  // false: there was none
  void arm();
  void shutdown() override;

  asio::posix::stream_descriptor epoll_;
  std::vector<Socket*> all_;
  std::array<epoll_event, 64> batch_{};
  std::size_t next_ = 0, count_ = 0;  // of the batch
  Cohort cohort_;                     // whom it wakes
  bool armed_ = false;
  bool down_ = false;
};

}  // namespace lazuli::net
