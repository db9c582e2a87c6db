#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace lazuli {

namespace {

Error failed(std::string_view what, const std::filesystem::path& path) {
  if (errno == ENOSPC || errno == EDQUOT)
    return Error{"DiskFull",
                 std::string(what) + " " + path.string() + ": " + std::strerror(errno) +
                     ". Make room there, or choose a state directory on another disk (--state), and try again.",
                 507, path.string()};
  return Error{"FileError", std::string(what) + " " + path.string() + ": " + std::strerror(errno), 500, path.string()};
}

bool write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t wrote = ::write(file, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

void sync_directory(const std::filesystem::path& path) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  ::fsync(directory);
  ::close(directory);
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed("Cannot read", path);
  std::string content;
  std::string buffer(std::size_t{64} << 10, '\0');
  for (;;) {
    const ssize_t got = ::read(file, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const Error error = failed("Cannot read", path);
      ::close(file);
      return error;
    }
    if (got == 0) break;
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > limit) {
      ::close(file);
      return Error{"FileError", path.string() + " is larger than " + std::to_string(limit) + " bytes.", 500,
                   path.string()};
    }
  }
  ::close(file);
  return content;
}

Status write_file(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  std::string temporary = path.string() + ".XXXXXX";
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) return failed("Cannot write", path);
  const bool written = ::fchmod(file, mode) == 0 && write_all(file, content) && ::fsync(file) == 0;
  const int reason = errno;
  ::close(file);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    if (!written) errno = reason;
    const Error error = failed("Cannot write", path);
    ::unlink(temporary.c_str());
    return error;
  }
  sync_directory(path.parent_path());
  return {};
}

Status make_directories(const std::filesystem::path& path, unsigned mode) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return {};
  if (path.has_parent_path() && path.parent_path() != path) {
    if (auto parent = make_directories(path.parent_path(), mode); !parent) return parent;
  }
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return failed("Cannot make directory", path);
  return {};
}

Status remove_tree(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return Error{"FileError", "Cannot remove " + path.string() + ": " + error.message(), 500, path.string()};
  return {};
}

std::filesystem::path cache_directory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
    return std::filesystem::path(cache) / "lazuli";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : "/tmp") / ".cache" / "lazuli";
}

}  // namespace lazuli
