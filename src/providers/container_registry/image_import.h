// registries/importImage: copies an image from another registry of lazuli's, or from a public one, as a long-running
// operation.
#pragma once

#include "arm/service.h"
#include "registry/registry.h"

namespace lazuli::providers {

class ImageImport {
 public:
  ImageImport(arm::Service& service, registry::Registry& registry);
  Result<arm::Answer> begin(const arm::Call& call) const;

 private:
  // The full name of what to copy, if the caller may read it.
  Result<std::string> source_name(const arm::Call& call) const;

  arm::Service& service_;
};

}  // namespace lazuli::providers
