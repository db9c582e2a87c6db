#include "command_line/commands.h"

#include <array>
#include <map>
#include <set>

#include "base/text.h"
#include "fault/rules.h"

namespace lazuli::command_line {

namespace {

Option output_option() {
  return {"output", "FORMAT", "how to print it", 'o', {"text", "json"}};
}

std::vector<CommandSpec> make_commands() {
  const Option output = output_option();
  const Option identity{"identity", "IDENTITY", "sign in as this managed identity: its name, id or client id"};
  return {
      {"up",
       "Start lazuli",
       {{"detach", "", "go into the background once everything answers", 'd'},
        {"offline", "", "refuse names that are not Azure's instead of passing them through"},
        {"proxy-port", "N", "port of the proxy that shells use (8910, or a free one if that is taken)"},
        {"portal-port", "N", "port of the portal and the sign-in pages (8911, or a free one)"},
        {"cluster-engine", "ENGINE", "where AKS clusters come from", 0, {"bundle", "attached"}},
        {"kubeconfig", "F", "the cluster that --cluster-engine attached uses"},
        {"doors-address", "IP", "the address of this machine at which that cluster and its pods reach lazuli"},
        {"config", "FILE", "settings; lazuli.yaml in the state directory if not given"}},
       "",
       0,
       0,
       false,
       "Without --detach it stays in the foreground until Ctrl-C. A second `up` on the same state finds the first."},
      {"down", "Stop lazuli; clusters come back with the next up"},
      {"reset", "Stop lazuli and forget everything that it made", {{"yes", "", "do not ask", 'y'}}},
      {"status", "Show what runs: addresses, clusters, operations and their progress", {output}},
      {"env",
       "Print the variables that point a shell's az, kubectl and SDKs at lazuli",
       {{"shell", "SHELL", "whose syntax to print", 0, {"sh", "fish", "json"}},
        {"docker", "", "print flags for `docker run` instead"},
        identity},
       "",
       0,
       0,
       false,
       "  eval \"$(lazuli env)\"                   sh, bash, zsh\n"
       "  lazuli env --shell fish | source       fish\n"
       "  docker run $(lazuli env --docker) IMAGE az group list\n"
       "  eval \"$(lazuli env --identity NAME)\"   and then: az login --identity"},
      {"exec", "Run one command with the variables of `lazuli env`", {identity}, "-- COMMAND [ARGUMENTS]", 1, 0, true},
      {"credentials", "Print the service principal to sign in with", {output}},
      {"portal",
       "Print the portal's address",
       {{"open", "", "open it in the browser, too"}, output},
       "",
       0,
       0,
       false,
       "Sign in with a user of the directory: at first that is the Administrator, who owns the subscription."},
      {"tutorial",
       "Perform the whole tutorial, step by step, and show the pod's log",
       {{"clean", "", "delete the tutorial's resource group instead"},
        {"sample", "DIR", "the sample application (its folder with Dockerfile and pod.yaml)"}}},
      {"doctor",
       "Walk the chain from a pod to its model and name the broken link",
       {{"namespace", "NS", "namespace of the pod (default)", 'n'},
        {"cluster", "NAME", "the AKS cluster, if there are several", 'c'},
        output},
       "pod/NAME|deploy/NAME|…",
       1,
       1,
       false,
       "Prints each link with what was expected and found, and the command that mends what is broken. Exit code 1 if\n"
       "something is."},
      {"usage",
       "Show who used which deployment, and how many tokens",
       {{"account", "NAME", "only this account", 'a'},
        {"deployment", "NAME", "only this deployment", 'd'},
        {"identity", "ID", "only this identity: object id, name, or key1, key2", 'i'},
        output},
       "",
       0,
       0,
       false,
       "Counts since lazuli was started; refused calls are those answered with an error. The same numbers are at\n"
       "/metrics for Prometheus, and each call is a line of openai/openai-audit.log in the state directory."},
      {"doctor request",
       "Say why a call was refused: what it presented, the broken link, and the command that mends it",
       {output},
       "ID|last",
       1,
       1,
       false,
       "ID is one of a call that failed: the Trace ID or Correlation ID in a token error, or an answer's\n"
       "apim-request-id, x-request-id or x-ms-client-request-id. `last` is the newest. Exit code 1 if something is\n"
       "broken."},
      {"fault add",
       "Make a service fail or lag as Azure does now and then",
       {{"service", "SERVICE", "only this one", 's', {"token", "arm", "openai"}},
        {"identity", "ID", "only this caller: client id or object id", 'i'},
        {"resource", "ID", "only this resource (id or name), deployment or issuer", 'r'},
        {"status", "N", "of `error`: 500 to 599 (503)"},
        {"retry-after", "TIME", "what the answer says in Retry-After"},
        {"delay", "TIME", "how long it lags, of slow, credential-delay, role-delay and negative-cache"},
        {"rate", "SHARE", "only this share of the calls: 0.2"},
        {"calls", "N", "ends after so many calls"},
        {"for", "TIME", "ends after this time: 30s, 5m, 2h"},
        output},
       join(fault::kind_words(), "|"),
       1,
       1,
       false,
       "  lazuli fault add throttle --service openai --calls 3 --retry-after 2s\n"
       "  lazuli fault add credential-delay --delay 90s        new federated credentials are not seen at once\n"
       "  lazuli fault add error --service token --rate 0.2 --for 10m\n\n"
       "The same under `faults:` in lazuli.yaml. `lazuli doctor` says which faults a pod or a call met."},
      {"fault list", "Show the faults that are on", {output}},
      {"fault clear", "End one fault, or all of them", {output}, "[NUMBER]", 0, 1},
      {"config check",
       "Say whether a lazuli.yaml can be used, and which line cannot",
       {output},
       "[FILE]",
       0,
       1,
       false,
       "FILE is the state directory's lazuli.yaml if not given. Nothing is started or changed. Exit code 1 if it has "
       "an\n"
       "error, which `lazuli up` would refuse, too."},
      {"keys list", "Show the token service's signing keys", {output}},
      {"keys rotate",
       "Publish a new signing key of the token service, which signs five minutes later",
       {output},
       "",
       0,
       0,
       false,
       "Tokens that the old key signed stay good until they expire. Keys rotate by themselves every 30 days, or as\n"
       "lazuli.yaml says: keys: {rotate_every_days: N}."},
      {"image import",
       "Make an image archive available under a public name",
       {},
       "NAME ARCHIVE",
       2,
       2,
       false,
       "  lazuli image import docker.io/library/python:3.8.10-slim python.tar\n\n"
       "ARCHIVE is an oci-archive or a docker-archive (docker save)."},
      {"logs", "Print lazuli's log", {{"follow", "", "go on as lines are added", 'f'}}},
      {"version", "Print the version", {output}},
      {"completion", "Print a completion script", {}, "bash|zsh|fish", 1, 1},
      {"help", "Show the commands, or one command's options", {}, "[COMMAND]", 0, 2},
  };
}

// Words after which an option's value or nothing is to be completed, by command: one line of a case statement each.
std::string bash_completion() {
  // By first word: those that begin with it, and the options of all of them.
  std::map<std::string, std::set<std::string>> words_of;
  for (const auto& spec : commands()) {
    const std::string first = spec.name.substr(0, spec.name.find(' '));
    auto& words = words_of[first];
    for (const auto& option : spec.options) words.insert("--" + option.name);
    for (const auto& option : common_options()) words.insert("--" + option.name);
    if (first != spec.name) words.insert(spec.name.substr(first.size() + 1));
    if (spec.name == "completion") words.insert({"bash", "zsh", "fish"});
  }
  std::string cases, names;
  for (const auto& [first, words] : words_of) {
    names += first + " ";
    cases += "    " + first + ") words='" + join({words.begin(), words.end()}, " ") + " --help' ;;\n";
  }
  return "_lazuli() {\n"
         "  local words current=${COMP_WORDS[COMP_CWORD]}\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases +
         "  esac\n"
         "  [ \"$COMP_CWORD\" = 1 ] && words='" +
         names +
         "'\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _lazuli lazuli\n";
}

std::string quoted(std::string_view text) {
  return "'" + replace_all(std::string(text), "'", "\\'") + "'";
}

std::string fish_completion() {
  std::string text = "complete -c lazuli -f\n";
  for (const auto& spec : commands()) {
    const std::string first = spec.name.substr(0, spec.name.find(' '));
    text += "complete -c lazuli -n __fish_use_subcommand -a " + first + " -d " + quoted(spec.summary) + "\n";
    for (const auto& option : spec.options)
      text += "complete -c lazuli -n '__fish_seen_subcommand_from " + first + "' -l " + option.name +
              (option.letter ? std::string(" -s ") + option.letter : "") + (option.placeholder.empty() ? "" : " -r") +
              " -d " + quoted(option.help) + "\n";
  }
  return text;
}

}  // namespace

std::span<const CommandSpec> commands() {
  static const std::vector<CommandSpec> table = make_commands();
  return table;
}

std::span<const Option> common_options() {
  static const std::array<Option, 1> table{
      Option{"state", "DIR", "the state directory ($LAZULI_STATE; ~/.lazuli if neither is given)"}};
  return table;
}

std::string completion(std::string_view shell) {
  if (shell == "fish") return fish_completion();
  const std::string bash = bash_completion();
  return shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" + bash : bash;
}

}  // namespace lazuli::command_line
