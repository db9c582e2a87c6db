#include "registry/image_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/text.h"
#include "fixture.h"

namespace lazuli::registry {
namespace {

constexpr std::string_view kConfig = R"({"architecture":"amd64","os":"linux"})";

class ImageArchiveTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::vector<std::pair<std::string, std::string>>& files) {
    const auto path = directory.path() / "image.tar";
    archive* out = archive_write_new();
    archive_write_set_format_ustar(out);
    archive_write_open_filename(out, path.c_str());
    for (const auto& [name, content] : files) {
      archive_entry* entry = archive_entry_new();
      archive_entry_set_pathname(entry, name.c_str());
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_perm(entry, 0644);
      archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
      archive_write_header(out, entry);
      archive_write_data(out, content.data(), content.size());
      archive_entry_free(entry);
    }
    archive_write_close(out);
    archive_write_free(out);
    return path;
  }

  static std::string blob_name(std::string_view content) { return "blobs/sha256/" + digest_of(content).substr(7); }

  std::vector<std::pair<std::string, std::string>> oci_files() const {
    const std::string manifest = image_manifest(kConfig, "layer");
    const std::string index = to_text(JsonObject{
        {"schemaVersion", 2},
        {"manifests", JsonArray{JsonObject{
                          {"mediaType", kOciManifest}, {"digest", digest_of(manifest)}, {"size", manifest.size()}}}}});
    return {{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
            {"index.json", index},
            {blob_name(kConfig), std::string(kConfig)},
            {blob_name("layer"), "layer"},
            {blob_name(manifest), manifest}};
  }

  bool nothing_left() const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path() / "store"))
      if (entry.is_regular_file()) return false;
    return true;
  }

  TemporaryDirectory directory;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<store::Store> store = store::Store::in_memory();
  BlobStore blobs{directory.path() / "store", random};
  Catalog catalog{*store, blobs, clock};
  const Place place{"docker.io", "library/python"};
};

TEST_F(ImageArchiveTest, ReadsAnOciArchive) {
  const auto digest = import_archive(catalog, place, "3", write(oci_files()));
  ASSERT_TRUE(digest) << digest.error().message;
  EXPECT_EQ(catalog.manifest(place, "3")->bytes, image_manifest(kConfig, "layer"));
  EXPECT_TRUE(catalog.blob(place, digest_of("layer")));
}

TEST_F(ImageArchiveTest, ReadsADockerArchive) {
  const auto digest =
      import_archive(catalog, place, "3",
                     write({{"abc.json", std::string(kConfig)},
                            {"def/layer.tar", "plain layer"},
                            {"manifest.json", R"([{"Config":"abc.json","Layers":["def/layer.tar"]}])"}}));
  ASSERT_TRUE(digest) << digest.error().message;
  const auto manifest = catalog.manifest(place, "3");
  EXPECT_EQ(manifest->media_type, kDockerManifest);
  EXPECT_NE(manifest->bytes.find("application/vnd.docker.image.rootfs.diff.tar\""), std::string::npos);
}

TEST_F(ImageArchiveTest, DamagedBlobLeavesNothing) {
  auto files = oci_files();
  files[3].second = "other";
  const auto refused = import_archive(catalog, place, "3", write(files));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InvalidArchive");
  EXPECT_TRUE(nothing_left());
}

TEST_F(ImageArchiveTest, MissingLayerLeavesNothing) {
  auto files = oci_files();
  files.erase(files.begin() + 3);
  EXPECT_FALSE(import_archive(catalog, place, "3", write(files)));
  EXPECT_TRUE(nothing_left());
  EXPECT_FALSE(catalog.tag(place, "3"));
}

TEST_F(ImageArchiveTest, RefusesWhatIsNoImage) {
  EXPECT_FALSE(import_archive(catalog, place, "3", write({{"readme", "hello"}})));
  EXPECT_FALSE(import_archive(catalog, place, "3", directory.path() / "absent"));
}

}  // namespace
}  // namespace lazuli::registry
