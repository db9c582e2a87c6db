// What lazuli reads of a Dockerfile: the images that it builds upon, and where its stages begin. Everything else is
// buildah's business. Pure functions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lazuli::registry {

struct Dockerfile {
  std::vector<std::string> images;  // names after FROM and COPY --from, as written but with arguments put in; no stages
  std::string text;                 // with `injected` as one ARG instruction at the start of each stage
};

// injected: variables for RUN steps that must not stay in the image. `arguments`: --build-arg.
Dockerfile read_dockerfile(std::string_view text, const std::map<std::string, std::string>& arguments,
                           const std::map<std::string, std::string>& injected);

}  // namespace lazuli::registry
