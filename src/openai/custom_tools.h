// Custom tools of chats ({"type":"custom","custom":{"name":…}}), whose input is a text of no form or of a grammar's.
// The engines know functions alone (custom_input.h). Source of the forms: OpenAI's public reference of chat
// completions; that of streamed calls, which it leaves out, is openai-openapi's issue 576. Pure functions.
#pragma once

#include "openai/request_body.h"

namespace lazuli::openai {

// Makes functions of the chat's custom tools, of their calls in its messages and of the choice among them.
void replace_custom_tools(Inference& chat);

}  // namespace lazuli::openai
