// The commands that ask a running lazuli, or need none: everything but up, reset and tutorial. Each returns the
// program's exit code: 0, 1 where something failed (said on stderr), 2 for wrong use.
#pragma once

#include "command_line/options.h"
#include "command_line/state_directory.h"

namespace lazuli::command_line {

inline constexpr int kFailed = 1;
inline constexpr int kWrongUse = 2;

int status(const Parsed& parsed, const StateDirectory& state);
int env(const Parsed& parsed, const StateDirectory& state);
int exec(const Parsed& parsed, const StateDirectory& state);  // returns only if the command cannot be started
int credentials(const Parsed& parsed, const StateDirectory& state);
int portal(const Parsed& parsed, const StateDirectory& state);
int logs(const Parsed& parsed, const StateDirectory& state);
int doctor(const Parsed& parsed, const StateDirectory& state);
int usage_table(const Parsed& parsed, const StateDirectory& state);  // lazuli usage
int doctor_request(const Parsed& parsed, const StateDirectory& state);
int image_import(const Parsed& parsed, const StateDirectory& state);
int down(const Parsed& parsed, const StateDirectory& state);
int version(const Parsed& parsed, const StateDirectory& state);
int completion_script(const Parsed& parsed, const StateDirectory& state);
int help(const Parsed& parsed, const StateDirectory& state);

// "lazuli: MESSAGE" on stderr; kFailed.
int fail(const Error& error);

}  // namespace lazuli::command_line
