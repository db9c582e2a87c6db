// Reading what an engine wrote. Engines cut their texts where a token ends, which may be between the halves of a
// UTF-16 pair or in the middle of a character's bytes. Each piece alone is then no JSON, though nothing else is wrong
// with it: what stands for no character is read as U+FFFD. Pure functions.
#pragma once

#include <string_view>

#include "base/json.h"

namespace lazuli::openai {

// parse_json() with its errors, for all else that is wrong.
Result<Json> read_engine_json(std::string_view text, boost::json::storage_ptr storage = {});

}  // namespace lazuli::openai
