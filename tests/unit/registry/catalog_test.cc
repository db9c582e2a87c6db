#include "registry/catalog.h"

#include "fixture.h"

namespace lazuli::registry {
namespace {

constexpr std::string_view kConfig = R"({"architecture":"amd64","os":"linux"})";

class CatalogTest : public testing::Test {
 protected:
  std::string push(const Place& into, const std::string& tag, std::string_view layer = "layer") {
    EXPECT_TRUE(put_blob(catalog, into, kConfig));
    EXPECT_TRUE(put_blob(catalog, into, layer));
    const auto digest = catalog.put_manifest(into, tag, kOciManifest, image_manifest(kConfig, layer));
    EXPECT_TRUE(digest) << digest.error().message;
    return digest ? *digest : "";
  }

  TemporaryDirectory directory;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<store::Store> store = store::Store::in_memory();
  BlobStore blobs{directory.path(), random};
  Catalog catalog{*store, blobs, clock};
  const Place place{"r.azurecr.io", "team/app"};
};

TEST_F(CatalogTest, GivesBackThePushedBytesByTagAndByDigest) {
  const std::string digest = push(place, "1");
  EXPECT_EQ(catalog.manifest(place, "1")->bytes, image_manifest(kConfig, "layer"));
  EXPECT_EQ(catalog.manifest(place, digest)->digest, digest);
  EXPECT_EQ(string_at(catalog.manifest_record(place, digest)->value, "architecture"), "amd64");
}

TEST_F(CatalogTest, RefusesManifestWhoseBlobsAreOnlyInAnotherRepository) {
  push({place.space, "other"}, "1");
  const auto refused = catalog.put_manifest(place, "1", kOciManifest, image_manifest(kConfig, "layer"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "MANIFEST_BLOB_UNKNOWN");
}

TEST_F(CatalogTest, RefusesManifestUnderAnotherDigest) {
  push(place, "1");
  const auto refused = catalog.put_manifest(place, digest_of("else"), kOciManifest, image_manifest(kConfig, "layer"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "DIGEST_INVALID");
}

TEST_F(CatalogTest, BlobGoesWithItsLastReference) {
  const std::string digest = push(place, "1");
  push({place.space, "other"}, "1");
  ASSERT_TRUE(catalog.remove_manifest(place, digest));
  EXPECT_FALSE(catalog.blob(place, digest_of("layer")));
  EXPECT_TRUE(blobs.find(digest_of("layer")));
  EXPECT_FALSE(catalog.tag(place, "1"));
  ASSERT_TRUE(catalog.remove_space(place.space));
  EXPECT_FALSE(blobs.find(digest_of("layer")));
  EXPECT_TRUE(catalog.repositories(place.space, {}).records.empty());
}

TEST_F(CatalogTest, SharedLayerStaysWhileAnotherManifestNeedsIt) {
  const std::string first = push(place, "1", "one");
  push(place, "2", "two");
  ASSERT_TRUE(catalog.remove_manifest(place, first));
  EXPECT_FALSE(blobs.find(digest_of("one")));
  EXPECT_TRUE(catalog.blob(place, digest_of(kConfig)));
}

TEST_F(CatalogTest, LockedTagCannotBeOverwrittenOrDeleted) {
  const std::string digest = push(place, "1");
  ASSERT_TRUE(catalog.change_locks(place, "1", JsonObject{{"writeEnabled", false}, {"deleteEnabled", false}}));
  EXPECT_EQ(catalog.put_manifest(place, "1", kOciManifest, image_manifest(kConfig, "layer")).error().status, 405);
  EXPECT_EQ(catalog.remove_tag(place, "1").error().status, 405);
  EXPECT_EQ(catalog.remove_manifest(place, digest).error().status, 405);
}

TEST_F(CatalogTest, PagesGoOnAfterTheLastName) {
  for (const char* tag : {"a", "b", "c"}) push(place, tag);
  const Page first = catalog.tags(place, {"", 2, ""});
  ASSERT_EQ(first.records.size(), 2U);
  EXPECT_TRUE(first.more);
  const Page second = catalog.tags(place, {"b", 2, ""});
  ASSERT_EQ(second.records.size(), 1U);
  EXPECT_EQ(second.records.front().name, "c");
  EXPECT_FALSE(second.more);
}

TEST_F(CatalogTest, SweepTakesOldFilesThatNothingRefersTo) {
  push(place, "1");
  for (const char* content : {"old orphan", "young orphan"}) {
    auto writer = blobs.create();
    ASSERT_TRUE((*writer)->write(content));
    ASSERT_TRUE(blobs.keep(**writer));
  }
  const auto hours_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(2);
  for (const std::string& digest : {digest_of("old orphan"), digest_of("layer")})
    std::filesystem::last_write_time(blobs.find(digest)->path, hours_ago);
  catalog.sweep();
  EXPECT_FALSE(blobs.find(digest_of("old orphan")));
  EXPECT_TRUE(blobs.find(digest_of("young orphan")));
  EXPECT_TRUE(blobs.find(digest_of("layer")));
}

TEST_F(CatalogTest, UnfinishedUploadLeavesNothing) {
  {
    auto writer = blobs.create();
    ASSERT_TRUE((*writer)->write("half"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "uploads"));
}

TEST_F(CatalogTest, BlobOverItsLimitIsRefused) {
  auto writer = blobs.create(3);
  EXPECT_TRUE((*writer)->write("abc"));
  EXPECT_EQ((*writer)->write("d").error().status, 413);
}

}  // namespace
}  // namespace lazuli::registry
