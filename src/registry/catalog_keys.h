// How the catalogue's documents are named in the store; see catalog.h for what they hold. Internal to the catalogue.
#pragma once

#include <string>
#include <string_view>

#include "registry/catalog.h"

namespace lazuli::registry {

inline constexpr std::string_view kRepositories = "registry.repositories";
inline constexpr std::string_view kTags = "registry.tags";
inline constexpr std::string_view kManifests = "registry.manifests";
inline constexpr std::string_view kBlobs = "registry.blobs";

inline std::string key(const Place& place) {
  return place.space + "|" + place.repository;
}

inline std::string key(const Place& place, std::string_view name) {
  return key(place) + "|" + std::string(name);
}

inline std::string blob_key(std::string_view digest, const Place& place) {
  return std::string(digest) + "|" + key(place);
}

inline std::string last_part(const std::string& key) {
  return key.substr(key.rfind('|') + 1);
}

}  // namespace lazuli::registry
