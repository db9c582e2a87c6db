#include "net/client_stream.h"

#include <boost/asio/error.hpp>

namespace lazuli::net {

namespace {

constexpr std::size_t kOnePiece = std::size_t{16} << 10;
constexpr std::size_t kBodyPiece = std::size_t{16} << 10;

// What the channel's error means to the caller, who knows nothing of channels.
Error failure(const std::string& origin, const ErrorCode& error, std::string_view doing) {
  const std::string what = "The exchange with " + origin + " failed while " + std::string(doing) + ": ";
  if (error == asio::error::timed_out) return {"Timeout", what + "it took too long.", 504};
  if (error == asio::error::operation_aborted) return {"Cancelled", what + "it was cancelled.", 499};
  if (error == asio::error::eof || error == asio::error::connection_reset)
    return {"ProtocolError", what + "the connection was closed.", 502};
  return {"ProtocolError", what + error.message() + ".", 502};
}

}  // namespace

HttpStream::HttpStream(ConnectionPool::Owner owner, ConnectionPool& pool, std::string origin,
                       std::unique_ptr<Channel> channel, std::chrono::milliseconds timeout)
    : owner_(std::move(owner)),
      pool_(pool),
      origin_(std::move(origin)),
      channel_(std::move(channel)),
      timeout_(timeout) {}

Task<Result<std::size_t>> HttpStream::read(std::span<char> into) {
  if (body_.done()) co_return std::size_t{0};
  if (!channel_) co_return failure(origin_, asio::error::eof, "its answer was read");
  std::size_t got = body_.take(input_, into);  // what is there already needs no wait
  if (got == 0 && !body_.done()) {
    ErrorCode error;
    channel_->expires_after(timeout_);
    got = co_await read_body(*channel_, input_, body_, into, error);
    if (error) {
      channel_.reset();
      co_return failure(origin_, error, "its answer was read");
    }
    channel_->expires_never();
  }
  if (body_.done()) leave();
  co_return got;
}

Task<Status> HttpStream::read_all(std::string& body, std::size_t limit) {
  std::size_t size = 0;
  while (!body_.done()) {
    if (size == body.size()) {
      // Memory follows what has arrived, not what was announced.
      const std::size_t room = std::max(kBodyPiece, std::min(size, std::size_t{1} << 20));
      body.resize(size + std::min<std::uint64_t>(room, body_.remaining()));
    }
    const auto got = co_await read(std::span(body.data() + size, body.size() - size));
    if (!got) co_return got.error();
    size += *got;
    if (size > limit) {
      co_return Error{"ResponseTooLarge",
                      "The answer of " + origin_ + " is larger than " + std::to_string(limit) + " bytes.", 502};
    }
  }
  body.resize(size);
  co_return Status();
}

Task<Status> HttpStream::exchange(std::string head, std::string_view body, bool head_request, bool& answered) {
  ErrorCode error;
  channel_->expires_after(timeout_);
  if (head.size() + body.size() <= kOnePiece) {
    head += body;
    co_await channel_->write(head, error);
  } else {
    co_await channel_->write(head, body, error);
  }
  if (error == asio::error::timed_out) co_return failure(origin_, error, "the request was sent");
  // A server may answer, and close, before it has read everything: the answer counts.
  const ErrorCode unsent = error;
  for (;;) {
    error = {};
    const auto fault = co_await read_head(head_request, answered, error);
    if (error) co_return failure(origin_, unsent ? unsent : error, "an answer was awaited");
    if (fault) co_return Error{"ProtocolError", origin_ + " answered wrongly: " + *fault, 502};
    if (head_.response.status / 100 != 1) break;
  }
  if (unsent) head_.keep_alive = false;
  body_ = BodyDecoder(head_.framing);
  channel_->expires_never();
  if (body_.done()) leave();
  co_return Status();
}

Task<std::optional<std::string>> HttpStream::read_head(bool head_request, bool& answered, ErrorCode& error) {
  HeadReader<ResponseHead> reader(head_request);
  for (;;) {
    if (!input_.empty()) {
      answered = true;
      std::size_t used = 0;
      const bool whole = reader.feed(input_.bytes(), used);
      input_.consume(used);
      if (reader.fault()) co_return reader.fault()->message;
      if (whole) {
        head_ = std::move(reader.head());
        co_return std::nullopt;
      }
    }
    const std::size_t got = co_await channel_->read(input_.space(), error);
    if (error) co_return std::nullopt;
    input_.commit(got);
  }
}

void HttpStream::skip_rest() {
  if (!channel_ || !head_.keep_alive) return;
  pool_.give(owner_, origin_, std::move(channel_), Leftover(std::move(input_), body_));
}

// The answer is complete: the connection can be used by somebody else.
void HttpStream::leave() {
  const bool reusable = head_.keep_alive && input_.empty() && !channel_->pending();
  if (reusable) {
    channel_->expires_never();
    pool_.give(owner_, origin_, std::move(channel_));
  }
  channel_.reset();
  input_.release_if_empty();
}

}  // namespace lazuli::net
