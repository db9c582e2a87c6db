// Manifests: what an image or index refers to, read strictly out of the pushed bytes. The bytes themselves are kept and
// served unchanged; this is what the registry needs to know of them. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::registry {

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::size_t kLargestManifest = std::size_t{4} << 20;  // the specification's least upper bound

struct Descriptor {
  std::string media_type;
  std::string digest;
  std::uint64_t size = 0;
  std::string architecture, os;  // of an index's entry
  bool foreign = false;          // layers that are fetched from elsewhere and need not be here
};

struct Manifest {
  std::string media_type;
  bool index = false;
  std::optional<Descriptor> config;
  std::vector<Descriptor> layers;     // of an image; blobs of an artifact
  std::vector<Descriptor> manifests;  // of an index
  std::string subject;                // digest; may be empty
  std::string artifact_type;
  Json annotations = nullptr;

  std::uint64_t image_size() const;  // layers, config; of an index 0
};

// media_type: of the request's Content-Type; it must be one that is known and agree with the body's own. Error code
// "MANIFEST_INVALID".
Result<Manifest> parse_manifest(std::string_view media_type, std::string_view bytes);

}  // namespace lazuli::registry
