// A blocking socket that speaks whatever a test wants to be said, and no more of HTTP than that.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace lazuli::net {

class RawClient {
 public:
  explicit RawClient(unsigned short port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
  }
  RawClient(const RawClient&) = delete;
  ~RawClient() { close(); }

  // False: the other side has closed, or takes no more.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  std::string receive_until(std::string_view mark) {  // or the end of the stream
    std::string out;
    char byte = 0;
    while (out.find(mark) == std::string::npos && ::recv(socket_, &byte, 1, 0) == 1) out += byte;
    return out;
  }

  std::string receive_all() {
    std::string out;
    char buffer[4096];
    for (ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0); got > 0;
         got = ::recv(socket_, buffer, sizeof buffer, 0))
      out.append(buffer, static_cast<std::size_t>(got));
    return out;
  }

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }

 private:
  int socket_;
};

}  // namespace lazuli::net
