// The Responses API on top of chat completions, so that every engine that can chat can answer it: the request's items
// as messages, its tools and formats in chat's words. Pure functions.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::openai {

// The items of a request's `input`: a text becomes one message of the user.
JsonArray input_items(const Json& request);

// earlier: the items of the conversation so far (previous_response_id). last: a message to stand at the end; null:
// none. Errors are Azure's, 400.
Result<std::string> chat_request(const Json& request, const JsonArray& earlier, const Json& last = nullptr);

// What the chat was refused for, in the request's own names.
Error as_response_error(Error error);

}  // namespace lazuli::openai
