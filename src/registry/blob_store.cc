#include "registry/blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "base/text.h"
#include "registry/errors.h"
#include "registry/names.h"

namespace lazuli::registry {

namespace {

Error write_failed(int reason) {
  if (reason == ENOSPC || reason == EDQUOT)
    return upload_invalid("the disk that holds the registry's blobs is full", 507);
  return upload_invalid(std::string("the registry cannot write the blob: ") + std::strerror(reason), 500);
}

Status sync_directory(const std::filesystem::path& path) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return write_failed(errno);
  const int result = ::fsync(directory);
  const int reason = errno;
  ::close(directory);
  if (result != 0) return write_failed(reason);
  return {};
}

}  // namespace

BlobWriter::~BlobWriter() {
  if (file_ >= 0) ::close(file_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

Status BlobWriter::write(std::string_view bytes) {
  if (bytes.size() > limit_ - size_)
    return upload_invalid("the blob is larger than " + std::to_string(limit_) + " bytes", 413);
  hash_.update(bytes);
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t wrote = ::write(file_, rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return write_failed(errno);
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  size_ += bytes.size();
  return {};
}

BlobStore::BlobStore(std::filesystem::path directory, Random& random)
    : directory_(std::move(directory)), random_(random) {
  // A directory that cannot be made shows itself at the first write, with its reason.
  (void)remove_tree(directory_ / "uploads");
  (void)make_directories(directory_ / "uploads");
  (void)make_directories(directory_ / "blobs" / "sha256");
}

std::filesystem::path BlobStore::path_of(std::string_view digest) const {
  const std::string_view digits = digest.substr(digest.find(':') + 1);
  return directory_ / "blobs" / "sha256" / digits.substr(0, 2) / digits;
}

std::optional<Blob> BlobStore::find(std::string_view digest) const {
  if (!valid_digest(digest)) return std::nullopt;
  const auto path = path_of(digest);
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  return Blob{path.string(), static_cast<std::uint64_t>(about.st_size)};
}

Result<std::string> BlobStore::read(std::string_view digest, std::size_t limit) const {
  const auto blob = find(digest);
  if (!blob) return blob_unknown();
  return read_file(blob->path, limit);
}

Result<std::unique_ptr<BlobWriter>> BlobStore::create(std::uint64_t limit) {
  const auto path = directory_ / "uploads" / hex(random_.bytes(16));
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return write_failed(errno);
  return std::make_unique<BlobWriter>(path, file, limit);
}

Result<std::string> BlobStore::finish(BlobWriter& writer) {
  if (!writer.digest_.empty()) return writer.digest_;
  if (::fdatasync(writer.file_) != 0) return write_failed(errno);
  writer.digest_ = "sha256:" + hex(writer.hash_.finish());
  return writer.digest_;
}

Result<Blob> BlobStore::keep(BlobWriter& writer) {
  const auto digest = finish(writer);
  if (!digest) return digest.error();
  if (auto there = find(*digest); there && there->size == writer.size()) return *there;
  const auto path = path_of(*digest);
  if (auto made = make_directories(path.parent_path()); !made) return made.error();
  if (::rename(writer.path_.c_str(), path.c_str()) != 0) return write_failed(errno);
  writer.path_.clear();
  if (auto synced = sync_directory(path.parent_path()); !synced) return synced.error();
  return Blob{path.string(), writer.size()};
}

Status BlobStore::move_to(BlobWriter& writer, const std::filesystem::path& path) {
  if (auto digest = finish(writer); !digest) return digest.error();
  if (auto made = make_directories(path.parent_path()); !made) return made;
  if (::rename(writer.path_.c_str(), path.c_str()) != 0) return write_failed(errno);
  writer.path_.clear();
  return sync_directory(path.parent_path());
}

void BlobStore::remove(std::string_view digest) {
  if (valid_digest(digest)) ::unlink(path_of(digest).c_str());
}

}  // namespace lazuli::registry
