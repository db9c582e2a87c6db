// What is in the registries: repositories, tags, manifests and which blobs a repository may see, kept in the store over
// the content-addressed files of BlobStore. A "space" is a registry's login server ("myregistry.azurecr.io") or a
// public host that is mirrored ("docker.io"). Files that no repository refers to any more are removed as the last
// reference goes. Errors are the registry's own (registry/errors.h). Thread-safe.
//
// Collections of the store, with keys of parts joined by '|' (which no part can hold):
//   registry.repositories  SPACE|REPOSITORY         {created, updated, locks}
//   registry.tags          SPACE|REPOSITORY|TAG     {digest, created, updated, locks}
//   registry.manifests     SPACE|REPOSITORY|DIGEST  {mediaType, size, created, updated, locks, references, …}
//   registry.blobs         DIGEST|SPACE|REPOSITORY  {size}
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "registry/blob_store.h"
#include "registry/manifest.h"
#include "store/store.h"

namespace lazuli::registry {

// A repository within a space.
struct Place {
  std::string space;
  std::string repository;
};

struct Record {
  std::string name;  // repository, tag or digest
  Json value;
};

struct StoredManifest {
  std::string digest;
  std::string media_type;
  std::string bytes;
};

struct Page {
  std::vector<Record> records;
  bool more = false;
};

// Where a listing goes on, and how much it gives; n 0: everything.
struct PageRequest {
  std::string last;
  std::size_t n = 0;
  std::string order;  // "", "timeasc", "timedesc"
};

class Catalog {
 public:
  Catalog(store::Store& store, BlobStore& blobs, const Clock& clock) : store_(store), blobs_(blobs), clock_(clock) {}

  // Blobs. A blob can be read through a repository that it was pushed to or mounted into.
  std::optional<Blob> blob(const Place& place, std::string_view digest) const;
  Status keep_blob(const Place& place, BlobWriter& writer);
  Status link_blob(const Place& place, std::string_view digest);  // a blob that is here already
  Status remove_blob(const Place& place, std::string_view digest);

  // Manifests. `check`: what the manifest refers to must be here (a mirror does not ask for that).
  Result<std::string> put_manifest(const Place& place, std::string_view reference, std::string_view media_type,
                                   std::string_view bytes, bool check = true);
  Result<StoredManifest> manifest(const Place& place, std::string_view reference) const;
  // The same image in another place: blobs are linked, not copied.
  Result<std::string> copy_manifest(const Place& from, std::string_view reference, const Place& to,
                                    std::string_view tag);
  Status remove_manifest(const Place& place, std::string_view digest);
  Result<std::string> remove_tag(const Place& place, std::string_view tag);  // the digest that it had

  std::optional<Record> repository(const Place& place) const;
  std::optional<Record> tag(const Place& place, std::string_view tag) const;
  std::optional<Record> manifest_record(const Place& place, std::string_view digest) const;
  // Locks: {"deleteEnabled","writeEnabled","readEnabled","listEnabled"}, any of them.
  Status change_locks(const Place& place, std::string_view tag_or_digest, const Json& locks);

  Page repositories(std::string_view space, const PageRequest& request) const;
  Page tags(const Place& place, const PageRequest& request) const;
  Page manifests(const Place& place, const PageRequest& request) const;
  std::vector<std::string> tags_of(const Place& place, std::string_view digest) const;

  struct Removed {
    std::vector<std::string> manifests, tags;
  };
  Result<Removed> remove_repository(const Place& place);
  Status remove_space(std::string_view space);
  std::uint64_t size_of(std::string_view space) const;
  // Removes files that nothing refers to: what a crash left between a file and its link. Those that are younger than
  // an hour may yet be linked, and stay.
  void sweep();

  BlobStore& blobs() { return blobs_; }

 private:
  Status check_references(store::Transaction& transaction, const Place& place, const Manifest& manifest) const;
  // Unlinks; a file goes with its last link.
  struct Link {
    Place place;
    std::string digest;
  };
  Status unlink(const std::vector<Link>& links);

  store::Store& store_;
  BlobStore& blobs_;
  const Clock& clock_;
  // Held while a file and its first link appear, or its last link and the file go.
  std::mutex files_mutex_;
};

// Whether a record may be deleted, written, read, listed: "deleteEnabled" and so on; true unless switched off.
bool unlocked(const std::optional<Record>& record, std::string_view lock);
JsonObject lock_view(const Json& record);

}  // namespace lazuli::registry
