// The storage account behind build runs, at lazulitasks.blob.core.windows.net: contexts that are uploaded to be built,
// and the logs of runs, which grow while clients read them. Access is by shared access signature alone. Understands Put
// Blob, Put Block, Put Block List, Get Blob and Get Blob Properties, which is what Azure's storage SDKs send for it.
// Blocking but for the bodies, which the caller streams; thread-safe.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "net/http.h"
#include "registry/blob_store.h"
#include "store/store.h"

namespace lazuli::registry {

inline constexpr std::string_view kTaskHost = "lazulitasks.blob.core.windows.net";

class TaskStorage {
 public:
  // Reads the signing key from the store, or makes it.
  TaskStorage(store::Store& store, BlobStore& blobs, const Clock& clock, Random& random,
              std::filesystem::path directory, std::string tenant_id);

  // For the control plane: a signed URL for an upload of one hour, and for reading a log for seventy minutes.
  struct Area {
    std::string url;
    std::string relative_path;
  };
  Area upload_area(std::string_view registry_id);
  std::string log_url(std::string_view registry_id, std::string_view run) const;

  // For build runs.
  std::filesystem::path source(std::string_view registry_id,
                               std::string_view relative_path) const;  // empty: no such form
  void remove_source(std::string_view registry_id, std::string_view relative_path);
  void start_log(std::string_view registry_id, std::string_view run);
  void append_log(std::string_view registry_id, std::string_view run, std::string_view text);
  // The metadata by which readers know that nothing follows: "successful", "failed", "canceled", "timedout".
  void complete_log(std::string_view registry_id, std::string_view run, std::string_view how);
  void remove_all(std::string_view registry_id);

  // The HTTP door. read(): GET, HEAD and what is refused. A PUT is begun, its body written, then finished.
  net::Response read(const net::Request& request) const;
  Result<std::unique_ptr<BlobWriter>> begin_put(const net::Request& request);
  net::Response finish_put(const net::Request& request, BlobWriter& writer);
  net::Response failure(const net::Request& request, const Error& error) const;

 private:
  struct LogState {
    unsigned blocks = 0;
    std::string complete;
    std::uint64_t size = 0;  // while it grows
    std::uint64_t told = 0;  // of this, what the last reader was told
    bool live = false;
  };
  // Clients of Azure ask for a log's properties, and sleep for seconds when nothing is new. Who asks about a growing
  // log is answered when it has grown, or has ended, or after a short while.
  LogState wait_for_news(const std::filesystem::path& file) const;
  std::filesystem::path file_of(std::string_view url_path) const;  // empty: not a path of ours
  std::string sign(const std::string& path, std::string_view permissions, std::chrono::minutes lifetime) const;
  LogState log_state(const std::filesystem::path& file) const;
  Status commit_blocks(const std::filesystem::path& target, BlobWriter& list);
  void add_headers(net::Response& response) const;

  BlobStore& blobs_;
  const Clock& clock_;
  Random& random_;
  std::filesystem::path directory_;
  std::string tenant_id_;
  std::string key_;
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  mutable unsigned waiting_ = 0;
  mutable std::map<std::string, LogState> logs_;  // of runs that go on, by file
};

}  // namespace lazuli::registry
