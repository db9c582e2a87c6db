#include "net/client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <csignal>

#include "base/text.h"
#include "net/client_stream.h"
#include "net/dial.h"
#include "net/pool.h"
#include "net/tls.h"
#include "net/wire.h"

namespace lazuli::net {

namespace {

constexpr std::size_t kBodyPiece = std::size_t{16} << 10;
constexpr std::size_t kResting = 16;

SteadyTime after(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

bool has_body(const ClientRequest& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

std::string head_of(const ClientRequest& request, const Url& url) {
  std::string head;
  head.reserve(512 + request.body.size());
  head.append(request.method).append(" ").append(request.url).append(" HTTP/1.1\r\n");
  if (!request.headers.has("Host"))
    append_header(head, "Host", std::string_view(url.origin).substr(url.scheme.size() + 3));
  append_unframed(head, request.headers);
  if (!request.headers.has("User-Agent")) append_header(head, "User-Agent", "lazuli/" LAZULI_VERSION);
  if (has_body(request)) append_header(head, "Content-Length", std::to_string(request.body.size()));
  head += "\r\n";
  return head;
}

// The request must not be able to write lines of its own into the head.
bool sendable(const ClientRequest& request) {
  const auto token = [](std::string_view text) {
    return !text.empty() && std::ranges::none_of(text, [](char c) { return c == ':' || (c >= 0 && c <= ' '); });
  };
  for (const auto& line : request.headers) {
    if (!token(line.first)) return false;
  }
  return token(request.method);
}

}  // namespace

struct Client::State {
  explicit State(ClientOptions chosen) : options(std::move(chosen)) {}

  Result<std::shared_ptr<TlsClient>> tls();
  Task<Result<std::unique_ptr<Channel>>> connect(const ClientRequest& request, const Url& url,
                                                 const std::string& origin);
  Task<Result<Dialed>> dial(const ClientRequest& request, const Url& url, SteadyTime until);

  const ClientOptions options;
  Dialer dialer;
  std::mutex mutex;
  std::shared_ptr<TlsClient> tls_client;  // made when first needed: reading the system's roots takes a while
  std::vector<std::unique_ptr<asio::io_context>> resting;  // of blocking callers, with the connections they made
};

Result<std::shared_ptr<TlsClient>> Client::State::tls() {
  const std::lock_guard lock(mutex);
  if (!tls_client) {
    auto made = TlsClient::make(options);
    if (!made) return made.error();
    tls_client = std::move(*made);
  }
  return tls_client;
}

Task<Result<Dialed>> Client::State::dial(const ClientRequest& request, const Url& url, SteadyTime until) {
  if (!options.unix_socket.empty()) co_return co_await dialer.dial_unix(options.unix_socket, until);
  Target target{url.host, url.port};
  if (!request.connect_to.empty()) {
    // A bare IPv6 address has colons, but no port.
    const bool bare =
        request.connect_to.front() != '[' && request.connect_to.find(':') != request.connect_to.rfind(':');
    const auto other = parse_authority(bare ? "[" + request.connect_to + "]" : request.connect_to);
    if (!other) co_return Error{"ConnectFailed", "'" + request.connect_to + "' is not an address to connect to.", 502};
    target = {other->host, other->port ? other->port : url.port};
  }
  if (!options.proxy.empty() && url.tls()) {
    const auto proxy = parse_upstream_proxy(options.proxy);
    if (!proxy) co_return proxy.error();
    co_return co_await dialer.dial_through(*proxy, std::move(target), until, options.allow_address);
  }
  co_return co_await dialer.dial(std::move(target), until, options.allow_address);
}

Task<Result<std::unique_ptr<Channel>>> Client::State::connect(const ClientRequest& request, const Url& url,
                                                              const std::string& origin) {
  const SteadyTime until = after(request.connect_timeout);
  auto dialed = co_await dial(request, url, until);
  if (!dialed) co_return std::move(dialed).error();
  auto channel = std::move(dialed->channel);
  if (!url.tls()) co_return std::move(channel);
  auto secured = tls();
  if (!secured) co_return std::move(secured).error();
  channel->expires_after(std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
  ErrorCode error;
  const bool agreed = co_await channel->handshake((*secured)->connect_to(url.host, origin), error);
  channel->expires_never();
  if (agreed) co_return std::move(channel);
  if (error == asio::error::timed_out)
    co_return Error{"Timeout", "The TLS handshake with " + url.origin + " took too long.", 504};
  const std::string& why = channel->tls_failure();
  co_return Error{"TlsFailed",
                  "No TLS connection with " + url.origin + ": " + (why.empty() ? error.message() : why) + ".", 502};
}

namespace {

template <typename T>
Task<void> store(Task<T> task, std::optional<T>& into) {
  into.emplace(co_await std::move(task));
}

// Runs a coroutine to its end on this thread.
template <typename T>
T block_on(asio::io_context& context, Task<T> task) {
  std::optional<T> out;
  std::exception_ptr fault;
  bool done = false;
  asio::co_spawn(context, store(std::move(task), out), [&](const std::exception_ptr& failed) {
    fault = failed;
    done = true;
  });
  while (!done) context.run_one();  // NOLINT(bugprone-infinite-loop): which runs what sets it
  if (fault) std::rethrow_exception(fault);
  return std::move(*out);
}

}  // namespace

// An io_context for the time of one blocking call. The connections that it makes stay with it, so that calls that come
// one after the other share them.
class Client::Borrowed {
 public:
  explicit Borrowed(State& state) : state_(state) {
    const std::lock_guard lock(state_.mutex);
    if (state_.resting.empty()) {
      context_ = std::make_unique<asio::io_context>(1);
    } else {
      context_ = std::move(state_.resting.back());
      state_.resting.pop_back();
    }
  }
  ~Borrowed() {
    const std::lock_guard lock(state_.mutex);
    if (state_.resting.size() < kResting) state_.resting.push_back(std::move(context_));
  }
  Borrowed(const Borrowed&) = delete;

  template <typename T>
  T run(Task<T> task) {
    context_->restart();
    asio::use_service<Reactor>(*context_).poll();  // what happened to its connections in the meantime
    return block_on(*context_, std::move(task));
  }

 private:
  State& state_;
  std::unique_ptr<asio::io_context> context_;
};

Client::Client(ClientOptions options) : state_(std::make_shared<State>(std::move(options))) {
  // OpenSSL writes to sockets with write(): a server that has gone must be an error, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
}

Client::~Client() = default;

Task<Result<std::unique_ptr<ClientStream>>> Client::open(ClientRequest request) {
  return start(state_, std::move(request));
}

Task<Result<std::unique_ptr<ClientStream>>> Client::start(std::shared_ptr<State> state, ClientRequest request) {
  auto& pool = asio::use_service<ConnectionPool>(context_of(co_await asio::this_coro::executor));
  if (!request.place) {
    auto read = parse_url(request.url);
    if (!read) co_return std::move(read).error();
    request.url = read->target;
    request.place = std::make_shared<const Url>(*std::move(read));
  }
  const Url& url = *request.place;
  if (!sendable(request))
    co_return Error{"ProtocolError", "The request to " + url.origin + " has a method or header name that is not valid.",
                    502};
  const std::string key = request.connect_to.empty() ? url.origin : url.origin + " at " + request.connect_to;
  // A connection that was kept may be closed by the server at the moment of its use: then once more, on a new one.
  for (bool fresh = false;; fresh = true) {
    std::unique_ptr<Channel> channel;
    if (!fresh) channel = pool.take(state, key);
    if (!channel) {
      fresh = true;
      auto connected = co_await state->connect(request, url, key);
      if (!connected) co_return std::move(connected).error();
      channel = std::move(*connected);
    }
    auto stream = std::make_unique<HttpStream>(state, pool, key, std::move(channel), request.timeout);
    bool answered = false;
    auto done = co_await stream->exchange(head_of(request, url), request.body, request.method == "HEAD", answered);
    if (done) co_return std::unique_ptr<ClientStream>(std::move(stream));
    if (fresh || answered || done.error().code != "ProtocolError") co_return std::move(done).error();
  }
}

Task<Result<Response>> Client::send(ClientRequest request) {
  const std::size_t limit = request.limit;
  auto opened = co_await start(state_, std::move(request));
  if (!opened) co_return std::move(opened).error();
  auto& stream = static_cast<HttpStream&>(**opened);
  Response response = stream.take_head();
  const auto body = co_await stream.read_all(response.body, limit);
  if (!body) co_return body.error();
  co_return std::move(response);
}

Result<Response> Client::fetch(ClientRequest request) {
  return Borrowed(*state_).run(send(std::move(request)));
}

Result<Response> Client::fetch_stream(ClientRequest request, const std::function<bool(std::string_view)>& piece) {
  const auto run = [](Client& client, ClientRequest wanted,
                      const std::function<bool(std::string_view)>& take) -> Task<Result<Response>> {
    auto stream = co_await client.open(std::move(wanted));
    if (!stream) co_return std::move(stream).error();
    const auto buffer = std::make_unique_for_overwrite<char[]>(kBodyPiece);
    for (;;) {
      auto got = co_await (*stream)->read({buffer.get(), kBodyPiece});
      if (!got) co_return std::move(got).error();
      if (*got == 0 || !take({buffer.get(), *got})) co_return (*stream)->head();
    }
  };
  return Borrowed(*state_).run(run(*this, std::move(request), piece));
}

}  // namespace lazuli::net
