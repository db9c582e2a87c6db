// What all connections of a server share. Thread-safe.
#pragma once

#include <atomic>
#include <mutex>

#include "base/log.h"
#include "net/dial.h"
#include "net/server.h"
#include "net/tls.h"

namespace lazuli::net {

struct ServerParts {
  ServerParts(const Router& routes, Log& to, const ServerSettings& chosen)
      : router(routes), log(to), settings(chosen) {}

  const Router& router;
  Log& log;
  const ServerSettings settings;
  std::atomic<bool> stopping = false;
  Dialer dialer;

  SslContext identity() {
    const std::lock_guard lock(mutex);
    return identity_;
  }
  void set_identity(SslContext identity) {
    const std::lock_guard lock(mutex);
    identity_ = std::move(identity);
  }

 private:
  std::mutex mutex;
  SslContext identity_;
};

}  // namespace lazuli::net
