// A chat's messages: their members, and that calls of tools and their answers belong together. Pure functions.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace lazuli::openai {

Status check_messages(const JsonArray& messages);

}  // namespace lazuli::openai
