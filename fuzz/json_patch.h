// JSON Patch (RFC 6902) as the API server applies it, for the operations that the webhook makes: add, replace, remove.
#pragma once

#include "base/json.h"

namespace lazuli::fuzz {

// False if an operation is not one of these, or its path leads nowhere.
bool apply_patch(Json& document, const JsonArray& patch);

}  // namespace lazuli::fuzz
