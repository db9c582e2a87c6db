#include "loopback.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/certificates.h"

namespace lazuli::net {

const TestIdentity& test_identity() {
  static const TestIdentity identity = [] {
    const TimePoint now = SystemClock().now();
    const auto authority = crypto::make_authority("test", now);
    crypto::LeafRequest leaf;
    leaf.common_name = "example.test";
    leaf.dns_names = {"example.test", "*.example.test"};
    leaf.ip_addresses = {"127.0.0.1"};
    const auto issued = crypto::issue(leaf, authority.certificate, authority.key, now);
    return TestIdentity{authority.certificate, {issued->certificate, issued->key.pem()}};
  }();
  return identity;
}

RawServer::RawServer(std::vector<std::string> answers, bool hang) : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(listening_, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listening_, 16);
  ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, answers = std::move(answers), hang] {
    for (const std::string& answer : answers) serve(answer, hang);
  });
}

RawServer::~RawServer() {
  ::shutdown(listening_, SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  ::close(listening_);
}

std::string RawServer::request() {
  thread_.join();
  return request_;
}

void RawServer::serve(const std::string& answer, bool hang) {
  const int socket = ::accept(listening_, nullptr, nullptr);
  if (socket < 0) return;
  socket_ = socket;
  request_.clear();
  char byte = 0;
  while (!request_.ends_with("\r\n\r\n") && ::recv(socket, &byte, 1, 0) == 1) request_ += byte;
  [[maybe_unused]] const auto sent = ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
  while (hang && ::recv(socket, &byte, 1, 0) == 1) request_ += byte;
  ::close(socket);
}

void RawServer::send_more(std::string_view text) {
  [[maybe_unused]] const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
}

Response ok(std::string body) {
  return Response::text(200, std::move(body));
}

ClientRequest get(const std::string& url) {
  ClientRequest request;
  request.url = url;
  return request;
}

ClientOptions trusting() {
  ClientOptions options;
  options.trust = test_identity().authority;
  return options;
}

}  // namespace lazuli::net
