#include "command_line/service_commands.h"

#include <cstdio>

#include "base/json.h"
#include "command_line/client_commands.h"
#include "command_line/config.h"
#include "command_line/control.h"

namespace lazuli::command_line {

namespace {

void print(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
}

bool wants_json(const Parsed& parsed) {
  return parsed.get("output") == "json";
}

int print_keys(const Parsed& parsed, const Result<Json>& said) {
  if (!said) return fail(said.error());
  const Json* keys = find(*said, "keys");
  if (!keys || !keys->is_array()) return fail(Error{"InternalServerError", "lazuli's answer has no keys."});
  if (wants_json(parsed)) {
    print(to_pretty(*keys));
    return 0;
  }
  for (const auto& key : keys->get_array()) {
    const bool signs = bool_or(find(key, "signs"));
    print(string_at(key, "kid") + "  " + (signs ? "signs since " : "published; signs from ") +
          string_at(key, "activeFrom"));
  }
  return 0;
}

}  // namespace

int config_check(const Parsed& parsed, const StateDirectory& state) {
  const std::string file = parsed.arguments.empty() ? state.file("lazuli.yaml").string() : parsed.arguments[0];
  const auto config = load_config(file);
  const Status checked = config ? check_cluster(*config) : Status(config.error());
  if (wants_json(parsed)) {
    JsonObject said{{"file", file}, {"valid", checked.ok()}};
    if (!checked) said["error"] = JsonObject{{"key", checked.error().target}, {"message", checked.error().message}};
    print(to_pretty(said));
    return checked ? 0 : kFailed;
  }
  if (!checked) return fail(Error{"InvalidConfiguration", checked.error().message, 400});
  print(file + " can be used.");
  return 0;
}

int fault_add(const Parsed& parsed, const StateDirectory& state) {
  JsonObject rule{{"kind", parsed.arguments[0]}};
  for (const auto& [option, value] : parsed.values) {
    if (option == "state" || option == "output") continue;
    rule[option == "retry-after" ? "retryAfter" : option] = value;
  }
  const auto said = Control(state).post("/faults", rule);
  if (!said) {
    const Error& error = said.error();
    return fail(error.code == "InvalidFault" ? Error{"UsageError", error.message, 400} : error);
  }
  const Json* fault = find(*said, "fault");
  print(wants_json(parsed) && fault ? to_pretty(*fault) : string_at(*said, "text"));
  return 0;
}

int fault_list(const Parsed& parsed, const StateDirectory& state) {
  const auto said = Control(state).get("/faults");
  if (!said) return fail(said.error());
  const Json* faults = find(*said, wants_json(parsed) ? "faults" : "lines");
  if (!faults || !faults->is_array()) return fail(Error{"InternalServerError", "lazuli's answer has no faults."});
  if (wants_json(parsed)) {
    print(to_pretty(*faults));
    return 0;
  }
  for (const auto& line : faults->get_array()) print(string_or(&line));
  if (faults->get_array().empty()) print("no faults");
  return 0;
}

int fault_clear(const Parsed& parsed, const StateDirectory& state) {
  JsonObject which;
  if (!parsed.arguments.empty()) {
    const Json given(parsed.arguments[0]);
    const auto id = integer(&given);
    if (!id || *id < 1) {
      return fail(Error{"UsageError", "'" + parsed.arguments[0] + "' is no fault's number: lazuli fault list.", 400});
    }
    which["id"] = *id;
  }
  const auto said = Control(state).post("/faults/clear", which);
  if (!said) return fail(said.error());
  print(wants_json(parsed) ? to_pretty(*said)
                           : "cleared " + std::to_string(integer(find(*said, "cleared")).value_or(0)));
  return 0;
}

int keys_list(const Parsed& parsed, const StateDirectory& state) {
  return print_keys(parsed, Control(state).get("/keys"));
}

int keys_rotate(const Parsed& parsed, const StateDirectory& state) {
  return print_keys(parsed, Control(state).post("/keys/rotate"));
}

}  // namespace lazuli::command_line
