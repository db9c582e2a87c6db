#include "providers/container_service/command_context.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/text.h"

namespace lazuli::providers::container_service {
namespace {

constexpr std::size_t kBlock = 10240;  // a tar archive is a whole number of these
constexpr la_int64_t kUnpackedLimit = la_int64_t{16} << 20;
constexpr std::size_t kEntryLimit = 10000;

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
struct FreeWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Reader = std::unique_ptr<archive, FreeReader>;
using Writer = std::unique_ptr<archive, FreeWriter>;

// libarchive reads names in the character set of the thread's locale, and the program's own has ASCII alone.
class Utf8Names {
 public:
  Utf8Names() : before_(::uselocale(own_)) {}
  ~Utf8Names() {
    ::uselocale(before_);
    if (own_) ::freelocale(own_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  locale_t own_ = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  locale_t before_;
};

Error invalid(std::string message) {
  return {"InvalidParameter", std::move(message), 400, "context"};
}

Error too_large() {
  return {"RequestEntityTooLarge", "The files of the command are too large: at most 1 MiB packed.", 413, "context"};
}

bool leaves(std::string_view name) {
  return name.starts_with('/') || std::ranges::any_of(split(name, '/'), [](const auto& part) { return part == ".."; });
}

// What is packed, and how much room is left for it.
struct Packing {
  std::string packed;
  std::size_t used = 0;
  la_int64_t left = kUnpackedLimit;
  Writer writer{archive_write_new()};  // last: until it is gone, it writes to the others

  explicit Packing(std::size_t limit) : packed(limit, '\0') {}

  bool open() {
    return archive_write_set_format_pax_restricted(writer.get()) == ARCHIVE_OK &&
           archive_write_add_filter_gzip(writer.get()) == ARCHIVE_OK &&
           archive_write_set_bytes_per_block(writer.get(), kBlock) == ARCHIVE_OK &&
           archive_write_open_memory(writer.get(), packed.data(), packed.size(), &used) == ARCHIVE_OK;
  }
};

Result<std::string> content_of(archive* zip, la_int64_t limit) {
  std::string content;
  std::vector<char> piece(std::size_t{64} << 10);
  for (;;) {
    const la_ssize_t size = archive_read_data(zip, piece.data(), piece.size());
    if (size == 0) return content;
    if (size < 0) return invalid(std::string("The context is damaged: ") + archive_error_string(zip));
    content.append(piece.data(), static_cast<std::size_t>(size));
    if (static_cast<la_int64_t>(content.size()) > limit) return too_large();
  }
}

Status pack(archive* zip, archive_entry* from, Packing& packing) {
  const char* name = archive_entry_pathname_utf8(from);
  if (!name || !*name) return invalid("The context has a file without a name in UTF-8.");
  if (leaves(name))
    return invalid("The context has a file outside its folder: '" + std::string(name).substr(0, 300) + "'.");
  if (archive_entry_filetype(from) != AE_IFREG) return {};  // folders come with their files; links lead nowhere
  if (archive_entry_size(from) > packing.left) return too_large();
  const auto content = content_of(zip, packing.left);
  if (!content) return content.error();
  packing.left -= static_cast<la_int64_t>(content->size());
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), (archive_entry_perm(from) & 0111) != 0 ? 0755 : 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content->size()));
  auto* writer = packing.writer.get();
  if (archive_write_header(writer, entry.get()) < ARCHIVE_WARN) return too_large();
  const bool whole = content->empty() || archive_write_data(writer, content->data(), content->size()) ==
                                             static_cast<la_ssize_t>(content->size());
  return whole ? Status() : too_large();
}

Status pack_all(const std::string& bytes, Packing& packing) {
  const Reader zip(archive_read_new());
  archive_read_support_format_zip(zip.get());
  if (archive_read_open_memory(zip.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    return invalid("The context is no zip archive.");
  archive_entry* entry = nullptr;
  for (std::size_t count = 0;; ++count) {
    const int read = archive_read_next_header(zip.get(), &entry);
    if (read == ARCHIVE_EOF && count > 0) return {};
    if (read < ARCHIVE_WARN || read == ARCHIVE_EOF)
      return invalid(count == 0 ? "The context is no zip archive."
                                : std::string("The context is damaged: ") + archive_error_string(zip.get()));
    if (count >= kEntryLimit) return invalid("The context has too many files.");
    if (auto packed = pack(zip.get(), entry, packing); !packed) return packed;
  }
}

}  // namespace

Result<std::string> command_files(std::string_view context, std::size_t limit) {
  std::string text(context);
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });  // az breaks the text into lines
  const auto bytes = base64_decode(text);
  if (!bytes) return invalid("The context is not in Base64.");
  const Utf8Names names;
  Packing packing(limit);
  if (!packing.open()) return too_large();
  if (!bytes->empty())
    if (auto packed = pack_all(*bytes, packing); !packed) return packed.error();
  if (archive_write_close(packing.writer.get()) != ARCHIVE_OK) return too_large();
  packing.packed.resize(packing.used);
  return std::move(packing.packed);
}

}  // namespace lazuli::providers::container_service
