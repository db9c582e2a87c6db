// The tools of a request of the Responses API, and what an engine knows of them: functions, custom tools
// (custom_input.h), and name spaces of both, whose members an engine calls by one name ("crm__list"). Searches of the
// web and of tools, which a model may do without, are not offered to engines (functions that are to be searched for
// first are offered at once); other tools that would run in the service are refused.
// Source of name spaces: OpenAI's guide to function calling, and Azure's to tool search. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::openai {

struct ToolName {
  std::string name_space;  // empty: of none
  std::string name;
  bool custom = false;
};

std::string chat_name(std::string_view name_space, std::string_view name);
// Whose call it is when an engine calls this name.
ToolName called_tool(const Json& request, std::string_view chat_name);

// tools, tool_choice and parallel_tool_calls of the chat. Errors are Azure's, 400.
Status add_tools(JsonObject& chat, const Json& request);
// The types of the tools that engines are not offered, with commas; empty: there are none.
std::string tools_left_out(const Json& request);

// As a response shows them: a function says what the caller left out, too.
JsonArray tools_as_read(const Json& request);

// "Unsupported value: … is not supported here."
Error unsupported_here(const std::string& what, std::string_view param);

}  // namespace lazuli::openai
