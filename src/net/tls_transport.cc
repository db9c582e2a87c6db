#include "net/tls_transport.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

namespace lazuli::net {

namespace {

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int receive(BIO* bio, char* into, int size) {
  auto& socket = *static_cast<Socket*>(::BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (!socket.readable()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const auto got = ::recv(socket.descriptor(), into, static_cast<std::size_t>(size), 0);
  if (got < 0 && would_block()) BIO_set_retry_read(bio);
  if (got == 0) ::BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  if (got != 0 && got < size) socket.drained();
  return static_cast<int>(got);
}

int send(BIO* bio, const char* bytes, int size) {
  auto& socket = *static_cast<Socket*>(::BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto put = ::send(socket.descriptor(), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (put < 0 && would_block()) {
    BIO_set_retry_write(bio);
    socket.filled();
  }
  return static_cast<int>(put);
}

long control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return ::BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
      return 0;
  }
}

const BIO_METHOD* method() {
  static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> made = [] {
    BIO_METHOD* bio = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lazuli socket");
    ::BIO_meth_set_read(bio, receive);
    ::BIO_meth_set_write(bio, send);
    ::BIO_meth_set_ctrl(bio, control);
    return std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)>(bio, ::BIO_meth_free);
  }();
  return made.get();
}

}  // namespace

void use_socket(SSL* ssl, Socket& socket) {
  BIO* bio = ::BIO_new(method());
  ::BIO_set_data(bio, &socket);
  ::BIO_set_init(bio, 1);
  ::SSL_set_bio(ssl, bio, bio);
}

}  // namespace lazuli::net
