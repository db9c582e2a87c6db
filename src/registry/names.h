// The grammar of image names: repositories, tags and digests as the OCI distribution specification 1.1 has them, and
// the short forms that people type ("python:3.8" is docker.io/library/python:3.8). Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lazuli::registry {

bool valid_repository(std::string_view name);
bool valid_tag(std::string_view tag);
bool valid_digest(std::string_view digest);  // "sha256:" and 64 lower-case hexadecimal digits; nothing else is stored

std::string digest_of(std::string_view bytes);

struct ImageName {
  std::string host;        // "docker.io", "myregistry.azurecr.io"; lower case
  std::string repository;  // "library/python"
  std::string tag;         // "latest" when neither tag nor digest was written
  std::string digest;      // may be empty

  std::string reference() const { return digest.empty() ? tag : digest; }
  std::string text() const;  // in full
};

// Error code "InvalidImageName" (400). A name without a host is taken to be of `default_host`.
Result<ImageName> parse_image_name(std::string_view text, std::string_view default_host = "docker.io");

}  // namespace lazuli::registry
