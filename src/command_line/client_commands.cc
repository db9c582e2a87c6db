#include "command_line/client_commands.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "command_line/commands.h"
#include "command_line/control.h"
#include "command_line/environment.h"
#include "command_line/usage_text.h"

namespace lazuli::command_line {

namespace {

constexpr auto kShutdownLimit = std::chrono::seconds(90);  // clusters stop in order; the longest part of a shutdown
constexpr auto kBrowserLimit = std::chrono::seconds(20);
constexpr auto kImportLimit = std::chrono::minutes(10);

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

bool wants_json(const Parsed& parsed) {
  return parsed.get("output") == "json";
}

int print_json(const Json& value) {
  print(to_pretty(value) + "\n");
  return 0;
}

// Bundles that this shell's variables name and lazuli has not seen yet.
std::vector<std::string> foreign_bundles(const std::string& own_bundle) {
  std::vector<std::string> files;
  for (const auto name :
       {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT", "NODE_EXTRA_CA_CERTS"}) {
    const std::string path = variable_of_process(name);
    std::error_code ignored;
    if (path.empty() || path == own_bundle || !std::filesystem::is_regular_file(path, ignored)) continue;
    files.push_back(std::filesystem::absolute(path, ignored).string());
  }
  return files;
}

// The variables for this shell, from what the running lazuli says.
Result<std::pair<Variables, std::string>> variables(const Parsed& parsed, const StateDirectory& state) {
  const Control control(state);
  const auto said = control.get("/environment");
  if (!said) return said.error();
  EnvironmentInput input{string_at(*said, "proxy"),
                         string_at(*said, "trustBundle"),
                         string_at(*said, "javaTrustStore"),
                         string_at(*said, "azureConfig"),
                         string_at(*said, "kubeconfig"),
                         string_at(*said, "state"),
                         {}};
  for (const auto& name : array_at(*said, "names")) input.own_names.push_back(string_or(&name));
  if (const auto files = foreign_bundles(input.trust_bundle); !files.empty()) {
    if (auto added = control.post("/trust", JsonObject{{"files", JsonArray(files.begin(), files.end())}}); !added)
      return added.error();
  }
  Variables made = environment(input, variable_of_process);
  if (parsed.has("identity")) {
    const auto door = control.post("/identity", JsonObject{{"identity", parsed.get("identity")}});
    if (!door) return door.error();
    made["IDENTITY_ENDPOINT"] = string_at(*door, "endpoint");
    made["IDENTITY_HEADER"] = string_at(*door, "header");
  }
  return std::pair{std::move(made), input.trust_bundle};
}

std::string last_part(std::string_view id) {
  return std::string(id.substr(id.rfind('/') + 1));
}

std::string status_text(const Json& said) {
  const std::string at = string_at(said, "metrics"), metrics = at.empty() ? at : "\n  metrics       " + at;
  std::string text = "lazuli " + string_at(said, "version") + " is up (pid " +
                     std::to_string(integer(find(said, "pid")).value_or(0)) + ")\n  proxy         " +
                     string_at(said, "proxy") + (bool_or(find(said, "offline")) ? "  (offline)" : "") +
                     "\n  portal        " + string_at(said, "portal") + metrics + "\n  subscription  " +
                     string_at(said, "subscriptionId") + "\n  tenant        " + string_at(said, "tenantId") +
                     "\n  state         " + string_at(said, "state") + "\n";
  const Json* clusters = find(said, "clusters");
  if (clusters && clusters->is_array() && !clusters->get_array().empty()) {
    text += "Clusters:\n";
    for (const auto& cluster : clusters->get_array())
      text += "  " + string_at(cluster, "name") + "  " + string_at(cluster, "provisioningState") +
              (bool_or(find(cluster, "running")) ? ", running\n" : ", not running\n");
  }
  const Json* operations = find(said, "operations");
  if (operations && operations->is_array() && !operations->get_array().empty()) {
    text += "Operations:\n";
    for (const auto& operation : operations->get_array())
      text += "  " + string_at(operation, "kind") + " " + last_part(string_at(operation, "resource")) + ": " +
              string_at(operation, "progress") + "\n";
  }
  return text;
}

// By the opener that the person chose, else the desktop's. It hands the address over and ends.
int open_in_browser(const std::string& address) {
  const std::string chosen = variable_of_process("BROWSER");
  const std::string opener = chosen.empty() ? "xdg-open" : chosen;
  const auto opened = run({.arguments = {opener, address}, .survive_parent = true}, kBrowserLimit);
  if (opened && opened->code == 0) return 0;
  return fail(Error{"BrowserError", opener + " cannot open " + address +
                                        ". Open it yourself, or name a browser's command in $BROWSER."});
}

int print_report(const Parsed& parsed, const Result<Json>& said) {
  if (!said) return fail(said.error());
  const Json* report = find(*said, "report");
  if (!report) return fail(Error{"InternalServerError", "lazuli's answer has no report."});
  if (wants_json(parsed)) {
    print_json(*report);
  } else {
    print(string_at(*said, "text"));
  }
  return bool_or(find(*report, "well")) ? 0 : kFailed;
}

}  // namespace

int fail(const Error& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "lazuli: %s\n", error.message.c_str());
  return error.code == "UsageError" ? kWrongUse : kFailed;
}

int status(const Parsed& parsed, const StateDirectory& state) {
  const auto said = Control(state).get("/status");
  if (!said) return fail(said.error());
  if (wants_json(parsed)) return print_json(*said);
  print(status_text(*said));
  return 0;
}

int env(const Parsed& parsed, const StateDirectory& state) {
  const auto made = variables(parsed, state);
  if (!made) return fail(made.error());
  print(parsed.has("docker") ? docker_flags(made->first, made->second)
                             : render(made->first, parsed.get("shell", "sh")));
  return 0;
}

int exec(const Parsed& parsed, const StateDirectory& state) {
  const auto made = variables(parsed, state);
  if (!made) return fail(made.error());
  for (const auto& [name, value] : made->first) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> words = parsed.arguments;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  std::fprintf(stderr, "lazuli: cannot run %s: %s\n", arguments[0], std::strerror(errno));
  return errno == ENOENT ? 127 : 126;  // as a shell says it
}

int credentials(const Parsed& parsed, const StateDirectory& state) {
  const auto said = Control(state).get("/credentials");
  if (!said) return fail(said.error());
  if (wants_json(parsed)) return print_json(*said);
  const std::string id = string_at(*said, "servicePrincipal", "clientId");
  const std::string secret = string_at(*said, "servicePrincipal", "clientSecret");
  const std::string tenant = string_at(*said, "tenantId");
  print("client id     " + id + "\nsecret        " + secret + "\ntenant        " + tenant + "\nsubscription  " +
        string_at(*said, "subscriptionId") + "\n\naz login --service-principal -u " + id + " -p '" + secret +
        "' --tenant " + tenant + "\n");
  return 0;
}

int portal(const Parsed& parsed, const StateDirectory& state) {
  const auto said = Control(state).get("/status");
  if (!said) return fail(said.error());
  const std::string address = string_at(*said, "portal") + "/";
  if (wants_json(parsed)) {
    print_json(JsonObject{{"portal", address}});
  } else {
    print(address + "\n");
  }
  return parsed.has("open") ? open_in_browser(address) : 0;
}

int logs(const Parsed& parsed, const StateDirectory& state) {
  const std::string path = state.log().string();
  if (::access(path.c_str(), R_OK) != 0)
    return fail(Error{"FileError", "There is no log yet: " + path + ". Start lazuli: lazuli up --detach"});
  if (!parsed.has("follow")) {
    ::execlp("cat", "cat", "--", path.c_str(), nullptr);
  } else {
    ::execlp("tail", "tail", "-n", "+1", "-F", "--", path.c_str(), nullptr);
  }
  return fail(Error{"FileError", std::string("Cannot show the log: ") + std::strerror(errno)});
}

int doctor(const Parsed& parsed, const StateDirectory& state) {
  return print_report(parsed,
                      Control(state).post("/doctor", JsonObject{{"subject", parsed.arguments[0]},
                                                                {"namespace", parsed.get("namespace", "default")},
                                                                {"cluster", parsed.get("cluster")}}));
}

int doctor_request(const Parsed& parsed, const StateDirectory& state) {
  return print_report(parsed, Control(state).post("/doctor/request", JsonObject{{"id", parsed.arguments[0]}}));
}

int usage_table(const Parsed& parsed, const StateDirectory& state) {
  const auto said = Control(state).get("/usage");
  if (!said) return fail(said.error());
  const Json rows =
      filter_usage(*said, UsageFilter{parsed.get("account"), parsed.get("deployment"), parsed.get("identity")});
  if (wants_json(parsed)) return print_json(rows);
  print(usage_text(rows));
  return 0;
}

int image_import(const Parsed& parsed, const StateDirectory& state) {
  std::error_code problem;
  const auto archive = std::filesystem::canonical(parsed.arguments[1], problem);
  if (problem) return fail(Error{"FileError", "Cannot read " + parsed.arguments[1] + ": " + problem.message()});
  const auto done = Control(state).post(
      "/image/import", JsonObject{{"name", parsed.arguments[0]}, {"archive", archive.string()}}, kImportLimit);
  if (!done) return fail(done.error());
  print("imported " + parsed.arguments[0] + "\n");
  return 0;
}

int down(const Parsed&, const StateDirectory& state) {
  const Control control(state);
  const auto asked = control.post("/shutdown");
  if (!asked && asked.error().code == "NotRunning" &&
      (!state.exists() || wait_until_unlocked(state, std::chrono::milliseconds(0)))) {
    std::fprintf(stderr, "lazuli is not running with the state in %s\n", state.path().c_str());
    return 0;
  }
  if (!asked && asked.error().code != "NotRunning") {
    // It does not answer any more; its process still takes a signal.
    if (const int pid = lock_holder(state); pid > 0) ::kill(pid, SIGTERM);
  }
  if (wait_until_unlocked(state, kShutdownLimit)) {
    print("lazuli is down\n");
    return 0;
  }
  return fail(Error{"Timeout", "lazuli (pid " + std::to_string(lock_holder(state)) + ") has not ended within " +
                                   std::to_string(kShutdownLimit.count()) + " s. Its log: " + state.log().string()});
}

int version(const Parsed& parsed, const StateDirectory&) {
  if (wants_json(parsed)) return print_json(JsonObject{{"version", LAZULI_VERSION}});
  print("lazuli " LAZULI_VERSION "\n");
  return 0;
}

int completion_script(const Parsed& parsed, const StateDirectory&) {
  const std::vector<std::string> shells{"bash", "zsh", "fish"};
  const std::string& shell = parsed.arguments[0];
  for (const auto& known : shells) {
    if (shell != known) continue;
    print(completion(shell));
    return 0;
  }
  return fail(Error{"UsageError", "There is no completion for '" + shell + "': bash, zsh or fish."});
}

int help(const Parsed& parsed, const StateDirectory&) {
  const std::string name = join(parsed.arguments, " ");
  if (name.empty()) {
    print(usage(commands()));
    return 0;
  }
  for (const auto& spec : commands()) {
    if (spec.name != name) continue;
    print(usage(spec, common_options()));
    return 0;
  }
  return fail(parse(commands(), common_options(), parsed.arguments).error());
}

}  // namespace lazuli::command_line
