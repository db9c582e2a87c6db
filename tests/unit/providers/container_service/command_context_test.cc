#include "providers/container_service/command_context.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>
#include <map>
#include <vector>

#include "base/text.h"

namespace lazuli::providers::container_service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr std::size_t kLimit = std::size_t{1} << 20;

struct File {
  std::string name, content;
  unsigned mode = 0644;
};

// The archives of the tests have names beyond ASCII; what is tested runs in the program's own locale.
class WithNames {
 public:
  WithNames() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
  ~WithNames() { std::setlocale(LC_CTYPE, "C"); }
};

std::string zip_of(const std::vector<File>& files) {
  const WithNames names;
  std::string bytes(std::size_t{8} << 20, '\0');
  std::size_t used = 0;
  archive* zip = archive_write_new();
  archive_write_set_format_zip(zip);
  archive_write_open_memory(zip, bytes.data(), bytes.size(), &used);
  for (const auto& file : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname_utf8(entry, file.name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, static_cast<__LA_MODE_T>(file.mode));
    archive_entry_set_size(entry, static_cast<la_int64_t>(file.content.size()));
    EXPECT_GE(archive_write_header(zip, entry), ARCHIVE_WARN) << archive_error_string(zip);
    archive_write_data(zip, file.content.data(), file.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(zip);
  archive_write_free(zip);
  bytes.resize(used);
  return bytes;
}

// Name → content, with "x " before what may be executed.
std::map<std::string, std::string> unpacked(const std::string& tar_gz) {
  const WithNames names;
  std::map<std::string, std::string> found;
  archive* tar = archive_read_new();
  archive_read_support_filter_gzip(tar);
  archive_read_support_format_tar(tar);
  EXPECT_EQ(archive_read_open_memory(tar, tar_gz.data(), tar_gz.size()), ARCHIVE_OK);
  for (archive_entry* entry = nullptr; archive_read_next_header(tar, &entry) == ARCHIVE_OK;) {
    std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    archive_read_data(tar, content.data(), content.size());
    found[archive_entry_pathname(entry)] = ((archive_entry_perm(entry) & 0100) ? "x " : "") + content;
  }
  archive_read_free(tar);
  return found;
}

std::string in_lines(std::string text) {
  for (std::size_t at = 76; at < text.size(); at += 77) text.insert(at, "\n");
  return text + "\n";
}

TEST(CommandContext, FilesKeepTheirFoldersAndMayBeExecuted) {
  const auto zip = zip_of({{"ns.yaml", "kind: Namespace"}, {"charts/a/run.sh", "echo", 0755}, {"größe.txt", "1"}});
  const auto files = command_files(in_lines(base64(zip)), kLimit);
  ASSERT_TRUE(files.ok()) << files.error().message;
  EXPECT_THAT(unpacked(*files), ElementsAre(Pair("charts/a/run.sh", "x echo"), Pair("größe.txt", "1"),
                                            Pair("ns.yaml", "kind: Namespace")));
}

TEST(CommandContext, NoFilesAreAnArchiveWithoutAny) {
  const auto files = command_files("", kLimit);
  ASSERT_TRUE(files.ok());
  EXPECT_FALSE(files->empty());
  EXPECT_TRUE(unpacked(*files).empty());
}

TEST(CommandContext, RefusesWhatIsNoZipAndWhatLeavesItsFolder) {
  for (const auto& context :
       {std::string("%%%"), base64("not a zip"), base64(std::string(4, '\0')), base64(zip_of({{"../up", "x"}})),
        base64(zip_of({{"a/../../up", "x"}})), base64(zip_of({{"/etc/passwd", "x"}}))}) {
    const auto files = command_files(context, kLimit);
    ASSERT_FALSE(files.ok()) << context;
    EXPECT_EQ(files.error().code, "InvalidParameter");
    EXPECT_EQ(files.error().target, "context");
  }
  auto damaged = zip_of({{"a", std::string(100000, 'a')}});
  damaged.resize(damaged.size() / 2);
  EXPECT_FALSE(command_files(base64(damaged), kLimit).ok());
}

TEST(CommandContext, BoundsWhatIsPackedAndWhatIsUnpacked) {
  std::string noise;
  for (unsigned value = 1; noise.size() < 2 * kLimit; value = value * 1664525 + 1013904223)
    noise += static_cast<char>(value >> 24);
  const auto large = command_files(base64(zip_of({{"noise", noise}})), kLimit);
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().status, 413);
  const auto bomb = command_files(base64(zip_of({{"zeros", std::string(std::size_t{17} << 20, '\0')}})), kLimit);
  ASSERT_FALSE(bomb.ok());
  EXPECT_EQ(bomb.error().status, 413);
}

}  // namespace
}  // namespace lazuli::providers::container_service
