#include "tutorial/build_context.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "base/files.h"

namespace lazuli::tutorial {
namespace {

using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(DockerIgnore, LaterLinesWinAndDirectoriesCoverTheirContent) {
  const struct {
    std::vector<std::string> patterns;
    const char* path;
    bool out;
  } rows[] = {
      {{}, "app", false},
      {{"*", "!app"}, "app", false},
      {{"*", "!app"}, "main.o", true},
      {{"*", "!app"}, "sub/app", true},
      {{"*.o"}, "main.o", true},
      {{"*.o"}, "sub/main.o", false},
      {{"**/*.o"}, "sub/deep/main.o", true},
      {{"**/*.o"}, "main.o", true},
      {{"sub"}, "sub/deep/x", true},
      {{"/sub/"}, "sub/x", true},
      {{"sub"}, "subway", false},
      {{"a?c"}, "abc", true},
      {{"a?c"}, "a/c", false},
      {{"!app", "*"}, "app", true},
  };
  for (const auto& row : rows)
    EXPECT_EQ(ignored(row.patterns, row.path), row.out) << row.path << " " << testing::PrintToString(row.patterns);
}

std::map<std::string, std::string> unpack(const std::string& bytes) {
  std::map<std::string, std::string> files;
  archive* reader = ::archive_read_new();
  ::archive_read_support_filter_gzip(reader);
  ::archive_read_support_format_tar(reader);
  ::archive_read_open_memory(reader, bytes.data(), bytes.size());
  for (archive_entry* entry = nullptr; ::archive_read_next_header(reader, &entry) == ARCHIVE_OK;) {
    std::string content(static_cast<std::size_t>(::archive_entry_size(entry)), '\0');
    ::archive_read_data(reader, content.data(), content.size());
    files[::archive_entry_pathname(entry)] = content;
  }
  ::archive_read_free(reader);
  return files;
}

class BuildContextTest : public testing::Test {
 protected:
  BuildContextTest() {
    std::string name = (std::filesystem::temp_directory_path() / "lazuli-context-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~BuildContextTest() override { EXPECT_TRUE(remove_tree(folder_).ok()); }
  void put(const std::string& name, const std::string& content) {
    ASSERT_TRUE(make_directories((folder_ / name).parent_path()).ok());
    ASSERT_TRUE(write_file(folder_ / name, content).ok());
  }
  std::filesystem::path folder_;
};

TEST_F(BuildContextTest, PacksTheFolderAndTheDockerfileUnderItsSecondName) {
  put("Dockerfile", "FROM scratch\n");
  put("sub/app", "binary");
  put("main.o", "object");
  put(".dockerignore", "# a comment\n*.o\nDockerfile\n");
  const auto packed = build_context(folder_, "1234_Dockerfile");
  ASSERT_TRUE(packed.ok()) << packed.error().message;
  EXPECT_THAT(unpack(*packed), UnorderedElementsAre(Pair("1234_Dockerfile", "FROM scratch\n"),
                                                    Pair("sub/app", "binary"), Key(".dockerignore")));
}

TEST_F(BuildContextTest, LinksDoNotLeadOutOfTheFolder) {
  put("Dockerfile", "FROM scratch\n");
  std::filesystem::create_symlink("/etc/hostname", folder_ / "link");
  const auto packed = build_context(folder_, "d");
  ASSERT_TRUE(packed.ok());
  EXPECT_THAT(unpack(*packed), Not(Contains(Key("link"))));
}

TEST_F(BuildContextTest, AFolderWithoutDockerfileIsAnError) {
  EXPECT_FALSE(build_context(folder_, "d").ok());
}

}  // namespace
}  // namespace lazuli::tutorial
