// Waiting without holding a thread.
#pragma once

#include <chrono>

#include "net/exchange.h"

namespace lazuli::net {

// Nothing, for this long; may be cancelled.
Task<void> pause(std::chrono::milliseconds time);

}  // namespace lazuli::net
