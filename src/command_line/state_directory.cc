#include "command_line/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "base/files.h"

namespace lazuli::command_line {

namespace {

constexpr std::size_t kSocketNameLimit = 100;  // sun_path holds 108, and servers bind under a temporary name

Error file_error(std::string_view what, const std::filesystem::path& path) {
  return Error{"FileError", std::string(what) + " " + path.string() + ": " + std::strerror(errno), 500, path.string()};
}

int open_lock(const StateDirectory& state) {
  return ::open(state.file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

}  // namespace

StateDirectory StateDirectory::locate(std::string_view option) {
  std::filesystem::path path;
  if (!option.empty()) {
    path = option;
  } else if (const char* chosen = std::getenv("LAZULI_STATE"); chosen && *chosen) {
    path = chosen;
  } else {
    const char* home = std::getenv("HOME");
    path = std::filesystem::path(home && *home ? home : "/root") / ".lazuli";
  }
  std::error_code ignored;
  std::filesystem::path absolute = std::filesystem::absolute(path, ignored).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return StateDirectory(std::move(absolute));
}

Status StateDirectory::prepare() const {
  if (auto made = make_directories(path_); !made) return made;
  struct stat information {};
  if (::stat(path_.c_str(), &information) != 0) return file_error("Cannot read", path_);
  if (information.st_uid != ::geteuid())
    return Error{"StateNotOwned", path_.string() + " belongs to another user. Choose another with --state.", 403};
  if ((information.st_mode & 077) != 0 && ::chmod(path_.c_str(), 0700) != 0)
    return file_error("Cannot make private", path_);
  return {};
}

bool StateDirectory::exists() const {
  std::error_code ignored;
  return std::filesystem::is_directory(path_, ignored);
}

StateDirectory::SocketName::~SocketName() {
  if (directory >= 0) ::close(directory);
}

StateDirectory::SocketName StateDirectory::control_socket() const {
  SocketName name;
  name.text = file("control.sock").string();
  if (name.text.size() <= kSocketNameLimit) return name;
  name.directory = ::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  name.text = "/proc/self/fd/" + std::to_string(name.directory) + "/control.sock";
  return name;
}

Json StateDirectory::settings() const {
  const auto text = read_file(file("settings.json"), std::size_t{1} << 20);
  if (!text) return JsonObject{};
  auto parsed = parse_json(*text);
  return parsed && parsed->is_object() ? std::move(parsed).value() : Json(JsonObject{});
}

Status StateDirectory::save_settings(const JsonObject& settings) const {
  return write_file(file("settings.json"), to_pretty(settings) + "\n");
}

Result<std::optional<StateLock>> StateLock::acquire(const StateDirectory& state) {
  const int descriptor = open_lock(state);
  if (descriptor < 0) return file_error("Cannot open", state.file("lock"));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
    StateLock lock(descriptor);
    lock.take_over();
    return std::optional<StateLock>(std::move(lock));
  }
  const int reason = errno;
  ::close(descriptor);
  if (reason == EWOULDBLOCK) return std::optional<StateLock>();
  errno = reason;
  return file_error("Cannot lock", state.file("lock"));
}

void StateLock::take_over() const {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor_, 0) != 0) return;  // the pid is only a help for people and for `down`
  [[maybe_unused]] const ssize_t written = ::pwrite(descriptor_, text.data(), text.size(), 0);
}

StateLock::~StateLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int lock_holder(const StateDirectory& state) {
  const auto text = read_file(state.file("lock"), 64);
  return text ? std::atoi(text->c_str()) : 0;
}

bool wait_until_unlocked(const StateDirectory& state, std::chrono::milliseconds limit) {
  const int descriptor = open_lock(state);
  if (descriptor < 0) return !state.exists();
  // flock has no deadline: a helper thread waits for it, and is left behind with its descriptor if the time is over.
  struct Wait {
    std::mutex mutex;
    std::condition_variable changed;
    bool free = false;
  };
  auto wait = std::make_shared<Wait>();
  std::thread([wait, descriptor] {
    while (::flock(descriptor, LOCK_EX) != 0 && errno == EINTR) {
    }
    ::close(descriptor);
    const std::lock_guard lock(wait->mutex);
    wait->free = true;
    wait->changed.notify_all();
  }).detach();
  std::unique_lock lock(wait->mutex);
  return wait->changed.wait_for(lock, limit, [&] { return wait->free; });
}

}  // namespace lazuli::command_line
