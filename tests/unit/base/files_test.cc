#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace lazuli {
namespace {

class Files : public testing::Test {
 protected:
  Files() : folder_(std::filesystem::temp_directory_path() / ("lazuli-files-test-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Files() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(Files, WritesAreCompleteAndPrivate) {
  const auto path = folder_ / "secret";
  ASSERT_TRUE(write_file(path, "one"));
  ASSERT_TRUE(write_file(path, "two"));
  EXPECT_EQ(*read_file(path), "two");
  struct stat about {};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);  // no temporary file stays
}

TEST_F(Files, ErrorsNameThePath) {
  const auto read = read_file(folder_ / "absent");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "FileError");
  EXPECT_NE(read.error().message.find("absent"), std::string::npos);
  EXPECT_FALSE(write_file(folder_ / "no" / "such", "x"));
}

TEST_F(Files, ReadsAreBounded) {
  ASSERT_TRUE(write_file(folder_ / "large", std::string(100, 'x')));
  EXPECT_FALSE(read_file(folder_ / "large", 99));
  EXPECT_TRUE(read_file(folder_ / "large", 100));
}

}  // namespace
}  // namespace lazuli
