// The unpacking of a build context. An input is a list of entries, one a line: a letter for the kind (f, d, l, h, p for
// file, directory, symbolic link, hard link, pipe), the mode in octal, the name, and after a blank the content or where
// the link leads. They are packed as they are, and the archive is unpacked.
//
// Whatever comes in: nothing outside of the context's directory is made, changed or linked to from within.
#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "registry/context.h"
#include "rule.h"

namespace lazuli::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr registry::ContextLimits kLimits{4096, 40};
const std::string kWitness = "what no archive may change";

bool unchanged(const fs::path& witness) {
  const auto text = read_file(witness);
  return text && *text == kWitness;
}

// A directory for the time of the program: the context's place, and beside it what must stay as it is.
class Place {
 public:
  Place() : root_(fs::temp_directory_path() / ("lazuli-fuzz-" + std::to_string(::getpid()))) {
    fs::create_directories(root_);
    rule(write_file(root_ / "witness", kWitness).ok(), "the witness is written");
    ::chmod((root_ / "witness").c_str(), 0600);
  }
  ~Place() { fs::remove_all(root_); }

  fs::path archive() const { return root_ / "archive.tar"; }
  fs::path context() const { return root_ / "context"; }

  void check_outside() const {
    for (const auto& entry : fs::directory_iterator(root_)) {
      const auto name = entry.path().filename();
      rule(name == "witness" || name == "context" || name == "archive.tar", "nothing is made outside of the context",
           name.string());
    }
    struct stat found {};
    rule(::lstat((root_ / "witness").c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
             (found.st_mode & 07777) == 0600 && found.st_nlink == 1 && unchanged(root_ / "witness"),
         "what is outside stays as it is, and is not linked to");
  }

 private:
  fs::path root_;
};

struct FreeWriter {
  void operator()(::archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

void pack_line(::archive* to, std::string_view line) {
  if (line.size() < 3) return;
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  const auto parts = split(line.substr(1), ' ');
  unsigned mode = 0644;
  if (!parts.empty()) std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), mode, 8);
  const std::string name = parts.size() > 1 ? parts[1] : "";
  const std::string rest = parts.size() > 2 ? parts[2] : "";
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_perm(entry.get(), mode & 07777);
  const char kind = line.front();
  archive_entry_set_filetype(entry.get(), kind == 'd'   ? AE_IFDIR
                                          : kind == 'l' ? AE_IFLNK
                                          : kind == 'p' ? AE_IFIFO
                                                        : AE_IFREG);
  if (kind == 'l') archive_entry_set_symlink(entry.get(), rest.c_str());
  if (kind == 'h') archive_entry_set_hardlink(entry.get(), rest.c_str());
  if (kind == 'f') archive_entry_set_size(entry.get(), static_cast<la_int64_t>(rest.size()));
  if (archive_write_header(to, entry.get()) < ARCHIVE_WARN) return;
  if (kind == 'f') archive_write_data(to, rest.data(), rest.size());
}

void pack(const fs::path& archive, std::string_view text) {
  const std::unique_ptr<::archive, FreeWriter> to(archive_write_new());
  archive_write_set_format_gnutar(to.get());
  rule(archive_write_open_filename(to.get(), archive.c_str()) == ARCHIVE_OK, "the archive is written");
  for (const auto& line : split(text, '\n')) pack_line(to.get(), line);
  archive_write_close(to.get());
}

// How deep a relative link's target ends below the context, from the folder that it is in; negative if it ever leaves.
int depth_of(const fs::path& target, int depth) {
  int least = depth;
  for (const auto& part : target) {
    if (part == "." || part.empty()) continue;
    depth += part == ".." ? -1 : 1;
    least = std::min(least, depth);
  }
  return least;
}

void check_inside(const fs::path& context) {
  std::uint64_t bytes = 0;
  for (auto at = fs::recursive_directory_iterator(context); at != fs::recursive_directory_iterator(); ++at) {
    struct stat found {};
    rule(::lstat(at->path().c_str(), &found) == 0, "an entry is there", at->path().string());
    if (S_ISDIR(found.st_mode)) ::chmod(at->path().c_str(), 0700);  // to be looked into, and removed
    rule(S_ISREG(found.st_mode) || S_ISDIR(found.st_mode) || S_ISLNK(found.st_mode),
         "an entry is a file, folder or link", at->path().string());
    rule(S_ISLNK(found.st_mode) || (found.st_mode & 06000) == 0, "no entry runs as somebody else", at->path().string());
    if (S_ISREG(found.st_mode)) bytes += static_cast<std::uint64_t>(found.st_size);
    if (!S_ISLNK(found.st_mode)) continue;
    const fs::path target = fs::read_symlink(at->path());
    rule(target.is_absolute() || depth_of(target, at.depth()) >= 0, "a link stays in the context",
         at->path().string() + " -> " + target.string());
  }
  // A hard link is an entry without bytes of its own.
  rule(bytes <= kLimits.bytes * kLimits.entries, "a context has its limits");
}

}  // namespace
}  // namespace lazuli::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace lazuli::fuzz;
  static const Place place;
  pack(place.archive(), {reinterpret_cast<const char*>(data), size});
  (void)lazuli::registry::extract_context(place.archive(), place.context(), kLimits);
  place.check_outside();
  check_inside(place.context());
  std::filesystem::remove_all(place.context());
  return 0;
}
