// Reads an image out of an archive file into the catalog: an oci-archive (a tar of an OCI layout) or a docker-archive
// (what `docker save` and buildah's docker-archive: write). The archive is read once, front to back; names in it are
// looked up, never used as paths. Every blob's digest is checked; a damaged or hostile archive leaves nothing behind.
// Blocking.
#pragma once

#include <filesystem>
#include <string>

#include "registry/catalog.h"

namespace lazuli::registry {

// Error code "InvalidArchive" (400).
Result<std::string> import_archive(Catalog& catalog, const Place& place, const std::string& tag,
                                   const std::filesystem::path& archive);

}  // namespace lazuli::registry
