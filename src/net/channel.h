// A connected byte stream: TCP or a Unix socket, plain or with TLS, with a deadline. Operations are tried on the socket
// at once and only wait when they must; OpenSSL works on the socket itself, so that an idle TLS connection costs no
// record buffers. One coroutine may read while another writes; both run on the thread of the channel's io_context, to
// which a channel belongs for its whole life.
#pragma once

#include <openssl/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/deadlines.h"
#include "net/socket.h"

namespace lazuli::net {

asio::io_context& context_of(const asio::any_io_executor& executor);

struct FreeSsl {
  void operator()(ssl_st* ssl) const;
};
using SslHandle = std::unique_ptr<ssl_st, FreeSsl>;

class Channel final : public Timed {
 public:
  // The socket must be non-blocking and connected (or connecting).
  Channel(const asio::any_io_executor& executor, Descriptor socket);

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
  bool readable() const { return socket_.readable() || pending(); }
  Task<void> wait_readable(ErrorCode& error);
  Task<void> wait_connected(ErrorCode& error);  // to be called at once after connect()
  void watch(std::function<void()> action) { socket_.watch(std::move(action)); }  // see Socket
  bool quiet();  // still open, and nothing of the peer's is here: what an idle connection has to be

  void revive() { expired_ = false; }  // after a deadline: for a last answer

  void shut_down_sending();  // close_notify and FIN, as far as they can be sent at once
  void close() { socket_.close(); }
  int descriptor() const { return socket_.descriptor(); }

 private:
  enum class Need { nothing, readable, writable };

  void expire() override;
  Need after_tls(int result, ErrorCode& error);
  Need try_read(std::span<char> into, std::size_t& got, ErrorCode& error);
  Need try_write(std::string_view bytes, std::size_t& put, ErrorCode& error);
  Task<void> wait(Need need, ErrorCode& error);
  Task<void> breathe();
  Task<std::uint64_t> send_by_kernel(int file, std::uint64_t offset, std::uint64_t size, ErrorCode& error);

  asio::any_io_executor executor_;
  Socket socket_;
  SslHandle ssl_;
  bool expired_ = false;
  unsigned burst_ = 0;  // operations in a row that did not have to wait
  std::string tls_failure_;
};

}  // namespace lazuli::net
