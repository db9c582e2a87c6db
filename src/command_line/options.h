// Reading a command line against a table of commands: `lazuli COMMAND [--option VALUE] [ARGUMENTS]`. Pure functions, no
// output, no knowledge of what a command does. Errors have code "UsageError" and hold a hint ("did you mean …?").
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lazuli::command_line {

struct Option {
  std::string name;         // without dashes: "state"
  std::string placeholder;  // "DIR"; empty: a flag without a value
  std::string help;
  char letter = 0;                   // 'f' for -f
  std::vector<std::string> choices;  // if any, the only values allowed
};

struct CommandSpec {
  std::string name;  // one or two words: "image import"
  std::string summary;
  std::vector<Option> options;
  std::string arguments;  // for the usage line: "NAME ARCHIVE"
  std::size_t least = 0, most = 0;
  bool passes_on = false;  // the first argument and all behind it belong to another program (exec)
  std::string details;     // further paragraphs of --help
};

struct Parsed {
  const CommandSpec* command = nullptr;  // null: lazuli alone, `lazuli --help`
  std::map<std::string, std::string, std::less<>> values;
  std::vector<std::string> arguments;
  bool help = false;

  bool has(std::string_view option) const { return values.contains(option); }
  std::string get(std::string_view option, std::string_view fallback = {}) const;
};

// `common` are options that every command has, --help aside. Options come before or behind the arguments.
Result<Parsed> parse(std::span<const CommandSpec> commands, std::span<const Option> common,
                     std::span<const std::string> arguments);

std::string usage(std::span<const CommandSpec> commands);
std::string usage(const CommandSpec& command, std::span<const Option> common);

// The candidate that was probably meant; empty if none is near.
std::string nearest(std::string_view typed, const std::vector<std::string>& candidates);

// 1 to 65535; 0 asks for any free port. Error "UsageError".
Result<unsigned short> port_number(std::string_view text, std::string_view option);

}  // namespace lazuli::command_line
