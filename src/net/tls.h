// What lazuli's connections ask of OpenSSL: contexts for both sides (TLS 1.2 and later, ALPN http/1.1), sessions that
// are resumed, and reasons in words.
#pragma once

#include <openssl/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "net/channel.h"
#include "net/client.h"
#include "net/server.h"

struct ssl_session_st;

namespace lazuli::net {

using SslContext = std::shared_ptr<ssl_ctx_st>;

Result<SslContext> server_context(const TlsIdentity& identity);
SslHandle server_side(const SslContext& context);

// The client's side: its trust, its own certificate, and the last session of each origin. Thread-safe.
class TlsClient {
 public:
  static Result<std::shared_ptr<TlsClient>> make(const ClientOptions& options);
  ~TlsClient();
  SslHandle connect_to(const std::string& host, const std::string& origin);

 private:
  struct FreeSession {
    void operator()(ssl_session_st* session) const;
  };
  using Session = std::unique_ptr<ssl_session_st, FreeSession>;

  static int keep_session(ssl_st* ssl, ssl_session_st* session);

  SslContext context_;
  std::mutex mutex_;
  std::map<std::string, Session> sessions_;  // by origin
};

// Before a wait. OpenSSL gives its buffers back after each use (SSL_MODE_RELEASE_BUFFERS), but for the one for writing
// that it takes when it reads a session ticket.
void free_idle_buffers(ssl_st* ssl);

// The reason why the last operation of this thread failed; empties OpenSSL's error queue.
std::string tls_error_text(const ssl_st* ssl);

}  // namespace lazuli::net
