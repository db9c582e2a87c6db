#include "net/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstring>
#include <future>
#include <thread>
#include <unordered_set>

#include "net/connection.h"
#include "net/listen.h"
#include "net/pool.h"

namespace lazuli::net {

namespace {

// After "too many open files": waiting a little lets connections end, accepting at once would only spin.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

}  // namespace

// One thread with its io_context and the connections that live on it.
class Worker {
 public:
  // With its reactor, so that the first connection finds everything that it needs.
  Worker() : work_(asio::make_work_guard(context)), end_(context) { asio::use_service<Reactor>(context); }

  void start(unsigned number) {
    thread_ = std::thread([this] { context.run(); });
    ::pthread_setname_np(thread_.native_handle(), ("net-" + std::to_string(number)).c_str());
  }

  void adopt(ServerParts& parts, const std::shared_ptr<const Door>& door, Descriptor socket) {
    auto connection = std::make_shared<Connection>(parts, door, context.get_executor(), std::move(socket));
    connections_.insert(connection);
    asio::co_spawn(
        context, connection->run(),
        asio::bind_cancellation_slot(connection->slot(), [this, connection, &parts](const std::exception_ptr& fault) {
          connections_.erase(connection);
          if (connections_.empty()) rest();
          if (fault) report(parts, fault);
        }));
  }

  // On the worker's thread: lets go of idle connections now, and of the rest after the time of grace.
  void stop(std::chrono::milliseconds grace) {
    work_.reset();
    stopping_ = true;
    each([](Connection& connection) { connection.stop(false); });
    if (connections_.empty()) return rest();
    end_.expires_after(grace);
    end_.async_wait([this](const ErrorCode& cancelled) {
      if (!cancelled) each([](Connection& connection) { connection.stop(true); });
    });
  }

  void join() {
    if (thread_.joinable()) thread_.join();
  }

  asio::io_context context{1};

 private:
  template <typename Action>
  void each(Action action) {
    const auto copy = connections_;  // ending a connection takes it out of the set
    for (const auto& connection : copy) action(*connection);
  }

  // The last connection has ended: nothing is to keep the io_context running once the server stops.
  void rest() {
    end_.cancel();
    if (stopping_) asio::use_service<ConnectionPool>(context).clear();
  }

  static void report(ServerParts& parts, const std::exception_ptr& fault) {
    try {
      std::rethrow_exception(fault);
    } catch (const boost::system::system_error& error) {
      if (error.code() != asio::error::operation_aborted)
        parts.log.error("net", "A connection failed.", {{"reason", error.what()}});
    } catch (const std::exception& error) {
      parts.log.error("net", "A connection failed.", {{"reason", error.what()}});
    }
  }

  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer end_;
  bool stopping_ = false;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::thread thread_;
};

// A listening socket. It lives on the first worker and deals its connections out to all of them.
struct Listener {
  Listener(asio::io_context& context, Listening listening, Door described)
      : socket(context, listening.socket.release()),
        door(std::make_shared<Door>(std::move(described))),
        at(std::move(listening.at)) {}

  asio::posix::stream_descriptor socket;
  std::shared_ptr<const Door> door;
  Endpoint at;
  std::string path;  // of a Unix socket, to be removed with it
};

struct Server::State : std::enable_shared_from_this<Server::State> {
  State(const Router& router, Log& log, const ServerSettings& settings) : parts(router, log, settings) {}

  Result<Endpoint> open(const Endpoint& at, Door door);
  void listen(Listening listening, Door door, std::string path = {});
  int accept_all(const std::shared_ptr<Listener>& listener);
  Task<void> accept(std::shared_ptr<Listener> listener);
  void close(const std::function<bool(const Listener&)>& which);
  asio::io_context& first() { return workers.front()->context; }

  ServerParts parts;
  std::vector<std::unique_ptr<Worker>> workers;
  std::size_t next_worker = 0;                       // of the first worker's thread
  std::vector<std::shared_ptr<Listener>> listeners;  // of the first worker's thread
};

Server::Server(const Router& router, Log& log, unsigned threads, ServerSettings settings)
    : state_(std::make_shared<State>(router, log, settings)) {
  // OpenSSL writes to sockets with write(): a client that has gone must be an error, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i) state_->workers.push_back(std::make_unique<Worker>());
  for (unsigned i = 0; i < threads; ++i) state_->workers[i]->start(i);
}

Server::~Server() {
  state_->parts.stopping = true;
  state_->close([](const Listener&) { return true; });
  for (const auto& worker : state_->workers)
    asio::post(worker->context, [&worker, this] { worker->stop(state_->parts.settings.grace); });
  for (const auto& worker : state_->workers) worker->join();
}

void Server::set_tls(const TlsIdentity& identity) {
  auto context = server_context(identity);
  if (context) {
    state_->parts.set_identity(std::move(*context));
  } else {
    state_->parts.log.error("net", "The new certificate cannot be used; the one before stays.",
                            {{"reason", context.error().message}});
  }
}

void Server::State::listen(Listening listening, Door door, std::string path) {
  auto listener = std::make_shared<Listener>(first(), std::move(listening), std::move(door));
  listener->path = std::move(path);
  asio::post(first(), [self = shared_from_this(), listener] {
    if (self->parts.stopping) return;
    self->listeners.push_back(listener);
    asio::co_spawn(self->first(), self->accept(listener), asio::detached);
  });
}

Result<Endpoint> Server::State::open(const Endpoint& at, Door door) {
  auto listening = listen_on(at);
  if (!listening) return std::move(listening).error();
  const Endpoint bound = listening->at;
  listen(*std::move(listening), std::move(door));
  return bound;
}

Task<void> Server::State::accept(std::shared_ptr<Listener> listener) {
  asio::steady_timer pause(first());
  for (;;) {
    ErrorCode error;
    co_await listener->socket.async_wait(asio::posix::descriptor_base::wait_read,
                                         asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;  // closed
    const int reason = accept_all(listener);
    if (reason == EAGAIN || reason == EWOULDBLOCK) continue;
    parts.log.warning("net", "Cannot accept connections at the moment.", {{"reason", std::strerror(reason)}});
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

// Accepts until that fails, and says why: EAGAIN when nobody waits any more.
int Server::State::accept_all(const std::shared_ptr<Listener>& listener) {
  while (listener->socket.is_open()) {
    Descriptor socket(::accept4(listener->socket.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.get() < 0) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      return errno;
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Worker& worker = *workers[next_worker++ % workers.size()];
    asio::post(worker.context,
               [this, &worker, door = listener->door, shared = std::make_shared<Descriptor>(std::move(socket))] {
                 worker.adopt(parts, door, std::move(*shared));
               });
  }
  return EAGAIN;
}

// Returns when the sockets are closed.
void Server::State::close(const std::function<bool(const Listener&)>& which) {
  std::promise<void> closed;
  asio::dispatch(first(), [this, &which, &closed] {
    std::erase_if(listeners, [&which](const std::shared_ptr<Listener>& listener) {
      if (!which(*listener)) return false;
      ErrorCode ignored;
      listener->socket.close(ignored);
      if (!listener->path.empty()) ::unlink(listener->path.c_str());
      return true;
    });
    closed.set_value();
  });
  closed.get_future().wait();
}

Result<Endpoint> Server::listen_tls(const Endpoint& at) {
  return state_->open(at, Door{.kind = Door::Kind::tls});
}

Result<Endpoint> Server::listen_tls(const Endpoint& at, const TlsIdentity& identity, StreamHandler handler) {
  auto context = server_context(identity);
  if (!context) return Error{"ListenFailed", context.error().message};
  return state_->open(at,
                      Door{.kind = Door::Kind::tls, .identity = std::move(*context), .handler = std::move(handler)});
}

void Server::serve_http(Listening socket, StreamHandler handler) {
  state_->listen(std::move(socket), Door{.kind = Door::Kind::plain, .handler = std::move(handler)});
}

Result<Endpoint> Server::listen_http(const Endpoint& at, StreamHandler handler) {
  return state_->open(at, Door{.kind = Door::Kind::plain, .handler = std::move(handler)});
}

Result<Endpoint> Server::listen_http(const Endpoint& at) {
  return state_->open(at, Door{.kind = Door::Kind::plain});
}

Result<Endpoint> Server::listen_proxy(const Endpoint& at, const ProxySettings& settings) {
  auto listening = listen_on(at);
  if (!listening) return std::move(listening).error();
  const Endpoint bound = listening->at;
  if (auto listens = serve_proxy(*std::move(listening), settings); !listens) return listens.error();
  return bound;
}

Status Server::serve_proxy(Listening socket, const ProxySettings& settings) {
  Door door{.kind = Door::Kind::proxy, .proxy = settings};
  if (!settings.upstream_proxy.empty()) {
    auto upstream = parse_upstream_proxy(settings.upstream_proxy);
    if (!upstream) return Error{"ListenFailed", upstream.error().message};
    door.upstream = std::move(*upstream);
  }
  state_->listen(std::move(socket), std::move(door));
  return {};
}

Status Server::listen_unix(const std::string& path, StreamHandler handler) {
  auto socket = listen_on_path(path);
  if (!socket) return std::move(socket).error();
  state_->listen({*std::move(socket), {}}, Door{.kind = Door::Kind::unix_socket, .handler = std::move(handler)}, path);
  return {};
}

void Server::close(const Endpoint& at) {
  state_->close([&at](const Listener& listener) { return listener.at == at; });
}

}  // namespace lazuli::net
