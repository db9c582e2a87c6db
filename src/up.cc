#include "up.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "app.h"
#include "base/files.h"
#include "command_line/client_commands.h"
#include "command_line/config.h"
#include "command_line/control.h"

namespace lazuli {

namespace {

using command_line::Config;
using command_line::Control;
using command_line::fail;
using command_line::Parsed;
using command_line::StateDirectory;
using command_line::StateLock;

constexpr std::uintmax_t kLogLimit = std::uintmax_t{32} << 20;
constexpr auto kEndLimit = std::chrono::seconds(80);  // less than `down` waits

// Tells whoever waits for the start how it went: the parent of a background process, or a person's terminal.
using Report = std::function<void(const Status& outcome, const Json& status)>;

Result<Config> read_config(const Parsed& parsed, const StateDirectory& state) {
  Config config;
  const auto usual = state.file("lazuli.yaml");
  std::error_code ignored;
  if (parsed.has("config") || std::filesystem::exists(usual, ignored)) {
    auto loaded = command_line::load_config(parsed.get("config", usual.string()));
    if (!loaded) return loaded.error();
    config = std::move(*loaded);
  }
  for (auto [option, port] : {std::pair{"proxy-port", &config.proxy_port}, {"portal-port", &config.portal_port}}) {
    if (!parsed.has(option)) continue;
    const auto number = command_line::port_number(parsed.get(option), std::string("--") + option);
    if (!number) return number.error();
    *port = *number;
  }
  config.offline = config.offline || parsed.has("offline");
  config.cluster_engine = parsed.get("cluster-engine", config.cluster_engine);
  config.kubeconfig = parsed.get("kubeconfig", config.kubeconfig);
  config.doors_address = parsed.get("doors-address", config.doors_address);
  if (auto complete = command_line::check_cluster(config); !complete) return complete.error();
  if (config.cluster_engine == "bundle") config.kubeconfig.clear();
  // A background process works in another directory.
  if (!config.kubeconfig.empty()) config.kubeconfig = std::filesystem::absolute(config.kubeconfig, ignored).string();
  return config;
}

int open_log(const StateDirectory& state) {
  std::error_code ignored;
  if (std::filesystem::file_size(state.log(), ignored) > kLogLimit && !ignored)
    std::filesystem::rename(state.log(), state.file("lazuli.log.1"), ignored);
  return ::open(state.log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// Signals that end the program arrive on a descriptor instead of interrupting threads; children get them back by exec.
int end_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

// A shutdown that hangs still ends: after the limit, or at once when a person asks a second time.
void bound_shutdown(int signals, Log& log) {
  std::thread([signals, &log] {
    pollfd waiting{signals, POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(kEndLimit).count()));
    log.error("lazuli", "the shutdown was cut short");
    ::_exit(1);
  }).detach();
}

int serve(const StateDirectory& state, Config config, const Report& report) {
  // Few arenas: many threads wait most of the time, and each arena keeps memory of its own.
  ::mallopt(M_ARENA_MAX, 2);
  const int signals = end_signals();
  const int shutdown = ::eventfd(0, EFD_CLOEXEC);
  const int log_file = open_log(state);
  if (log_file < 0) {
    report(Error{"FileError", "Cannot write " + state.log().string() + ": " + std::strerror(errno)}, nullptr);
    return command_line::kFailed;
  }
  // The log outlives every thread, also those of a shutdown that is cut short.
  static Log log(log_file);
  auto app = App::open({state, std::move(config), [shutdown] { ::eventfd_write(shutdown, 1); }}, log);
  if (!app) {
    log.error("lazuli", app.error().message, {{"code", app.error().code}});
    report(app.error(), nullptr);
    return command_line::kFailed;
  }
  log.info("lazuli", "up", {{"version", LAZULI_VERSION}, {"pid", ::getpid()}});
  report({}, (*app)->status());

  pollfd waiting[] = {{signals, POLLIN, 0}, {shutdown, POLLIN, 0}};
  while (::poll(waiting, 2, -1) < 0 && errno == EINTR) {
  }
  signalfd_siginfo received;
  if (waiting[0].revents) [[maybe_unused]]
    const ssize_t taken = ::read(signals, &received, sizeof received);
  log.info("lazuli", "going down");
  bound_shutdown(signals, log);
  app->reset();
  log.info("lazuli", "down");
  return 0;
}

using Duration = std::chrono::steady_clock::duration;

void say_started(const Json& status, const StateDirectory& state, Duration took) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  std::printf("lazuli is up (pid %lld, %lld ms)\n  proxy   %s\n  portal  %s\n  state   %s\n  log     %s\n\n",
              static_cast<long long>(integer(find(status, "pid")).value_or(0)), static_cast<long long>(milliseconds),
              string_at(status, "proxy").c_str(), string_at(status, "portal").c_str(), state.path().c_str(),
              state.log().c_str());
  std::fflush(stdout);
}

void say_next() {
  std::printf(
      "Next:\n  eval \"$(lazuli env)\"     point this shell at it\n"
      "  lazuli credentials       how to `az login`\n  lazuli tutorial          see all of it work\n");
  std::fflush(stdout);
}

// In the background process: leaves the terminal; everything that is still printed goes to the log.
void leave_terminal(const StateDirectory& state) {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int log = open_log(state);
  ::dup2(nothing, 0);
  ::dup2(log < 0 ? nothing : log, 1);
  ::dup2(log < 0 ? nothing : log, 2);
  if (::chdir("/") != 0) return;
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(descriptor, text.data(), text.size());
    if (wrote <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

std::string read_to_end(int descriptor) {
  std::string text, piece(4096, '\0');
  for (;;) {
    const ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

// Forks; the child serves, and reports through a pipe when it answers. Gives its status.
Result<Json> detach(const StateDirectory& state, Config config, StateLock lock) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return Error{"ProcessError", std::strerror(errno)};
  std::fflush(stdout);
  const int child = ::fork();
  if (child < 0) return Error{"ProcessError", std::string("Cannot fork: ") + std::strerror(errno)};
  if (child == 0) {
    ::close(pipe[0]);
    leave_terminal(state);
    lock.take_over();
    const int code = serve(state, std::move(config), [&](const Status& outcome, const Json& status) {
      const Json said =
          outcome ? status
                  : Json(JsonObject{{"error", {{"code", outcome.error().code}, {"message", outcome.error().message}}}});
      write_all(pipe[1], to_text(said));
      ::close(pipe[1]);
    });
    ::_exit(code);
  }
  ::close(pipe[1]);
  const auto said = parse_json(read_to_end(pipe[0]));
  ::close(pipe[0]);
  if (!said) return Error{"StartFailed", "lazuli ended while it was starting. Its log: " + state.log().string()};
  if (const Json* error = find(*said, "error")) return Error{string_at(*error, "code"), string_at(*error, "message")};
  return *said;
}

// The lock, or nothing if a lazuli already answers with this state. One that is just ending is waited for.
Result<std::optional<StateLock>> take(const StateDirectory& state) {
  auto lock = StateLock::acquire(state);
  if (!lock || lock->has_value() || Control(state).running()) return lock;
  if (!wait_until_unlocked(state, kEndLimit))
    return Error{"Busy", "Another lazuli (pid " + std::to_string(command_line::lock_holder(state)) + ") holds " +
                             state.path().string() + " and does not answer."};
  return StateLock::acquire(state);
}

// Starts if there is none yet; `started` tells the person.
int start(const Parsed& parsed, const StateDirectory& state,
          const std::function<void(const Json&, Duration)>& started) {
  const auto begun = std::chrono::steady_clock::now();
  if (auto prepared = state.prepare(); !prepared) return fail(prepared.error());
  auto config = read_config(parsed, state);
  if (!config) return fail(config.error());
  auto lock = take(state);
  if (!lock) return fail(lock.error());
  if (!lock->has_value()) {
    std::printf("lazuli already runs with the state in %s (pid %d)\n", state.path().c_str(),
                command_line::lock_holder(state));
    return parsed.has("detach") ? 0 : command_line::kFailed;
  }
  if (parsed.has("detach")) {
    const auto status = detach(state, std::move(*config), std::move(**lock));
    if (!status) return fail(status.error());
    started(*status, std::chrono::steady_clock::now() - begun);
    return 0;
  }
  return serve(state, std::move(*config), [&](const Status& outcome, const Json& status) {
    if (!outcome) {
      fail(outcome.error());
      return;
    }
    started(status, std::chrono::steady_clock::now() - begun);
    std::printf("\nCtrl-C ends it.\n");
    std::fflush(stdout);
  });
}

}  // namespace

int up(const Parsed& parsed, const StateDirectory& state) {
  return start(parsed, state, [&](const Json& status, auto took) {
    say_started(status, state, took);
    say_next();
  });
}

int ensure_up(const StateDirectory& state) {
  if (Control(state).running()) return 0;
  Parsed parsed;
  parsed.values["detach"] = "";
  return start(parsed, state, [&](const Json& status, auto took) { say_started(status, state, took); });
}

}  // namespace lazuli
