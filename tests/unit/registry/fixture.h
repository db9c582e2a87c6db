// A registry over a temporary directory and a store in memory, with a token verifier and an authorizer that tests own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/files.h"
#include "registry/catalog.h"
#include "registry/names.h"
#include "registry/registry.h"

namespace lazuli::registry {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lazuli-registry-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { (void)remove_tree(path_); }
  std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Tokens are names: "alice" is Alice's.
class NamedTokens final : public access::TokenVerifier {
 public:
  Result<access::Principal> verify(std::string_view token, const std::vector<std::string>&) const override {
    if (token.empty() || token == "bad") return Error{"TokenSignature", "The token's signature is wrong.", 401};
    access::Principal who;
    who.object_id = token;
    return who;
  }
};

// Allows by object id and action.
class GivenRights final : public access::Authorizer {
 public:
  access::Decision check(const access::Principal& who, std::string_view action, std::string_view,
                         access::Plane) const override {
    const auto found = allowed.find(who.object_id);
    return {found != allowed.end() && found->second.contains(std::string(action)), {}, {}};
  }
  std::map<std::string, std::set<std::string>> allowed;
};

inline Result<std::string> put_blob(Catalog& catalog, const Place& place, std::string_view content) {
  auto writer = catalog.blobs().create();
  if (!writer) return writer.error();
  if (auto written = (*writer)->write(content); !written) return written.error();
  if (auto kept = catalog.keep_blob(place, **writer); !kept) return kept.error();
  return digest_of(content);
}

// A small image: a configuration and one layer.
inline std::string image_manifest(std::string_view config, std::string_view layer) {
  return to_text(JsonObject{{"schemaVersion", 2},
                            {"mediaType", kOciManifest},
                            {"config", JsonObject{{"mediaType", "application/vnd.oci.image.config.v1+json"},
                                                  {"digest", digest_of(config)},
                                                  {"size", config.size()}}},
                            {"layers", JsonArray{JsonObject{{"mediaType", "application/vnd.oci.image.layer.v1.tar"},
                                                            {"digest", digest_of(layer)},
                                                            {"size", layer.size()}}}}});
}

}  // namespace lazuli::registry
