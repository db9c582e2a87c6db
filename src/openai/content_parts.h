// The parts of a chat message's content: text, pictures, sound. Errors are Azure's, in the model's form. Pure
// functions.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::openai {

// Types and members of the parts of one message; `at` names the content in errors: "messages[0].content".
Status check_content_parts(const JsonArray& parts, const std::string& at);

// For a model or an engine that sees no pictures: an error if the chat has one.
Status refuse_media(const Json& chat);

}  // namespace lazuli::openai
