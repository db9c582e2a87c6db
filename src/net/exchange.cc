#include "net/exchange.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cstdint>
#include <exception>
#include <optional>

namespace lazuli::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kBodyPiece = std::size_t{16} << 10;

Error too_large(std::size_t limit) {
  return {"PayloadTooLarge", "The request's body is larger than " + std::to_string(limit) + " bytes.", 413};
}

// What a body says of its own size; nothing if it does not say it.
std::optional<std::size_t> expected_size(const Request& request) {
  const std::string_view text = request.headers.get("Content-Length");
  std::size_t size = 0;
  if (!text.empty()) std::from_chars(text.data(), text.data() + text.size(), size);
  if (text.empty() && request.headers.has("Transfer-Encoding")) return std::nullopt;
  return size;
}

// A handler and where it runs.
struct Placed {
  Handler handler;
  WorkerPool* pool = nullptr;                  // null: on the connection's own thread
  std::function<bool(const Request&)> blocks;  // which requests go to the pool; empty: all

  bool goes_to_pool(const Request& request) const { return pool && (!blocks || blocks(request)); }
};

Task<void> answer_with(Exchange& exchange, std::shared_ptr<const Placed> placed, std::size_t body_limit) {
  const auto body = co_await exchange.read_all(body_limit);
  if (!body) {
    const Error& error = body.error();
    co_await exchange.send(plain_error(error.status, error.code, error.message));
    co_return;
  }
  Response response;
  if (placed->goes_to_pool(exchange.request())) {
    co_await run_on(*placed->pool, [&] { response = placed->handler(exchange.request()); });
  } else {
    response = placed->handler(exchange.request());
  }
  co_await exchange.send(std::move(response));
}

}  // namespace

Response plain_error(int status, std::string_view code, std::string_view message) {
  return Response::json(status, {{"error", {{"code", code}, {"message", message}}}});
}

Task<Status> Exchange::read_all(std::size_t limit) {
  std::string& body = request().body;
  const auto expected = expected_size(request());
  if (expected == 0) co_return Status();
  if (expected > limit) co_return too_large(limit);
  std::size_t size = 0;
  while (size != expected) {
    if (size == body.size()) {
      // A client may announce a size that it never sends: memory follows what has arrived.
      const std::size_t room = std::max(kBodyPiece, std::min(size, std::size_t{1} << 20));
      body.resize(size + std::min(room, expected.value_or(SIZE_MAX) - size));
    }
    auto got = co_await read(std::span(body.data() + size, body.size() - size));
    if (!got) co_return std::move(got).error();
    if (*got == 0) break;
    size += *got;
    if (size > limit) co_return too_large(limit);
  }
  body.resize(size);
  co_return Status();
}

Task<void> Exchange::gone() {
  const auto wait = []() -> Task<void> {
    asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
  };
  co_await unless_gone(wait());
}

StreamHandler on_pool(WorkerPool& pool, Handler handler, std::size_t body_limit) {
  return on_pool_if({}, pool, std::move(handler), body_limit);
}

StreamHandler on_pool_if(std::function<bool(const Request&)> blocks, WorkerPool& pool, Handler handler,
                         std::size_t body_limit) {
  auto placed = std::make_shared<const Placed>(Placed{std::move(handler), &pool, std::move(blocks)});
  return [placed, body_limit](Exchange& exchange) { return answer_with(exchange, placed, body_limit); };
}

StreamHandler inline_handler(Handler handler, std::size_t body_limit) {
  auto placed = std::make_shared<const Placed>(Placed{std::move(handler), nullptr, {}});
  return [placed, body_limit](Exchange& exchange) { return answer_with(exchange, placed, body_limit); };
}

Task<void> run_on(WorkerPool& pool, std::function<void()> work) {
  std::exception_ptr failure;
  auto start = [&pool, &work, &failure](auto handler) {
    using Resume = decltype(handler);
    // Shared, since jobs are copyable. A pool that drops the job drops the coroutine with it.
    auto resume = std::make_shared<Resume>(std::move(handler));
    auto executor = asio::make_work_guard(asio::get_associated_executor(*resume));
    pool.post([resume, executor, &work, &failure] {
      try {
        work();
      } catch (...) {
        failure = std::current_exception();
      }
      asio::post(executor.get_executor(), std::move(*resume));
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace lazuli::net
