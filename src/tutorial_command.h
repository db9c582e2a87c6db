// `lazuli tutorial`: starts lazuli if it is not up, and performs the tutorial through its doors as any client would.
#pragma once

#include "command_line/options.h"
#include "command_line/state_directory.h"

namespace lazuli {

int run_tutorial(const command_line::Parsed& parsed, const command_line::StateDirectory& state);

}  // namespace lazuli
