#include "tutorial_command.h"

#include <algorithm>
#include <cstdio>

#include "base/files.h"
#include "base/text.h"
#include "command_line/client_commands.h"
#include "command_line/control.h"
#include "tutorial/tutorial.h"
#include "up.h"

namespace lazuli {

namespace {

using command_line::Control;
using command_line::fail;

constexpr const char* kSample = "samples/openai-workload-identity/cpp";

// The sample: as named, beside the program (a checkout's build directory, an installation), or below the current one.
Result<std::filesystem::path> find_sample(const std::string& named) {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  std::vector<std::filesystem::path> places;
  if (!named.empty()) {
    places = {std::filesystem::absolute(named, ignored)};
  } else {
    places = {program.parent_path() / kSample, program.parent_path() / "share/lazuli" / kSample,
              std::filesystem::current_path(ignored) / kSample};
  }
  for (const auto& place : places) {
    if (!std::filesystem::exists(place / "Dockerfile", ignored)) continue;
    if (std::filesystem::exists(place / "pod.yaml", ignored)) return place.lexically_normal();
  }
  std::vector<std::string> looked;
  looked.reserve(places.size());
  for (const auto& place : places) looked.push_back(place.string());
  return Error{"UsageError",
               "The sample application (a Dockerfile and a pod.yaml) is not in " + join(looked, ", ") +
                   ". Name its folder with --sample DIR.",
               400};
}

// The C++ sample's image holds a program that its Makefile builds.
Status check_built(const std::filesystem::path& sample) {
  std::error_code ignored;
  if (!std::filesystem::exists(sample / "Makefile", ignored) || std::filesystem::exists(sample / "app", ignored))
    return {};
  return Error{"UsageError", "The sample is not built yet: make -C " + sample.string(), 400};
}

// What lazuli says about the operation on a resource, for the live line.
std::string progress_of(const Control& control, std::string_view resource) {
  const auto status = control.get("/status");
  const Json* operations = status ? find(*status, "operations") : nullptr;
  if (!operations || !operations->is_array()) return {};
  for (const auto& operation : operations->get_array()) {
    if (equals_ignoring_case(string_at(operation, "resource"), resource)) return string_at(operation, "progress");
  }
  return {};
}

bool cluster_runs(const Control& control, std::string_view name) {
  const auto status = control.get("/status");
  const Json* clusters = status ? find(*status, "clusters") : nullptr;
  if (!clusters || !clusters->is_array()) return false;
  return std::ranges::any_of(clusters->get_array(), [&](const Json& cluster) {
    return string_at(cluster, "name") == name && bool_or(find(cluster, "running"));
  });
}

void say_end(tutorial::Display& display) {
  std::chrono::milliseconds total{0};
  for (const auto& step : display.timings()) total += step.time;
  display.say("All " + std::to_string(display.timings().size()) + " steps in " + tutorial::seconds_text(total) +
              ". No key was used: the pod's own identity was exchanged for a token.\n"
              "The same by hand:\n"
              "  eval \"$(lazuli env)\" ; lazuli credentials    then the commands above, by the real az and kubectl\n"
              "  lazuli tutorial --clean                      deletes what this made");
}

}  // namespace

int run_tutorial(const command_line::Parsed& parsed, const command_line::StateDirectory& state) {
  const auto sample = find_sample(parsed.get("sample"));
  if (!sample) return fail(sample.error());
  if (auto built = check_built(*sample); !built) return fail(built.error());
  if (const int code = ensure_up(state); code != 0) return code;

  const Control control(state);
  const auto environment = control.get("/environment");
  const auto secrets = control.get("/credentials");
  if (!environment || !secrets) return fail(environment ? secrets.error() : environment.error());
  const auto root = read_file(state.root_certificate());
  if (!root) return fail(root.error());

  net::Client client(net::ClientOptions{.trust = *root, .proxy = string_at(*environment, "proxy")});
  tutorial::Display display(stdout);
  tutorial::Azure azure(
      client,
      {string_at(*secrets, "servicePrincipal", "clientId"), string_at(*secrets, "servicePrincipal", "clientSecret"),
       string_at(*secrets, "tenantId"), string_at(*secrets, "subscriptionId")},
      [&](std::string_view resource) { display.progress(progress_of(control, resource)); });
  tutorial::Tutorial tutorial(azure, display,
                              {*sample, string_at(*environment, "kubeconfig"),
                               [&](std::string_view name) { return cluster_runs(control, name); }});
  if (parsed.has("clean")) return tutorial.clean() ? 0 : command_line::kFailed;
  if (!tutorial.run()) {
    display.say("`lazuli logs` shows what lazuli saw; run the tutorial again when it is mended.");
    return command_line::kFailed;
  }
  say_end(display);
  return 0;
}

}  // namespace lazuli
