// The command line of lazuli: finds the command and hands over to it.
#include <cstdio>
#include <map>

#include "command_line/client_commands.h"
#include "command_line/commands.h"
#include "command_line/service_commands.h"
#include "tutorial_command.h"
#include "up.h"

namespace lazuli {
namespace {

using Run = int (*)(const command_line::Parsed&, const command_line::StateDirectory&);

int run(std::span<const std::string> words) {
  static const std::map<std::string_view, Run> kRuns{
      {"up", up},
      {"down", command_line::down},
      {"reset", reset},
      {"status", command_line::status},
      {"env", command_line::env},
      {"exec", command_line::exec},
      {"credentials", command_line::credentials},
      {"portal", command_line::portal},
      {"tutorial", run_tutorial},
      {"doctor", command_line::doctor},
      {"usage", command_line::usage_table},
      {"doctor request", command_line::doctor_request},
      {"fault add", command_line::fault_add},
      {"fault list", command_line::fault_list},
      {"fault clear", command_line::fault_clear},
      {"config check", command_line::config_check},
      {"keys list", command_line::keys_list},
      {"keys rotate", command_line::keys_rotate},
      {"image import", command_line::image_import},
      {"logs", command_line::logs},
      {"version", command_line::version},
      {"completion", command_line::completion_script},
      {"help", command_line::help},
  };
  const auto parsed = command_line::parse(command_line::commands(), command_line::common_options(), words);
  if (!parsed) return command_line::fail(parsed.error());
  if (!parsed->command || parsed->help) {
    const std::string text = parsed->command ? command_line::usage(*parsed->command, command_line::common_options())
                                             : command_line::usage(command_line::commands());
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  return kRuns.at(parsed->command->name)(*parsed, command_line::StateDirectory::locate(parsed->get("state")));
}

}  // namespace
}  // namespace lazuli

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  return lazuli::run(arguments);
}
