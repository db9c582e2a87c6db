// Two tries for one result: the second begins when the first has taken too long, or has come to nothing.
#pragma once

#include <chrono>
#include <functional>

#include "net/exchange.h"

namespace lazuli::net {

// A try says by true that it has the result. The first that has it wins, and the other is cancelled at its wait; what
// both refer to has to live until this returns. Gives the winner, 0 or 1, or -1 if neither has it. Both run on the
// caller's thread.
Task<int> hedge(std::function<Task<bool>()> first, std::function<Task<bool>()> second, std::chrono::milliseconds delay);

}  // namespace lazuli::net
