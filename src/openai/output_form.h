// What a chat asks of the form of its answer: response_format with its schema, tools and the choice among them,
// logprobs. Refused as Azure refuses it, so that what is taken here is taken there. Pure functions.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace lazuli::openai {

Status check_output_form(const Json& chat);

}  // namespace lazuli::openai
