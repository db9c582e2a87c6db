#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lazuli {

namespace {

using std::chrono::steady_clock;

std::vector<std::string> environment_of(const Command& command) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; !command.clear_environment && *entry; ++entry) {
    const std::string_view text = *entry;
    if (const auto equals = text.find('='); equals != std::string_view::npos)
      variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : command.environment) variables[name] = value;
  std::vector<std::string> lines;
  lines.reserve(variables.size());
  for (const auto& [name, value] : variables) lines.push_back(std::string(name).append("=").append(value));
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& lines) {
  std::vector<char*> out;
  out.reserve(lines.size() + 1);
  for (auto& line : lines) out.push_back(line.data());
  out.push_back(nullptr);
  return out;
}

Error failure(const Command& command, std::string_view what, int reason) {
  const std::string name = command.arguments.empty() ? "(nothing)" : command.arguments.front();
  return Error{"ProcessError", "Cannot " + std::string(what) + " " + name + ": " + std::strerror(reason), 500, name};
}

struct Descriptors {
  int input = -1;
  int output = -1;
};

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const Command& command, Descriptors to, int parent, char** arguments, char** environment,
                         const char* directory, const char* network, int report) {
  auto give_up = [report] {
    const int reason = errno;
    [[maybe_unused]] const ssize_t ignored = ::write(report, &reason, sizeof reason);
    ::_exit(127);
  };
  ::setpgid(0, 0);
  if (!command.survive_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::dup2(to.input, 0);
  ::dup2(to.output, 1);
  ::dup2(to.output, 2);
  if (network) {
    const int space = ::open(network, O_RDONLY | O_CLOEXEC);
    if (space < 0 || ::setns(space, CLONE_NEWNET) != 0) give_up();
  }
  if (directory && ::chdir(directory) != 0) give_up();
  ::execvpe(arguments[0], arguments, environment);
  give_up();
  ::_exit(127);
}

// Forks and execs; gives the pid, or the reason why exec failed.
Result<int> spawn(const Command& command, Descriptors to) {
  if (command.arguments.empty()) return failure(command, "start", EINVAL);
  auto arguments_text = command.arguments;
  auto environment_text = environment_of(command);
  auto arguments = pointers(arguments_text);
  auto environment = pointers(environment_text);
  const std::string directory = command.directory.string();
  const std::string network = command.network_namespace.string();
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return failure(command, "start", errno);
  const int parent = ::getpid();
  const int pid = ::fork();
  if (pid == 0) {
    become(command, to, parent, arguments.data(), environment.data(), directory.empty() ? nullptr : directory.c_str(),
           network.empty() ? nullptr : network.c_str(), report[1]);
  }
  const int forked = errno;
  ::close(report[1]);
  int reason = 0;
  const bool exec_failed = pid > 0 && ::read(report[0], &reason, sizeof reason) == sizeof reason;
  ::close(report[0]);
  if (pid < 0) return failure(command, "fork for", forked);
  if (exec_failed) {
    ::waitpid(pid, nullptr, 0);
    return failure(command, "start", reason);
  }
  return pid;
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// An anonymous file with the input, positioned at its start.
int input_descriptor(const std::string& input) {
  if (input.empty()) return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int file = ::memfd_create("input", MFD_CLOEXEC);
  if (file >= 0 && ::write(file, input.data(), input.size()) == static_cast<ssize_t>(input.size()))
    ::lseek(file, 0, SEEK_SET);
  return file;
}

enum class Woken { by_deadline, by_descriptor, by_cancel };

Woken wait_readable(int descriptor, std::optional<std::chrono::milliseconds> deadline, int cancel = -1) {
  pollfd waiting[] = {{descriptor, POLLIN, 0}, {cancel, POLLIN, 0}};  // poll() passes over a negative descriptor
  for (;;) {
    const int ready =
        ::poll(waiting, 2, deadline ? static_cast<int>(std::max<std::int64_t>(0, deadline->count())) : -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready > 0) return waiting[1].revents ? Woken::by_cancel : Woken::by_descriptor;
    return Woken::by_deadline;
  }
}

}  // namespace

Result<Child> Child::start(const Command& command) {
  const std::string output = command.output.empty() ? "/dev/null" : command.output.string();
  Descriptors to{input_descriptor(command.input),
                 ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (to.output < 0) {
    const int reason = errno;
    ::close(to.input);
    return failure(command, "open the log of", reason);
  }
  auto pid = spawn(command, to);
  ::close(to.input);
  ::close(to.output);
  if (!pid) return pid.error();
  return Child(*pid);
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), code_(other.code_) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, -1);
    code_ = other.code_;
  }
  return *this;
}

Child::~Child() {
  stop();
}

bool Child::running() {
  return pid_ > 0 && !wait(std::chrono::milliseconds(0));
}

std::optional<int> Child::wait(std::optional<std::chrono::milliseconds> deadline) {
  if (code_ || pid_ <= 0) return code_;
  // A pidfd becomes readable when the process ends: an event to wait for, with a deadline.
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (descriptor >= 0) {
    const Woken woken = wait_readable(descriptor, deadline);
    ::close(descriptor);
    if (woken == Woken::by_deadline) return std::nullopt;
  }
  int status = 0;
  if (::waitpid(pid_, &status, 0) == pid_) code_ = code_of(status);
  return code_;
}

void Child::signal(int number) {
  if (pid_ > 0 && !code_) ::kill(-pid_, number);
}

void Child::stop(std::chrono::milliseconds grace) {
  if (pid_ <= 0 || code_) return;
  signal(SIGTERM);
  if (!wait(grace)) {
    signal(SIGKILL);
    wait();
  }
}

namespace {

constexpr std::size_t kKeptOutput = std::size_t{1} << 20;

// Feeds complete lines to the listener, and the rest at the end.
class Lines {
 public:
  explicit Lines(const std::function<void(std::string_view)>& listener) : listener_(listener) {}
  void take(std::string_view text) {
    if (!listener_) return;
    pending_ += text;
    std::size_t start = 0;
    for (std::size_t end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', start)) {
      listener_(std::string_view(pending_).substr(start, end - start));
      start = end + 1;
    }
    pending_.erase(0, start);
  }
  void finish() {
    if (listener_ && !pending_.empty()) listener_(pending_);
  }

 private:
  const std::function<void(std::string_view)>& listener_;
  std::string pending_;
};

}  // namespace

Result<Finished> run(const Command& command, std::optional<std::chrono::milliseconds> deadline,
                     const std::function<void(std::string_view)>& line) {
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return failure(command, "run", errno);
  const int input = input_descriptor(command.input);
  const auto pid = spawn(command, {input, output[1]});
  ::close(input);
  ::close(output[1]);
  if (!pid) {
    ::close(output[0]);
    return pid.error();
  }
  Finished finished;
  Lines lines(line);
  bool timed_out = false;
  int cancel = command.cancel;
  const auto end = steady_clock::now() + deadline.value_or(std::chrono::milliseconds(0));
  std::string buffer(std::size_t{16} << 10, '\0');
  for (;;) {
    std::optional<std::chrono::milliseconds> left;
    if (deadline && !timed_out) left = std::chrono::ceil<std::chrono::milliseconds>(end - steady_clock::now());
    if (const Woken woken = wait_readable(output[0], left, cancel); woken != Woken::by_descriptor) {
      timed_out = woken == Woken::by_deadline;
      cancel = -1;  // once is enough
      ::kill(-*pid, SIGKILL);
      continue;
    }
    const ssize_t got = ::read(output[0], buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    lines.take(text);
    finished.output += text;
    if (finished.output.size() > 2 * kKeptOutput) finished.output.erase(0, finished.output.size() - kKeptOutput);
  }
  lines.finish();
  ::close(output[0]);
  int status = 0;
  ::waitpid(*pid, &status, 0);
  finished.code = code_of(status);
  if (timed_out)
    return Error{"ProcessTimeout", command.arguments.front() + " did not end in time.", 504, command.arguments.front()};
  return finished;
}

}  // namespace lazuli
