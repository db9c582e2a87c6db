#include "registry/context.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <string>

#include "base/files.h"
#include "base/text.h"

namespace lazuli::registry {

namespace {

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
struct FreeWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
using Reader = std::unique_ptr<archive, FreeReader>;
using Writer = std::unique_ptr<archive, FreeWriter>;

// Links in the way are looked for here, entry by entry: libarchive's own check would also trip over a link above the
// directory, which is none of the archive's business.
constexpr int kOptions = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_SECURE_NODOTDOT;

Error invalid(std::string message) {
  return {"InvalidContext", std::move(message), 400};
}

std::string shown(const char* name) {
  return "'" + std::string(name ? name : "").substr(0, 300) + "'";
}

// How deep a relative path ends below where it starts; -1 if it ever leaves.
int depth_of(std::string_view path, int start) {
  int depth = start;
  for (const auto& part : split(path, '/')) {
    if (part == ".") continue;
    depth += part == ".." ? -1 : 1;
    if (depth < 0) return -1;
  }
  return depth;
}

Status check_name(const char* name, std::string_view what) {
  if (!name || !*name) return invalid("The archive has " + std::string(what) + " without a name.");
  if (*name == '/')
    return invalid("The archive has " + std::string(what) + " with an absolute name: " + shown(name) + ".");
  for (const auto& part : split(name, '/'))
    if (part == "..")
      return invalid("The archive has " + std::string(what) + " outside the context: " + shown(name) + ".");
  return {};
}

Status check_entry(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  if (auto good = check_name(name, "an entry"); !good) return good;
  if (const char* target = archive_entry_hardlink(entry)) return check_name(target, "a hard link");
  const auto type = archive_entry_filetype(entry);
  if (type == AE_IFLNK) {
    const char* target = archive_entry_symlink(entry);
    const int folder = depth_of(name, 0) - 1;
    if (target && *target != '/' && depth_of(target, folder) < 0)
      return invalid("The archive has a symbolic link out of the context: " + shown(name) + ".");
    return {};
  }
  if (type != AE_IFREG && type != AE_IFDIR)
    return invalid("The archive has a device, pipe or socket, which a context cannot hold: " + shown(name) + ".");
  return {};
}

bool is_link(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_symlink(std::filesystem::symlink_status(path, ignored));
}

// Whether a path below the directory leads through a symbolic link. Its last part is looked at as well if `whole`.
bool through_link(const std::filesystem::path& directory, const std::filesystem::path& relative, bool whole) {
  std::filesystem::path at = directory;
  for (auto part = relative.begin(); part != relative.end(); ++part) {
    at /= *part;
    if (!whole && std::next(part) == relative.end()) return false;
    if (is_link(at)) return true;
  }
  return false;
}

// What an earlier entry left at this place must not be written through or have its attributes changed later.
Status make_room(const std::filesystem::path& target, bool directory) {
  std::error_code ignored;
  if (is_link(target)) std::filesystem::remove(target, ignored);
  if (!directory && std::filesystem::is_directory(target, ignored))
    return invalid("The archive has an entry in the place of a folder: " + shown(target.filename().c_str()) + ".");
  return {};
}

Status copy_data(archive* from, archive* to, std::uint64_t& left) {
  for (;;) {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int read = archive_read_data_block(from, &block, &size, &offset);
    if (read == ARCHIVE_EOF) return {};
    if (read < ARCHIVE_WARN) return invalid(std::string("The archive is damaged: ") + archive_error_string(from));
    if (size > left) return invalid("The context is too large when unpacked.");
    left -= size;
    if (archive_write_data_block(to, block, size, offset) < ARCHIVE_WARN)
      return invalid(std::string("Cannot write the context: ") + archive_error_string(to));
  }
}

// az packs the context's own directory as an entry with an empty name.
bool is_root(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  const std::string_view text = name ? name : "";
  return archive_entry_filetype(entry) == AE_IFDIR && (text.empty() || text == "/" || text == "./" || text == ".");
}

Status unpack_entry(archive* from, archive_entry* entry, archive* to, const std::filesystem::path& directory,
                    std::uint64_t& left) {
  const std::string name = archive_entry_pathname(entry);
  const char* hard_link = archive_entry_hardlink(entry);
  if (through_link(directory, name, false) || (hard_link && through_link(directory, hard_link, true)))
    return invalid("The archive has an entry behind a symbolic link: " + shown(name.c_str()) + ".");
  if (archive_entry_size(entry) > 0 && static_cast<std::uint64_t>(archive_entry_size(entry)) > left)
    return invalid("The context is too large when unpacked.");
  const std::filesystem::path target = directory / name;
  if (auto room = make_room(target, archive_entry_filetype(entry) == AE_IFDIR && !hard_link); !room) return room;
  if (hard_link) archive_entry_set_hardlink(entry, (directory / hard_link).c_str());
  archive_entry_set_pathname(entry, target.c_str());
  archive_entry_set_perm(entry, archive_entry_perm(entry) & 01777);
  if (archive_write_header(to, entry) < ARCHIVE_WARN)
    return invalid("Cannot unpack " + shown(name.c_str()) + ": " + archive_error_string(to));
  if (auto copied = copy_data(from, to, left); !copied) return copied;
  if (archive_write_finish_entry(to) < ARCHIVE_WARN)
    return invalid("Cannot unpack " + shown(name.c_str()) + ": " + archive_error_string(to));
  return {};
}

}  // namespace

Status extract_context(const std::filesystem::path& archive_path, const std::filesystem::path& directory,
                       ContextLimits limits) {
  if (auto made = make_directories(directory); !made) return made;
  Reader from(archive_read_new());
  archive_read_support_filter_all(from.get());
  archive_read_support_format_tar(from.get());
  archive_read_support_format_empty(from.get());
  if (archive_read_open_filename(from.get(), archive_path.c_str(), std::size_t{256} << 10) != ARCHIVE_OK)
    return invalid(std::string("The context is no tar archive: ") + archive_error_string(from.get()));
  Writer to(archive_write_disk_new());
  archive_write_disk_set_options(to.get(), kOptions);

  std::uint64_t entries = 0;
  for (archive_entry* entry = nullptr;;) {
    const int read = archive_read_next_header(from.get(), &entry);
    if (read == ARCHIVE_EOF) return {};
    if (read < ARCHIVE_WARN) return invalid(std::string("The archive is damaged: ") + archive_error_string(from.get()));
    if (++entries > limits.entries) return invalid("The context has too many entries.");
    if (is_root(entry)) continue;
    if (auto good = check_entry(entry); !good) return good;
    if (auto done = unpack_entry(from.get(), entry, to.get(), directory, limits.bytes); !done) return done;
  }
}

}  // namespace lazuli::registry
