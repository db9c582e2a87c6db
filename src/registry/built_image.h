// Takes an image that buildah wrote into a directory (its "dir:" transport, layers as plain tar) into the catalog.
// Layers that are known already, those of the base image above all, are taken by reference; new ones are compressed.
// What RUN steps were lent (registry/dockerfile.h) is cut out of the configuration's history. Blocking.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "registry/catalog.h"

namespace lazuli::registry {

// Which compressed blob holds a layer, by the digest of its plain tar (a configuration's diff_ids). In the store's
// collection registry.layers.
class LayerIndex {
 public:
  LayerIndex(store::Store& store, Catalog& catalog) : store_(store), catalog_(catalog) {}
  std::optional<Descriptor> find(std::string_view diff_id) const;  // only if its blob is still here
  void add(std::string_view diff_id, const Descriptor& layer);
  void learn(const Place& place, std::string_view reference);  // all layers of an image

 private:
  store::Store& store_;
  Catalog& catalog_;
};

struct BuiltImage {
  std::string digest;
  std::size_t manifest_size = 0;
};

Result<BuiltImage> take_built_image(Catalog& catalog, LayerIndex& layers, const std::filesystem::path& directory,
                                    const Place& place, const std::string& tag,
                                    const std::map<std::string, std::string>& injected);

// The configuration without the traces of injected variables.
Json without_injected(Json config, const std::map<std::string, std::string>& injected);

}  // namespace lazuli::registry
