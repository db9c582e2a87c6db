// The HTTP client, for engines, external issuers, cluster API servers, upstream registries and lazuli's own control
// socket. Connections are kept alive and pooled by origin. Thread-safe. Errors: "ConnectFailed", "TlsFailed",
// "Timeout", "ResponseTooLarge", "ProtocolError", "Cancelled"; the message names the origin.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/exchange.h"
#include "net/http.h"

namespace lazuli::net {

struct ClientOptions {
  std::string trust;               // PEM bundle; empty: the system's roots (SSL_CERT_FILE obeyed)
  std::string client_certificate;  // PEM chain, for mutual TLS; may be empty
  std::string client_key;          // PEM
  std::string proxy;               // http://host:port for https origins (CONNECT); empty: none
  std::string unix_socket;         // connect here instead of to the URL's host; may be empty
  std::function<bool(std::string_view address)>
      allow_address;  // asked with each resolved address before connecting; empty: all
};

struct ClientRequest {
  ClientRequest() = default;  // not an aggregate, for the reason that Response has

  std::string method = "GET";
  std::string url;                   // with `place`: its path and query alone
  std::shared_ptr<const Url> place;  // where it goes, for a caller who knows it; null: the URL says it
  Headers headers;
  std::string body;
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds timeout = std::chrono::seconds(60);  // to the head of the answer, then between pieces
  std::size_t limit = std::size_t{64} << 20;                     // of a buffered body
  std::string
      connect_to;  // host or address[:port] to connect to instead of the URL's (SNI and Host stay); may be empty
};

// An answer whose body is read in pieces. Dropping it before its end closes the connection.
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  virtual const Response& head() const = 0;                          // status and headers; no body
  virtual Task<Result<std::size_t>> read(std::span<char> into) = 0;  // 0 at the end
  // For a reader that knows the end of its matter before the body's own, which is about to come: the connection serves
  // again once that is there. Nothing is to be read after it.
  virtual void skip_rest() {}
};

class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;

  Task<Result<std::unique_ptr<ClientStream>>> open(ClientRequest request);  // from coroutines
  Task<Result<Response>> send(ClientRequest request);
  Result<Response> fetch(ClientRequest request);  // blocks; never on a server thread
  // Blocks; each piece of the body is handed over as it comes (watches, logs); false from `piece` ends it well.
  Result<Response> fetch_stream(ClientRequest request, const std::function<bool(std::string_view)>& piece);

 private:
  struct State;
  class Borrowed;
  static Task<Result<std::unique_ptr<ClientStream>>> start(std::shared_ptr<State> state, ClientRequest request);
  std::shared_ptr<State> state_;
};

}  // namespace lazuli::net
