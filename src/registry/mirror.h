// Public registries (docker.io, mcr.microsoft.com, ghcr.io, …) as clusters and builds see them: images that were
// imported under a public name, then what was fetched before, then the registry itself. What is fetched stays, in the
// catalog's space of that host. Blocking; thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "net/client.h"
#include "registry/catalog.h"
#include "registry/names.h"

namespace lazuli::registry {

class Mirror {
 public:
  Mirror(Catalog& catalog, store::Store& store, net::Client& upstream, const Clock& clock, Log& log)
      : catalog_(catalog), store_(store), upstream_(upstream), clock_(clock), log_(log) {}

  // Make sure that a manifest or blob is in the catalog, fetching it if it must be. Errors: MANIFEST_UNKNOWN or
  // BLOB_UNKNOWN (404) when the registry says so; UNAVAILABLE (503) when it cannot be reached, with what to do.
  Status ensure_manifest(const Place& place, const std::string& reference);
  Status ensure_blob(const Place& place, const std::string& digest);

  // An imported image is never looked for upstream.
  Status mark_imported(const Place& place, const std::string& tag);
  // The whole image into a repository: the manifest, for an index all of it that is here or can be had, and its blobs.
  Status ensure_image(const Place& place, const std::string& reference);

 private:
  using Sink = std::function<std::function<bool(std::string_view)>()>;  // makes what takes one attempt's body
  Result<net::Response> get(const Place& place, const std::string& path, const std::string& accept, const Sink& sink);
  bool current(const Place& place, const std::string& reference) const;
  Result<std::string> token(const Place& place, std::string_view challenge);
  Error unreachable(const Place& place, const std::string& reference, const Error& why) const;
  std::shared_ptr<std::mutex> turn(const std::string& what);

  Catalog& catalog_;
  store::Store& store_;
  net::Client& upstream_;
  const Clock& clock_;
  Log& log_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<std::mutex>> turns_;  // one fetch of a thing at a time
  std::map<std::string, std::string> tokens_;               // by host and repository, until refused
};

// The parameters of a "Bearer realm=…,service=…,scope=…" challenge.
std::map<std::string, std::string> parse_challenge(std::string_view header);

}  // namespace lazuli::registry
