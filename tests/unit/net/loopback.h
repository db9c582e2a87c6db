// Servers and raw sockets on loopback, for the tests of this folder.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../raw_client.h"
#include "net/client.h"
#include "net/server.h"

namespace lazuli::net {

struct TestIdentity {
  std::string authority;  // PEM, for the client's trust
  TlsIdentity server;     // for example.test, *.example.test and 127.0.0.1
};
const TestIdentity& test_identity();

// A server that says what a test wants, one answer for each connection: it is sent when a request's head has come; then
// the connection is closed, or (hang) left open until the client closes it.
class RawServer {
 public:
  explicit RawServer(std::vector<std::string> answers, bool hang = false);
  ~RawServer();
  unsigned short port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // What came over the last connection: a head, and with hang all that followed. Waits for the end of the script.
  std::string request();
  void send_more(std::string_view text);  // with hang: over the connection that is open

 private:
  void serve(const std::string& answer, bool hang);

  int listening_;
  std::atomic<int> socket_ = -1;
  unsigned short port_ = 0;
  std::string request_;
  std::thread thread_;
};

Response ok(std::string body);
ClientRequest get(const std::string& url);
ClientOptions trusting();  // the test's authority

}  // namespace lazuli::net
