// How each of these programs ends: it serves over TLS, says where, and does so until it is ended.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

#include "net/server.h"

namespace lazuli::bench {

// Prints the port, and `more` behind it. Returns only if it cannot listen: the program's exit code.
inline int serve_until_ended(net::Server& server, const net::TlsIdentity& identity, const std::string& more = {}) {
  server.set_tls(identity);
  const auto at = server.listen_tls({});
  if (!at) return 1;
  std::printf("%u%s%s\n", static_cast<unsigned>(at->port), more.empty() ? "" : " ", more.c_str());
  std::fflush(stdout);
  ::pause();
  return 0;
}

}  // namespace lazuli::bench
