// `lazuli up`: takes the state directory, becomes a background process if asked, opens the program's parts and serves
// until a signal or `lazuli down`. And `lazuli reset`, which undoes everything that serving made.
#pragma once

#include "command_line/options.h"
#include "command_line/state_directory.h"

namespace lazuli {

int up(const command_line::Parsed& parsed, const command_line::StateDirectory& state);
int reset(const command_line::Parsed& parsed, const command_line::StateDirectory& state);

// For commands that need a running lazuli and may start one: like `up --detach`, quietly. 0 if it runs now.
int ensure_up(const command_line::StateDirectory& state);

}  // namespace lazuli
