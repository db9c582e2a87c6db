#include "net/http_exchange.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <ctime>

#include "base/clock.h"
#include "base/text.h"

namespace lazuli::net {

namespace {

// An unread body of this size is read and forgotten, so that the connection can be kept.
constexpr std::uint64_t kLittle = std::uint64_t{64} << 10;
// Head and body up to this size go out in one piece (one TLS record, one packet train).
constexpr std::size_t kOnePiece = std::size_t{16} << 10;
constexpr std::size_t kKeptOutput = std::size_t{4} << 10;
constexpr std::size_t kReadAhead = std::size_t{16} << 10;

// HTTP's date changes once a second; each thread formats it once.
const std::string& date_now() {
  thread_local std::time_t second = 0;
  thread_local std::string text;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != second) {
    second = now.tv_sec;
    text = http_date(std::chrono::system_clock::from_time_t(second));
  }
  return text;
}

}  // namespace

HttpExchange::HttpExchange(Channel& channel, Input& input, std::string& output, RequestHead& head,
                           const ServerParts& parts, asio::cancellation_signal& cancel)
    : channel_(channel),
      input_(input),
      output_(output),
      head_(head),
      parts_(parts),
      cancel_(cancel),
      body_(head.framing),
      continue_due_(head.expects_continue) {}

Task<Result<std::size_t>> HttpExchange::read(std::span<char> into) {
  const auto gone = [] { return Error{"BodyError", "The request's body ended before its end was sent.", 400}; };
  const auto late = [] { return Error{"BodyError", "The request's body came too slowly.", 408}; };
  if (stage_ == Stage::broken) co_return gone();
  if (late_) co_return late();
  if (const std::size_t here = body_.take(input_, into); here > 0 || body_.done()) {
    continue_due_ = false;
    if (watching_) look();
    co_return here;
  }
  ErrorCode error;
  channel_.expires_after(parts_.settings.body_timeout);
  if (continue_due_ && !body_.done() && input_.empty()) {
    co_await channel_.write("HTTP/1.1 100 Continue\r\n\r\n", error);
  }
  continue_due_ = false;
  std::size_t got = 0;
  if (!error) got = co_await read_body(channel_, input_, body_, into, error);
  channel_.expires_never();
  if (watching_) look();
  if (!error) co_return got;
  keep_alive_ = false;
  if (error == asio::error::timed_out) {
    late_ = true;
    channel_.revive();
    co_return late();
  }
  if (error == boost::system::errc::bad_message)
    co_return Error{"MalformedBody", "The request's body is not in the chunked coding that it says it is.", 400};
  stage_ = Stage::broken;
  co_return gone();
}

bool HttpExchange::little_left() const {
  return body_.done() || (!body_.failed() && !late_ && !continue_due_ && body_.remaining() <= kLittle);
}

// The status line and headers into output_. Decides how the body is framed and whether the connection lives on.
void HttpExchange::write_head(const Response& response, std::optional<std::uint64_t> length) {
  const bool head_request = head_.request.method == "HEAD";
  coding_ = length ? Coding::length : head_.http11 ? Coding::chunked : Coding::until_close;
  if (bodyless(response.status)) coding_ = Coding::none;
  keep_alive_ = head_.keep_alive && little_left() && coding_ != Coding::until_close && !parts_.stopping;
  output_.clear();
  output_ += "HTTP/1.1 ";
  append_decimal(output_, response.status);
  output_ += ' ';
  output_ += reason_phrase(response.status);
  output_ += "\r\n";
  append_unframed(output_, response.headers);
  if (!response.headers.has("Date")) append_header(output_, "Date", date_now());
  if (coding_ == Coding::length) {
    output_ += "Content-Length: ";
    append_decimal(output_, static_cast<std::int64_t>(*length));
    output_ += "\r\n";
    length_left_ = *length;
  } else if (coding_ == Coding::chunked) {
    output_ += "Transfer-Encoding: chunked\r\n";
  }
  if (!keep_alive_) {
    output_ += "Connection: close\r\n";
  } else if (!head_.http11) {
    output_ += "Connection: keep-alive\r\n";
  }
  output_ += "\r\n";
  if (head_request) coding_ = Coding::none;
}

bool HttpExchange::broken() {
  stage_ = Stage::broken;
  keep_alive_ = false;
  return false;
}

void HttpExchange::forget_large_output() {
  output_.clear();
  if (output_.capacity() > kKeptOutput) output_.shrink_to_fit();
}

// Sends output_ and what is given behind it.
Task<bool> HttpExchange::flush(std::string_view more) {
  ErrorCode error;
  channel_.expires_after(parts_.settings.body_timeout);
  if (more.empty()) {
    co_await channel_.write(output_, error);
  } else {
    co_await channel_.write(output_, more, error);
  }
  channel_.expires_never();
  forget_large_output();
  co_return error ? broken() : true;
}

Task<bool> HttpExchange::send(Response response) {
  if (stage_ != Stage::waiting) co_return false;
  if (!response.file.empty()) co_return co_await send_file(std::move(response));
  stage_ = Stage::done;
  // To HEAD, a handler may tell the length of a body that it has not made.
  const auto told = head_.request.method == "HEAD" && response.body.empty()
                        ? content_length(response.headers.get("Content-Length"))
                        : std::nullopt;
  write_head(response, told.value_or(response.body.size()));
  std::string_view body;
  if (coding_ != Coding::none) body = response.body;
  if (output_.size() + body.size() <= kOnePiece) {
    output_ += body;
    body = {};
  }
  co_return co_await flush(body);
}

Task<bool> HttpExchange::send_file(Response response) {
  const Descriptor file(::open(response.file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  const bool usable = file.get() >= 0 && ::fstat(file.get(), &about) == 0 && S_ISREG(about.st_mode);
  const auto whole = usable ? static_cast<std::uint64_t>(about.st_size) : 0;
  const std::uint64_t offset = response.file_offset;
  const std::uint64_t size = response.file_size.value_or(whole > offset ? whole - offset : 0);
  if (!usable || offset > whole || size > whole - offset)
    co_return co_await send(plain_error(500, "InternalServerError", "What was asked for cannot be read."));
  stage_ = Stage::done;
  write_head(response, size);
  const bool wanted = coding_ != Coding::none;
  const bool sent = co_await flush();
  if (!sent || !wanted || size == 0) co_return sent;
  ErrorCode error;
  co_await channel_.send_file(file.get(), offset, size, parts_.settings.body_timeout, error);
  channel_.expires_never();
  co_return error ? broken() : true;
}

Task<bool> HttpExchange::start(Response head) {
  if (stage_ != Stage::waiting) co_return false;
  stage_ = Stage::streaming;
  input_.release_if_empty();  // a stream may take long
  write_head(head, content_length(head.headers.get("Content-Length")));
  co_return co_await flush();
}

Task<bool> HttpExchange::write(std::string_view piece) {
  if (stage_ != Stage::streaming) co_return false;
  if (piece.empty() || coding_ == Coding::none) co_return true;
  if (coding_ == Coding::length) {
    // More than was announced would be read as the next answer.
    if (piece.size() > length_left_) co_return broken();
    length_left_ -= piece.size();
  }
  output_.clear();
  if (coding_ == Coding::chunked) append_chunk_size(output_, piece.size());
  if (piece.size() <= kOnePiece) {
    output_ += piece;
    if (coding_ == Coding::chunked) output_ += "\r\n";
    co_return co_await flush();
  }
  const bool sent = co_await flush(piece);
  if (!sent) co_return false;
  if (coding_ != Coding::chunked) co_return true;
  output_ = "\r\n";
  co_return co_await flush();
}

Task<bool> HttpExchange::finish(bool complete) {
  if (stage_ != Stage::streaming) co_return false;
  if (!complete || (coding_ == Coding::length && length_left_ > 0)) co_return broken();
  stage_ = Stage::done;
  if (coding_ != Coding::chunked) co_return true;
  output_ = "0\r\n\r\n";
  co_return co_await flush();
}

Task<bool> HttpExchange::unless_gone(Task<void> work) {
  watching_ = true;
  channel_.watch([this] { look(); });
  look();
  std::exception_ptr failure;
  try {
    co_await std::move(work);
  } catch (...) {
    failure = std::current_exception();
  }
  channel_.watch({});
  watching_ = false;
  if (left_) {
    co_await asio::this_coro::reset_cancellation_state();  // it was for the work
    co_return false;
  }
  if (failure) std::rethrow_exception(failure);
  co_return true;
}

// Something came from the client while its answer is being made: the next request, or the end of the connection.
void HttpExchange::look() {
  // While the body is being read, its reader learns that the client has gone. A client that sends far ahead is not
  // watched any further.
  while (!left_ && body_.done() && channel_.readable() && input_.size() < kReadAhead) {
    ErrorCode error;
    const std::size_t got = channel_.read_now(input_.space(), error);
    input_.commit(got);
    if (error == asio::error::would_block) return;
    if (!error) continue;
    left_ = true;
    cancel_.emit(asio::cancellation_type::terminal);
  }
}

Task<bool> HttpExchange::settle() {
  if (stage_ == Stage::streaming) broken();
  if (!keep_alive_ || stage_ != Stage::done) co_return false;
  char scrap[4096];
  while (!body_.done()) {
    const auto got = co_await read(scrap);
    if (!got) co_return false;
  }
  co_return true;
}

}  // namespace lazuli::net
