// Servers and raw sockets on loopback, for the tests of this folder.
#pragma once

#include <string>
#include <string_view>

#include "net/client.h"
#include "net/server.h"

namespace lazuli::net {

struct TestIdentity {
  std::string authority;  // PEM, for the client's trust
  TlsIdentity server;     // for example.test, *.example.test and 127.0.0.1
};
const TestIdentity& test_identity();

// A blocking socket that speaks whatever a test wants to be said.
class RawClient {
 public:
  explicit RawClient(unsigned short port);
  ~RawClient();
  void send(std::string_view text);
  std::string receive_until(std::string_view mark);  // or the end of the stream
  std::string receive_all();
  void close();
  void half_close();

 private:
  int socket_;
};

Response ok(std::string body);
ClientRequest get(const std::string& url);
ClientOptions trusting();  // the test's authority

}  // namespace lazuli::net
