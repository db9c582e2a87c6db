// A connected byte stream: TCP or a Unix socket, plain or with TLS, with a deadline. Operations are tried on the socket
// at once and only wait in the reactor when they must; OpenSSL works on the socket itself, so that an idle TLS
// connection costs no record buffers. One coroutine may read while another writes; both run on the channel's thread.
#pragma once

#include <openssl/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/deadlines.h"
#include "net/exchange.h"

namespace lazuli::net {

using ErrorCode = boost::system::error_code;

asio::io_context& context_of(const asio::any_io_executor& executor);

struct FreeSsl {
  void operator()(ssl_st* ssl) const;
};
using SslHandle = std::unique_ptr<ssl_st, FreeSsl>;

// A file descriptor that is closed by its owner.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

// A connection that no thread works on: what a pool keeps.
struct Parked {
  Descriptor socket;
  SslHandle ssl;
  bool alive();  // still open, and nothing has been received on it
};

class Channel final : public Timed {
 public:
  // The socket must be non-blocking and connected (or connecting).
  Channel(const asio::any_io_executor& executor, Descriptor socket);
  Channel(const asio::any_io_executor& executor, Parked parked);
  ~Channel();

  // Takes a connection over with TLS; false (see tls_failure) if the handshake fails.
  Task<bool> handshake(SslHandle ssl, ErrorCode& error);
  const std::string& tls_failure() const { return tls_failure_; }
  ssl_st* ssl() const { return ssl_.get(); }

  // What there is, at most into.size() bytes; error asio::error::eof at the end, timed_out after the deadline.
  Task<std::size_t> read(std::span<char> into, ErrorCode& error);
  // The same without waiting: error would_block if nothing is there.
  std::size_t read_now(std::span<char> into, ErrorCode& error);
  // All of it.
  Task<void> write(std::string_view bytes, ErrorCode& error);
  Task<void> write(std::string_view first, std::string_view second, ErrorCode& error);
  // `pause` is the longest time without progress.
  Task<void> send_file(int file, std::uint64_t offset, std::uint64_t size, std::chrono::milliseconds pause,
                       ErrorCode& error);
  bool pending() const;  // bytes are here that the socket knows nothing of any more
  Task<void> wait_readable(ErrorCode& error);
  Task<void> wait_writable(ErrorCode& error);

  void shut_down_sending();  // close_notify and FIN, as far as they can be sent at once
  void close();
  Parked park();
  int descriptor() { return socket_.native_handle(); }

 private:
  enum class Need { nothing, readable, writable };

  void expire() override;
  Need after_tls(int result, ErrorCode& error);
  Need try_read(std::span<char> into, std::size_t& got, ErrorCode& error);
  Need try_write(std::string_view bytes, std::size_t& put, ErrorCode& error);
  Task<void> wait(Need need, ErrorCode& error);
  Task<void> breathe();
  Task<std::uint64_t> send_by_kernel(int file, std::uint64_t offset, std::uint64_t size, ErrorCode& error);

  asio::posix::stream_descriptor socket_;
  SslHandle ssl_;
  bool expired_ = false;
  unsigned burst_ = 0;  // operations in a row that did not have to wait
  std::string tls_failure_;
};

}  // namespace lazuli::net
