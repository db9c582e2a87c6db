// Listening sockets, made and reported in words that help.
#pragma once

#include <string>

#include "net/server.h"

namespace lazuli::net {

Result<Listening> listen_on(const Endpoint& at);
Result<Descriptor> listen_on_path(const std::string& path);

}  // namespace lazuli::net
