// Unpacks a build context (tar, in any compression that libarchive reads) into an empty directory. Hostile archives are
// errors, not accidents: entries outside the directory, absolute names, entries through links, hard links to elsewhere,
// symbolic links that climb out, devices, and archives beyond the limits. An absolute symbolic link is kept: it means a
// path in the image, and nothing here follows it. Blocking; no state.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace lazuli::registry {

struct ContextLimits {
  std::uint64_t bytes = std::uint64_t{8} << 30;  // unpacked
  std::uint64_t entries = 200000;
};

// Error code "InvalidContext" with the entry at fault.
Status extract_context(const std::filesystem::path& archive, const std::filesystem::path& directory,
                       ContextLimits limits = {});

}  // namespace lazuli::registry
