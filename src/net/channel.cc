#include "net/channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "net/tls.h"
#include "net/tls_transport.h"

namespace lazuli::net {

namespace {

// After so many operations without a wait, the other connections of the thread get a turn.
constexpr unsigned kBurst = 32;
constexpr std::size_t kFilePiece = std::size_t{64} << 10;  // through memory, for TLS
constexpr std::size_t kSendfilePiece = std::size_t{1} << 20;

ErrorCode system_error(int number) {
  return {number, boost::system::system_category()};
}

bool would_block(int number) {
  return number == EAGAIN || number == EWOULDBLOCK;
}

// Before an operation whose outcome SSL_get_error is asked for. Looking is much cheaper than emptying the queue.
void forget_tls_errors() {
  if (::ERR_peek_error() != 0) ::ERR_clear_error();
}

}  // namespace

asio::io_context& context_of(const asio::any_io_executor& executor) {
  return static_cast<asio::io_context&>(asio::query(executor, asio::execution::context));
}

void FreeSsl::operator()(ssl_st* ssl) const {
  ::SSL_free(ssl);
}

Channel::Channel(const asio::any_io_executor& executor, Descriptor socket)
    : Timed(context_of(executor)), executor_(executor), socket_(context_of(executor), std::move(socket)) {}

void Channel::expire() {
  expired_ = true;
  socket_.cancel();
}

Task<void> Channel::wait(Need need, ErrorCode& error) {
  burst_ = 0;
  if (!expired_) {
    if (need == Need::readable) {
      if (ssl_) free_idle_buffers(ssl_.get());
      co_await socket_.wait_readable(error);
    } else {
      co_await socket_.wait_writable(error);
    }
  }
  if (expired_) error = asio::error::timed_out;
}

Task<void> Channel::breathe() {
  burst_ = 0;
  co_await asio::post(executor_, asio::use_awaitable);
}

bool Channel::pending() const {
  return ssl_ && ::SSL_has_pending(ssl_.get()) == 1;
}

Task<void> Channel::wait_readable(ErrorCode& error) {
  return wait(Need::readable, error);
}

Task<void> Channel::wait_connected(ErrorCode& error) {
  socket_.filled();
  co_await wait(Need::writable, error);
}

bool Channel::quiet() {
  if (!readable()) return true;
  char byte = 0;
  if (!ssl_) return ::recv(socket_.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && would_block(errno);
  // Session tickets may have come after the last answer: only OpenSSL can tell them from data and from the end.
  forget_tls_errors();
  const int result = ::SSL_peek(ssl_.get(), &byte, 1);
  return result <= 0 && ::SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
}

Channel::Need Channel::after_tls(int result, ErrorCode& error) {
  const int saved = errno;
  switch (::SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Need::readable;
    case SSL_ERROR_WANT_WRITE:
      return Need::writable;
    case SSL_ERROR_ZERO_RETURN:
      error = asio::error::eof;
      return Need::nothing;
    case SSL_ERROR_SYSCALL:
      error = saved ? system_error(saved) : ErrorCode(asio::error::connection_reset);
      return Need::nothing;
    default:
      // A connection that ends without close_notify may have been cut off by somebody else.
      error = ERR_GET_REASON(::ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING
                  ? ErrorCode(asio::error::connection_reset)
                  : system_error(EPROTO);
      tls_failure_ = tls_error_text(ssl_.get());
      return Need::nothing;
  }
}

Task<bool> Channel::handshake(SslHandle ssl, ErrorCode& error) {
  ssl_ = std::move(ssl);
  use_socket(ssl_.get(), socket_);
  for (;;) {
    forget_tls_errors();
    errno = 0;
    const int result = ::SSL_do_handshake(ssl_.get());
    if (result == 1) co_return true;
    const Need need = after_tls(result, error);
    if (need != Need::nothing) co_await wait(need, error);
    if (error) co_return false;
  }
}

Channel::Need Channel::try_read(std::span<char> into, std::size_t& got, ErrorCode& error) {
  if (expired_) {
    error = asio::error::timed_out;
    return Need::nothing;
  }
  if (ssl_) {
    // Nothing has come and nothing is owed: OpenSSL would take long to say so.
    if (!socket_.readable() && ::SSL_has_pending(ssl_.get()) == 0 && ::SSL_in_init(ssl_.get()) == 0 &&
        ::SSL_get_shutdown(ssl_.get()) == 0) {
      return Need::readable;
    }
    forget_tls_errors();
    errno = 0;
    const int result = ::SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
    return result == 1 ? Need::nothing : after_tls(result, error);
  }
  if (!socket_.readable()) return Need::readable;
  const ssize_t result = ::recv(socket_.descriptor(), into.data(), into.size(), 0);
  if (result != 0 && result < std::ssize(into)) socket_.drained();
  if (result > 0) {
    got = static_cast<std::size_t>(result);
  } else if (result == 0) {
    error = asio::error::eof;
  } else if (would_block(errno) || errno == EINTR) {
    return Need::readable;
  } else {
    error = system_error(errno);
  }
  return Need::nothing;
}

Channel::Need Channel::try_write(std::string_view bytes, std::size_t& put, ErrorCode& error) {
  if (expired_) {
    error = asio::error::timed_out;
    return Need::nothing;
  }
  if (ssl_) {
    forget_tls_errors();
    errno = 0;
    const int result = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &put);
    return result == 1 ? Need::nothing : after_tls(result, error);
  }
  const ssize_t result = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (result >= 0) {
    put = static_cast<std::size_t>(result);
  } else if (would_block(errno) || errno == EINTR) {
    socket_.filled();
    return Need::writable;
  } else {
    error = system_error(errno);
  }
  return Need::nothing;
}

Task<std::size_t> Channel::read(std::span<char> into, ErrorCode& error) {
  if (++burst_ > kBurst) co_await breathe();
  bool waited = false;
  for (;;) {
    std::size_t got = 0;
    const Need need = try_read(into, got, error);
    if (error || got > 0) {
      if (waited) co_await next_stage();
      co_return got;
    }
    co_await wait(need, error);
    if (error) co_return 0;
    waited = true;
  }
}

std::size_t Channel::read_now(std::span<char> into, ErrorCode& error) {
  std::size_t got = 0;
  if (try_read(into, got, error) != Need::nothing) error = asio::error::would_block;
  return got;
}

Task<void> Channel::write(std::string_view bytes, ErrorCode& error) {
  if (++burst_ > kBurst) co_await breathe();
  co_await next_stage();
  while (!bytes.empty()) {
    std::size_t put = 0;
    const Need need = try_write(bytes, put, error);
    if (error) co_return;
    bytes.remove_prefix(put);
    if (need == Need::nothing) continue;
    co_await wait(need, error);
    if (error) co_return;
  }
}

Task<void> Channel::write(std::string_view first, std::string_view second, ErrorCode& error) {
  // MSG_MORE lets a large second part share packets with the first without copying either.
  if (!ssl_ && !second.empty()) {
    const ssize_t sent = ::send(socket_.descriptor(), first.data(), first.size(), MSG_NOSIGNAL | MSG_MORE);
    if (sent > 0) first.remove_prefix(static_cast<std::size_t>(sent));
  }
  co_await write(first, error);
  if (!error) co_await write(second, error);
}

Task<void> Channel::send_file(int file, std::uint64_t offset, std::uint64_t size, std::chrono::milliseconds pause,
                              ErrorCode& error) {
  std::unique_ptr<char[]> buffer;
  if (ssl_) buffer = std::make_unique_for_overwrite<char[]>(kFilePiece);
  while (size > 0 && !error) {
    expires_after(pause);
    std::uint64_t sent = 0;
    if (buffer) {
      const auto got =
          ::pread(file, buffer.get(), std::min<std::uint64_t>(size, kFilePiece), static_cast<off_t>(offset));
      if (got <= 0) error = got < 0 ? system_error(errno) : ErrorCode(asio::error::eof);
      sent = got > 0 ? static_cast<std::uint64_t>(got) : 0;
      if (!error) co_await write({buffer.get(), sent}, error);
    } else {
      sent = co_await send_by_kernel(file, offset, std::min<std::uint64_t>(size, kSendfilePiece), error);
    }
    offset += sent;
    size -= sent;
  }
}

Task<std::uint64_t> Channel::send_by_kernel(int file, std::uint64_t offset, std::uint64_t size, ErrorCode& error) {
  if (++burst_ > kBurst) co_await breathe();
  for (;;) {
    auto position = static_cast<off_t>(offset);
    const auto sent = ::sendfile(socket_.descriptor(), file, &position, size);
    if (sent > 0) co_return static_cast<std::uint64_t>(sent);
    if (sent == 0) error = asio::error::eof;  // the file is shorter than it was
    if (sent < 0 && !would_block(errno) && errno != EINTR) error = system_error(errno);
    socket_.filled();
    if (!error) co_await wait(Need::writable, error);
    if (error) co_return 0;
  }
}

void Channel::shut_down_sending() {
  if (ssl_ && ::SSL_is_init_finished(ssl_.get())) {
    forget_tls_errors();
    ::SSL_shutdown(ssl_.get());
  }
  ::shutdown(socket_.descriptor(), SHUT_WR);
}

}  // namespace lazuli::net
