// One build of a Dockerfile: context unpacked, base images brought here, buildah run in a sandbox, the image taken into
// the catalog, everything told in the run's log. Blocking; several may run at a time, but one for each registry, whose
// layers they share.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "registry/built_image.h"
#include "registry/mirror.h"
#include "registry/registry.h"
#include "registry/run_log.h"
#include "registry/tokens.h"

namespace lazuli::registry {

// The host at which builds find the public registries: docker.io is at HOST/docker.io. No registry can have this name.
inline constexpr std::string_view kMirrorHost = "lazuli-mirror.azurecr.io";

struct BuildJob {
  RegistrySettings registry;
  std::string run;
  Json request;  // DockerBuildRequest, FileTaskRunRequest or EncodedTaskRunRequest
  std::chrono::seconds timeout{28800};
  int cancel = -1;                               // an eventfd, readable once the run is to end
  const std::atomic<bool>* cancelled = nullptr;  // and whether that was so
};

struct BuildOutcome {
  std::string status;  // "Succeeded", "Failed", "Canceled", "Timeout"
  std::string error;   // of a failed one
  JsonArray images;    // outputImages
};

class Builder {
 public:
  struct Parts {
    store::Store& store;
    const Clock& clock;
    Random& random;
    Catalog& catalog;
    Mirror& mirror;
    TaskStorage& storage;
    const Tokens& tokens;
    std::filesystem::path directory;
    std::string trust_bundle;
    std::string proxy_url;
  };
  explicit Builder(Parts parts);

  BuildOutcome build(const BuildJob& job);
  void remove_all(std::string_view registry_id);  // cached layers; sweep() then gives their space back
  void sweep() const;                             // removes what was set aside, and blobs that nothing refers to

 private:
  struct Work;
  Status prepare(Work& work);
  Status unpack(Work& work);
  static Result<std::string> source_file(const Work& work, const std::string& name);
  Status read_request(Work& work);
  Status bring_base_images(Work& work);
  Status write_settings(Work& work);
  Status share_trust(const std::filesystem::path& shared);
  Status run_buildah(Work& work);
  Status push(Work& work, JsonArray& images);
  BuildOutcome ended(Work& work, const Status& result, bool cancelled);
  void tell_dependencies(Work& work, const JsonArray& images);
  void set_aside(const std::filesystem::path& home) const;
  std::filesystem::path home_of(std::string_view registry_id) const;

  Parts parts_;
  LayerIndex layers_;
};

}  // namespace lazuli::registry
