// A conversation made short (POST …/responses/compact): its user's messages as they are, and one item that stands for
// all the rest, which is the model's own summary. The item goes back as it came; on the service its content is
// encrypted, here it is the summary in Base64 (the API specification; no recording is known). Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "openai/response_answer.h"

namespace lazuli::openai {

// What the model is asked for at the end of the conversation.
JsonObject compaction_question();
// `conversation`: the items in the form in which they are kept. Error "EngineGarbage".
Result<JsonObject> compaction_answer(const Json& engine, const ResponseShape& shape, const JsonArray& conversation);
// The summary that an item carries; `at`: what errors call it.
Result<std::string> compacted_text(const Json& item, const std::string& at);

}  // namespace lazuli::openai
