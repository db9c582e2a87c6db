// The commands of lazuli and their options: the table that parsing, --help and shell completion are made from.
#pragma once

#include <span>
#include <string>

#include "command_line/options.h"

namespace lazuli::command_line {

std::span<const CommandSpec> commands();
std::span<const Option> common_options();  // --state

// A completion script for "bash", "zsh" or "fish".
std::string completion(std::string_view shell);

}  // namespace lazuli::command_line
