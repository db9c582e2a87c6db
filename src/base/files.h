// Files of the state directory: whole reads, and writes that are complete or absent (temporary file, fsync, rename),
// with mode 0600 unless told otherwise. Errors have code "FileError" and name the path and the system's reason.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lazuli {

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{64} << 20);
Status write_file(const std::filesystem::path& path, std::string_view content, unsigned mode = 0600);
Status make_directories(const std::filesystem::path& path, unsigned mode = 0700);
Status remove_tree(const std::filesystem::path& path);  // absent is fine

// ${XDG_CACHE_HOME:-~/.cache}/lazuli: what is fetched or built once, keyed by version.
std::filesystem::path cache_directory();

}  // namespace lazuli
