// The files of a run command: `context` of the request is a zip archive in Base64, which a pod is given as tar.gz.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lazuli::providers::container_service {

// context: as sent, with or without line breaks; empty: no files. limit: of the tar.gz in bytes. Errors
// InvalidParameter (400) with what is wrong with it, RequestEntityTooLarge (413).
Result<std::string> command_files(std::string_view context, std::size_t limit);

}  // namespace lazuli::providers::container_service
