#include "openai/output_form.h"

#include <gtest/gtest.h>

namespace lazuli::openai {
namespace {

Status checked(const std::string& members, const std::string& content = "Answer in JSON.") {
  const auto chat = parse_json(R"({"messages":[{"role":"user","content":")" + content + "\"}]," + members + "}");
  EXPECT_TRUE(chat.ok()) << members;
  return check_output_form(*chat);
}

std::string schema(const std::string& text, const std::string& more = R"("strict":true,)") {
  return R"("response_format":{"type":"json_schema","json_schema":{"name":"s",)" + more + "\"schema\":" + text + "}}";
}

std::string tool(const std::string& function) {
  return R"("tools":[{"type":"function","function":)" + function + "}]";
}

constexpr const char* kClosed = R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],)"
                                R"("additionalProperties":false})";

TEST(OutputForm, TakesWhatTheServiceTakes) {
  const std::string f = tool(R"({"name":"f","strict":true,"parameters":)" + std::string(kClosed) + "}");
  for (const std::string& members :
       {std::string(R"("logprobs":true,"top_logprobs":2)"), std::string(R"("response_format":{"type":"json_object"})"),
        std::string(R"("response_format":{"type":"text"})"), schema(kClosed), schema(R"({"type":"array"})", ""),
        schema(R"({"type":"object","properties":{"a":{"type":["object","null"],"properties":{},"required":[],)"
               R"("additionalProperties":false}},"required":["a"],"additionalProperties":false})"),
        tool(R"({"name":"f"})"), f, f + R"(,"tool_choice":"required","parallel_tool_calls":false)",
        f + R"(,"tool_choice":{"type":"function","function":{"name":"f"}})", std::string(R"("tool_choice":"none")")}) {
    const auto outcome = checked(members);
    EXPECT_TRUE(outcome.ok()) << members << outcome.error().message;
  }
}

TEST(OutputForm, RefusesTheRestInTheServicesWords) {
  struct Row {
    std::string members;
    const char *message, *param, *code;
  };
  const std::string f = tool(R"({"name":"f"})");
  const Row rows[] = {
      {R"("top_logprobs":2)", "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
       "top_logprobs", ""},
      {R"("response_format":{"type":"xml"})",
       "Invalid value: 'xml'. Supported values are: 'json_object', 'json_schema', and 'text'.", "response_format.type",
       "invalid_value"},
      {R"("response_format":{"type":"json_schema"})", "Missing required parameter: 'response_format.json_schema'.",
       "response_format.json_schema", "missing_required_parameter"},
      {R"("response_format":{"type":"json_schema","json_schema":{"schema":{}}})",
       "Missing required parameter: 'response_format.json_schema.name'.", "response_format.json_schema.name",
       "missing_required_parameter"},
      {schema(R"({"type":"array"})"),
       "Invalid schema for response_format 's': schema must be a JSON Schema of 'type: \"object\"', got 'type: "
       "\"array\"'.",
       "response_format", ""},
      {schema(R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"]})"),
       "Invalid schema for response_format 's': In context=(), 'additionalProperties' is required to be supplied and "
       "to "
       "be false.",
       "response_format", ""},
      {schema(R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{}},)"
              R"("required":[],"additionalProperties":false}}},"required":["a"],"additionalProperties":false})"),
       "Invalid schema for response_format 's': In context=('properties', 'a', 'items'), 'required' is required to be "
       "supplied and to be an array including every key in properties. Missing 'b'.",
       "response_format", ""},
      {R"("tool_choice":"auto")",
       "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", "tool_choice", ""},
      {R"("tools":[])",
       "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
       "tools", "empty_array"},
      {R"("tools":[5])", "Invalid type for 'tools[0]': expected an object, but got an integer instead.", "tools[0]",
       "invalid_type"},
      {R"("tools":[{"type":"retrieval"}])",
       "Invalid value: 'retrieval'. Supported values are: 'function' and 'custom'.", "tools[0].type", "invalid_value"},
      {tool(R"({"name":"a b"})"),
       "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern "
       "'^[a-zA-Z0-9_-]+$'.",
       "tools[0].function.name", "invalid_value"},
      {tool(R"({"name":"f","strict":true,"parameters":{"type":"object","properties":{}}})"),
       "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be supplied and to be "
       "false.",
       "tools[0].function.parameters", "invalid_function_parameters"},
      {f + R"(,"tool_choice":"maybe")", "Invalid value: 'maybe'. Supported values are: 'none', 'auto', and 'required'.",
       "tool_choice", "invalid_value"},
      {f + R"(,"tool_choice":{"type":"function","function":{"name":"g"}})",
       "Invalid value for 'tool_choice': no function named 'g' was specified in the 'tools' parameter.", "tool_choice",
       ""},
  };
  for (const auto& row : rows) {
    const auto outcome = checked(row.members);
    ASSERT_FALSE(outcome.ok()) << row.members;
    EXPECT_EQ(outcome.error().message, row.message);
    EXPECT_EQ(outcome.error().target, row.param);
    EXPECT_EQ(outcome.error().code, row.code);
  }
  EXPECT_EQ(checked(R"("response_format":{"type":"json_object"})", "Answer.").error().target, "messages");
}

}  // namespace
}  // namespace lazuli::openai
