#include "registry/task_storage.h"

#include "fixture.h"
#include "registry/sas.h"

namespace lazuli::registry {
namespace {

constexpr const char* kId = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r";

class TaskStorageTest : public testing::Test {
 protected:
  static net::Request request(const std::string& method, const std::string& url) {
    net::Request out;
    out.method = method;
    const auto parsed = net::parse_url(url);
    out.host = parsed->host;
    out.target = parsed->target;
    out.path = out.target.substr(0, out.target.find('?'));
    out.query = net::Query(out.target.substr(out.target.find('?') + 1));
    return out;
  }

  net::Response upload(const net::Request& wanted, std::string_view content) {
    auto writer = storage.begin_put(wanted);
    if (!writer) return storage.failure(wanted, writer.error());
    EXPECT_TRUE((*writer)->write(content));
    return storage.finish_put(wanted, **writer);
  }

  TemporaryDirectory directory;
  ManualClock clock{from_unix(1800000000)};
  SystemRandom random;
  std::unique_ptr<store::Store> store = store::Store::in_memory();
  BlobStore blobs{directory.path(), random};
  TaskStorage storage{*store, blobs, clock, random, directory.path() / "tasks", "tenant"};
};

TEST_F(TaskStorageTest, TakesAnUploadUnderItsSignature) {
  const auto area = storage.upload_area(kId);
  auto put = request("PUT", area.url);
  put.headers.set("x-ms-blob-type", "BlockBlob");
  EXPECT_EQ(upload(put, "archive").status, 201);
  EXPECT_EQ(*read_file(storage.source(kId, area.relative_path)), "archive");
  EXPECT_EQ(storage.read(request("GET", area.url)).status, 403) << "the signature is for writing";
}

TEST_F(TaskStorageTest, PutsBlocksTogetherInTheOrderOfTheList) {
  const auto area = storage.upload_area(kId);
  EXPECT_EQ(upload(request("PUT", area.url + "&comp=block&blockid=Yg%3D%3D"), "second").status, 201);
  EXPECT_EQ(upload(request("PUT", area.url + "&comp=block&blockid=YQ%3D%3D"), "first ").status, 201);
  const auto list = request("PUT", area.url + "&comp=blocklist");
  EXPECT_EQ(
      upload(list, "<?xml version=\"1.0\"?><BlockList><Latest>YQ==</Latest><Latest>Yg==</Latest></BlockList>").status,
      201);
  EXPECT_EQ(*read_file(storage.source(kId, area.relative_path)), "first second");
  EXPECT_EQ(upload(list, "<BlockList><Latest>bm8=</Latest></BlockList>").status, 400);
}

TEST_F(TaskStorageTest, RefusesWhatTheSignatureDoesNotCover) {
  const auto area = storage.upload_area(kId);
  auto other_path = request("PUT", area.url);
  other_path.path += "x";
  EXPECT_EQ(storage.begin_put(other_path).error().code, "AuthenticationFailed");
  auto other_host = request("PUT", area.url);
  other_host.host = "other.blob.core.windows.net";
  EXPECT_EQ(storage.begin_put(other_host).error().code, "AuthenticationFailed");
  EXPECT_EQ(storage.begin_put(request("PUT", area.url.substr(0, area.url.find('?')) + "?sp=cw")).error().status, 403);
  clock.advance(std::chrono::hours(2));
  EXPECT_EQ(storage.begin_put(request("PUT", area.url)).error().code, "AuthenticationFailed");
}

TEST_F(TaskStorageTest, SourcesAreFoundByTheirOwnFormAlone) {
  for (const char* path : {"", "tasks-source/../../x", "/etc/passwd", "logs/ca1/rawtext.log", "tasks-source/a/.hidden"})
    EXPECT_TRUE(storage.source(kId, path).empty()) << path;
}

TEST_F(TaskStorageTest, LogGrowsAndThenSaysHowItEnded) {
  storage.start_log(kId, "ca1");
  storage.append_log(kId, "ca1", "one\r\n");
  const std::string url = storage.log_url(kId, "ca1");
  auto head = storage.read(request("HEAD", url));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.file_size, 5U);
  EXPECT_EQ(head.headers.get("x-ms-blob-type"), "AppendBlob");
  EXPECT_FALSE(head.headers.has("x-ms-meta-complete"));
  storage.append_log(kId, "ca1", "two\r\n");
  storage.complete_log(kId, "ca1", "failed");
  head = storage.read(request("HEAD", url));
  EXPECT_EQ(head.headers.get("x-ms-meta-complete"), "failed");
  EXPECT_EQ(head.headers.get("x-ms-blob-committed-block-count"), "2");
  auto get = request("GET", url);
  get.headers.set("x-ms-range", "bytes=5-4095");
  const auto part = storage.read(get);
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.headers.get("Content-Range"), "bytes 5-9/10");
  get.headers.set("x-ms-range", "bytes=10-4095");
  EXPECT_EQ(storage.read(get).headers.get("x-ms-error-code"), "InvalidRange");
}

TEST_F(TaskStorageTest, UnknownLogIsBlobNotFound) {
  const auto answer = storage.read(request("GET", storage.log_url(kId, "ca9")));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.headers.get("x-ms-error-code"), "BlobNotFound");
  EXPECT_NE(answer.body.find("<Code>BlobNotFound</Code>"), std::string::npos);
}

}  // namespace
}  // namespace lazuli::registry
