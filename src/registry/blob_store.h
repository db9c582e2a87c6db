// Content-addressed files below one directory: blobs/sha256/ab/abcdef… (complete and synced, or absent) and uploads/…
// (being written; cleared at start). Knows nothing of registries: who may see which blob is the catalog's business.
// Errors: "BLOB_UPLOAD_INVALID" (413 too large, 507 disk full), "DIGEST_INVALID". A BlobWriter is used by one thread at
// a time; BlobStore is thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace lazuli::registry {

struct Blob {
  std::string path;
  std::uint64_t size = 0;
};

// A blob on its way in: appended to, digested on the fly. Its file goes when it is dropped without having been kept.
class BlobWriter {
 public:
  BlobWriter(std::filesystem::path path, int file, std::uint64_t limit)
      : path_(std::move(path)), file_(file), limit_(limit) {}
  ~BlobWriter();
  BlobWriter(const BlobWriter&) = delete;

  Status write(std::string_view bytes);
  std::uint64_t size() const { return size_; }

 private:
  friend class BlobStore;
  std::filesystem::path path_;
  int file_;
  std::uint64_t limit_, size_ = 0;
  crypto::Sha256 hash_;
  std::string digest_;  // once finished
};

class BlobStore {
 public:
  static constexpr std::uint64_t kLargestBlob = std::uint64_t{64} << 30;

  // Makes the directories and removes what unfinished uploads left.
  BlobStore(std::filesystem::path directory, Random& random);

  std::optional<Blob> find(std::string_view digest) const;
  Result<std::string> read(std::string_view digest, std::size_t limit) const;
  Result<std::unique_ptr<BlobWriter>> create(std::uint64_t limit = kLargestBlob);
  // Ends the writer and gives its digest; the content is on disk, but nothing is visible yet.
  static Result<std::string> finish(BlobWriter& writer);
  // Makes a finished writer's content the blob of that name: synced, then renamed.
  Result<Blob> keep(BlobWriter& writer);
  void remove(std::string_view digest);
  // A finished or unfinished writer's content as a plain file elsewhere on the same file system.
  Status move_to(BlobWriter& writer, const std::filesystem::path& path);

  const std::filesystem::path& directory() const { return directory_; }

 private:
  std::filesystem::path path_of(std::string_view digest) const;

  std::filesystem::path directory_;
  Random& random_;
};

}  // namespace lazuli::registry
