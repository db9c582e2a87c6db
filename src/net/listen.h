// Listening sockets, made and reported in words that help.
#pragma once

#include <string>

#include "net/channel.h"
#include "net/server.h"

namespace lazuli::net {

struct Listening {
  Descriptor socket;
  Endpoint at;  // with the port that was chosen
};

Result<Listening> listen_on(const Endpoint& at);
Result<Descriptor> listen_on_path(const std::string& path);

}  // namespace lazuli::net
