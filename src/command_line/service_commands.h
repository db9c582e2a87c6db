// The commands that change what the running services do: faults on request, and the token service's signing keys.
// Return the program's exit code as those of client_commands.h do.
#pragma once

#include "command_line/options.h"
#include "command_line/state_directory.h"

namespace lazuli::command_line {

int config_check(const Parsed& parsed, const StateDirectory& state);
int fault_add(const Parsed& parsed, const StateDirectory& state);
int fault_list(const Parsed& parsed, const StateDirectory& state);
int fault_clear(const Parsed& parsed, const StateDirectory& state);
int keys_list(const Parsed& parsed, const StateDirectory& state);
int keys_rotate(const Parsed& parsed, const StateDirectory& state);

}  // namespace lazuli::command_line
