#include "registry/context.h"

#include <archive.h>
#include <archive_entry.h>

#include "fixture.h"

namespace lazuli::registry {
namespace {

struct Entry {
  std::string name;
  std::string content;
  mode_t type = AE_IFREG;
  std::string link;
  bool hard = false;
};

void write_archive(const std::filesystem::path& path, const std::vector<Entry>& entries) {
  archive* out = archive_write_new();
  archive_write_add_filter_gzip(out);
  archive_write_set_format_ustar(out);
  archive_write_open_filename(out, path.c_str());
  for (const auto& one : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, one.name.c_str());
    archive_entry_set_perm(entry, 0644);
    if (one.hard) {
      archive_entry_set_hardlink(entry, one.link.c_str());
    } else {
      archive_entry_set_filetype(entry, one.type);
      if (one.type == AE_IFLNK) archive_entry_set_symlink(entry, one.link.c_str());
    }
    archive_entry_set_size(entry, static_cast<la_int64_t>(one.content.size()));
    archive_write_header(out, entry);
    archive_write_data(out, one.content.data(), one.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
}

class ContextTest : public testing::Test {
 protected:
  Status unpack(const std::vector<Entry>& entries, ContextLimits limits = {}) {
    write_archive(directory.path() / "context.tar.gz", entries);
    return extract_context(directory.path() / "context.tar.gz", directory.path() / "context", limits);
  }
  TemporaryDirectory directory;
};

TEST_F(ContextTest, UnpacksFilesFoldersAndInnerLinks) {
  ASSERT_TRUE(unpack({{"Dockerfile", "FROM scratch\n"},
                      {"src/main.c", "int main;"},
                      {"src/link", "", AE_IFLNK, "../Dockerfile"},
                      {"absolute", "", AE_IFLNK, "/usr/bin/python3"},
                      {"again", "", AE_IFREG, "src/main.c", true}}));
  EXPECT_EQ(*read_file(directory.path() / "context/src/link"), "FROM scratch\n");
  EXPECT_EQ(*read_file(directory.path() / "context/again"), "int main;");
}

TEST_F(ContextTest, RefusesWhatLeavesTheDirectory) {
  const std::vector<std::vector<Entry>> hostile = {
      {{"../outside", "x"}},
      {{"a/../../outside", "x"}},
      {{"/tmp/lazuli-outside", "x"}},
      {{"link", "", AE_IFLNK, "../.."}},
      {{"link", "", AE_IFLNK, "/etc"}, {"link/lazuli-outside", "x"}},
      {{"link", "", AE_IFLNK, "/etc"}, {"copy", "", AE_IFREG, "link/passwd", true}},
      {{"copy", "", AE_IFREG, "../../../etc/passwd", true}},
      {{"null", "", AE_IFCHR}},
      {{"pipe", "", AE_IFIFO}}};
  for (std::size_t at = 0; at < hostile.size(); ++at) {
    const auto refused = unpack(hostile[at]);
    ASSERT_FALSE(refused) << at;
    EXPECT_EQ(refused.error().code, "InvalidContext") << at;
    EXPECT_FALSE(std::filesystem::exists("/etc/lazuli-outside"));
    EXPECT_FALSE(std::filesystem::exists(directory.path() / "outside"));
    (void)remove_tree(directory.path() / "context");
  }
}

TEST_F(ContextTest, FileInTheNameOfALinkReplacesTheLink) {
  ASSERT_TRUE(write_file(directory.path() / "target", "untouched"));
  ASSERT_TRUE(unpack({{"link", "", AE_IFLNK, (directory.path() / "target").string()}, {"link", "new"}}));
  EXPECT_EQ(*read_file(directory.path() / "target"), "untouched");
  EXPECT_EQ(*read_file(directory.path() / "context/link"), "new");
}

TEST_F(ContextTest, RefusesMoreThanTheLimits) {
  EXPECT_FALSE(unpack({{"a", "12345"}}, {4, 10}));
  EXPECT_FALSE(unpack({{"a", "1"}, {"b", "2"}}, {100, 1}));
}

TEST_F(ContextTest, RefusesWhatIsNoArchive) {
  ASSERT_TRUE(write_file(directory.path() / "text", std::string(2000, 'x')));
  EXPECT_FALSE(extract_context(directory.path() / "text", directory.path() / "context"));
}

}  // namespace
}  // namespace lazuli::registry
