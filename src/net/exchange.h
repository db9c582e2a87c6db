// One request being answered. Streaming handlers are coroutines over an Exchange; buffered handlers are plain functions
// from Request to Response that run on a worker pool (blocking is fine) or, when they are short and never block, on the
// connection's own thread. An Exchange is used by one coroutine at a time and lives as long as the handler runs.
//
// Two faults of g++ 12 to keep clear of in coroutines: a condition must not await (`if (co_await f())` lays the frame
// out wrongly; name the result first), and the arguments of an awaited call must not make aggregates
// (`co_await f({...})` copies them bit by bit).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/worker_pool.h"
#include "net/http.h"

namespace lazuli::net {

template <typename T>
using Task = boost::asio::awaitable<T>;

class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual Request& request() = 0;

  // The body, in pieces as they arrive: 0 at its end. Error "BodyError" when the client went away or was too slow,
  // "MalformedBody" when what it sends is no body.
  virtual Task<Result<std::size_t>> read(std::span<char> into) = 0;
  // The whole body into request().body; error "PayloadTooLarge" (413) beyond the limit.
  Task<Status> read_all(std::size_t limit);

  // One whole answer. False if the client has gone.
  virtual Task<bool> send(Response response) = 0;
  // A streamed answer: head, pieces (each flushed at once), end. `start` uses chunked coding unless the head names a
  // Content-Length. After a failed write (false) the exchange is over. finish(false) breaks the connection off instead
  // of ending the body well, so that the client sees that something is missing.
  virtual Task<bool> start(Response head) = 0;
  virtual Task<bool> write(std::string_view piece) = 0;
  virtual Task<bool> finish(bool complete = true) = 0;
  virtual bool started() const = 0;

  // Runs work for as long as the client is there. False: the client went away, and work was cancelled at its wait.
  virtual Task<bool> unless_gone(Task<void> work) = 0;
  Task<void> gone();  // completes when the client closes its connection
};

using StreamHandler = std::function<Task<void>(Exchange&)>;
using Handler = std::function<Response(const Request&)>;

// A buffered handler on a pool of threads: blocking allowed. Bodies over the limit get 413.
StreamHandler on_pool(WorkerPool& pool, Handler handler, std::size_t body_limit = std::size_t{8} << 20);
// The same for a handler that blocks on some requests only: the others are answered on the connection's own thread,
// without the two switches of threads.
StreamHandler on_pool_if(std::function<bool(const Request&)> blocks, WorkerPool& pool, Handler handler,
                         std::size_t body_limit = std::size_t{8} << 20);
// A buffered handler on the connection's own thread: must be short and must not block.
StreamHandler inline_handler(Handler handler, std::size_t body_limit = std::size_t{1} << 20);

// {"error": {"code", "message"}}: for answers that no protocol of its own speaks for.
Response plain_error(int status, std::string_view code, std::string_view message);

// Runs a blocking function on a pool from a coroutine, and resumes on the coroutine's own thread. What it throws is
// thrown here. It cannot be cancelled: what it refers to stays alive until it has run.
Task<void> run_on(WorkerPool& pool, std::function<void()> work);

}  // namespace lazuli::net
