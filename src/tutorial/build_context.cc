#include "tutorial/build_context.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>

#include "base/files.h"
#include "base/text.h"

namespace lazuli::tutorial {

namespace {

constexpr std::size_t kContextLimit = std::size_t{512} << 20;

// Glob of one path: '*' and '?' stay within a segment, "**" crosses them.
bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.starts_with("**")) {
    std::string_view rest = pattern.substr(2);
    if (rest.starts_with('/')) rest.remove_prefix(1);
    for (std::size_t at = 0; at <= text.size(); ++at)
      if (matches(rest, text.substr(at))) return true;
    return false;
  }
  if (pattern.front() == '*') {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      if (matches(pattern.substr(1), text.substr(at))) return true;
      if (at < text.size() && text[at] == '/') return false;
    }
    return false;
  }
  if (text.empty() || (pattern.front() != '?' && pattern.front() != text.front())) return false;
  if (pattern.front() == '?' && text.front() == '/') return false;
  return matches(pattern.substr(1), text.substr(1));
}

bool covers(std::string_view pattern, std::string_view path) {
  for (std::size_t end = path.size(); end != std::string_view::npos; end = path.rfind('/', end - 1)) {
    if (matches(pattern, path.substr(0, end))) return true;
    if (end == 0) break;
  }
  return false;
}

struct Writer {
  archive* handle = ::archive_write_new();
  std::string bytes;
  ~Writer() { ::archive_write_free(handle); }

  static la_ssize_t write(archive*, void* self, const void* data, std::size_t size) {
    static_cast<Writer*>(self)->bytes.append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  }

  bool open() {
    return ::archive_write_set_format_pax_restricted(handle) == ARCHIVE_OK &&
           ::archive_write_add_filter_gzip(handle) == ARCHIVE_OK &&
           ::archive_write_open(handle, this, nullptr, write, nullptr) == ARCHIVE_OK;
  }

  // Owner and time are left out, so that the same folder gives the same archive.
  bool add(const std::string& name, const std::string& content, bool executable) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(::archive_entry_new(), ::archive_entry_free);
    ::archive_entry_set_pathname(entry.get(), name.c_str());
    ::archive_entry_set_filetype(entry.get(), AE_IFREG);
    ::archive_entry_set_perm(entry.get(), executable ? 0755 : 0644);
    ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    return ::archive_write_header(handle, entry.get()) == ARCHIVE_OK &&
           ::archive_write_data(handle, content.data(), content.size()) == static_cast<la_ssize_t>(content.size());
  }

  bool close() { return ::archive_write_close(handle) == ARCHIVE_OK; }
};

std::vector<std::string> ignore_patterns(const std::filesystem::path& folder) {
  const auto text = read_file(folder / ".dockerignore");
  std::vector<std::string> patterns;
  if (!text) return patterns;
  for (const auto& line : split(*text, '\n'))
    if (const auto pattern = trim(line); !pattern.empty() && !pattern.starts_with('#')) patterns.emplace_back(pattern);
  return patterns;
}

Result<std::vector<std::filesystem::path>> files_below(const std::filesystem::path& folder) {
  std::error_code problem;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::recursive_directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem))
    if (at->is_regular_file(problem) && !at->is_symlink(problem)) files.push_back(at->path());
  if (problem) return Error{"FileError", "Cannot read " + folder.string() + ": " + problem.message()};
  std::ranges::sort(files);
  return files;
}

}  // namespace

bool ignored(const std::vector<std::string>& patterns, std::string_view path) {
  bool out = false;
  for (std::string_view pattern : patterns) {
    const bool back = pattern.starts_with('!');
    if (back) pattern.remove_prefix(1);
    while (pattern.starts_with('/')) pattern.remove_prefix(1);
    pattern = without_trailing_slashes(pattern);
    if (covers(pattern, path)) out = !back;
  }
  return out;
}

Result<std::string> build_context(const std::filesystem::path& folder, std::string_view dockerfile_entry) {
  const auto dockerfile = read_file(folder / "Dockerfile");
  if (!dockerfile) return dockerfile.error();
  const auto files = files_below(folder);
  if (!files) return files.error();
  const auto patterns = ignore_patterns(folder);
  Writer writer;
  bool good = writer.open() && writer.add(std::string(dockerfile_entry), *dockerfile, false);
  for (const auto& file : *files) {
    const std::string name = file.lexically_relative(folder).generic_string();
    if (ignored(patterns, name)) continue;
    const auto content = read_file(file, kContextLimit);
    if (!content) return content.error();
    const auto mode = std::filesystem::status(file).permissions();
    good =
        good && writer.add(name, *content, (mode & std::filesystem::perms::owner_exec) != std::filesystem::perms::none);
  }
  if (!good || !writer.close()) {
    const char* reason = ::archive_error_string(writer.handle);
    return Error{"ArchiveError", std::string("Cannot pack the build context: ") + (reason ? reason : "unknown reason")};
  }
  return std::move(writer.bytes);
}

}  // namespace lazuli::tutorial
