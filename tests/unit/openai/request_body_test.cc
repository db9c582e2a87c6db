#include "openai/request_body.h"

#include <gtest/gtest.h>

namespace lazuli::openai {
namespace {

TEST(RequestBody, ReadsWhatTheGatewayNeeds) {
  const auto read = read_inference(Operation::chat, R"({"messages":[{"role":"user","content":"12345678"}],"stream":true,
      "stream_options":{"include_usage":true},"max_tokens":50,"n":2,"model":"m"})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(read->stream);
  EXPECT_TRUE(read->include_usage);
  EXPECT_EQ(read->choices, 2);
  EXPECT_EQ(read->model, "m");
  EXPECT_EQ(read->prompt_estimate, 3);  // role and content
  EXPECT_EQ(read->estimate, 103);
}

TEST(RequestBody, RefusesWhatIsMalformed) {
  struct Case {
    const char *body, *code, *param;
  };
  const std::string deep(200, '[');
  const Case cases[] = {
      {"", "", ""},
      {"[]", "", ""},
      {"{\"messages\":", "", ""},
      {deep.c_str(), "", ""},
      {"{}", "missing_required_parameter", "messages"},
      {R"({"messages":null})", "missing_required_parameter", "messages"},
      {R"({"messages":"x"})", "invalid_type", "messages"},
      {R"({"messages":[]})", "empty_array", "messages"},
      {R"({"messages":["x"]})", "invalid_type", "messages[0]"},
      {R"({"messages":[{"content":"x"}]})", "missing_required_parameter", "messages[0].role"},
      {R"({"messages":[{"role":"robot","content":"x"}]})", "invalid_value", "messages[0].role"},
      {R"({"messages":[{"role":"user"}]})", "missing_required_parameter", "messages[0].content"},
      {R"({"messages":[{"role":"user","content":5}]})", "invalid_type", "messages[0].content"},
      {R"({"messages":[{"role":"user","content":"x"}],"temperature":"hot"})", "invalid_type", "temperature"},
      {R"({"messages":[{"role":"user","content":"x"}],"temperature":3})", "decimal_above_max_value", "temperature"},
      {R"({"messages":[{"role":"user","content":"x"}],"n":0})", "integer_below_min_value", "n"},
      {R"({"messages":[{"role":"user","content":"x"}],"max_tokens":1.5})", "invalid_type", "max_tokens"},
      {R"({"messages":[{"role":"user","content":"x"}],"max_tokens":99999999999999999999})", "invalid_type",
       "max_tokens"},
      {R"({"messages":[{"role":"user","content":"x"}],"stop":["a","b","c","d","e"]})", "array_above_max_length",
       "stop"},
      {R"({"messages":[{"role":"user","content":"x"}],"stream_options":{}})", "", "stream_options"},
      {R"({"messages":[{"role":"user","content":"x"}],"response_format":{"type":"xml"}})", "invalid_value",
       "response_format.type"},
      {R"({"messages":[{"role":"user","content":"x"}],"dataSource":1})", "", ""},
  };
  for (const auto& c : cases) {
    const auto read = read_inference(Operation::chat, c.body);
    ASSERT_FALSE(read.ok()) << c.body;
    EXPECT_EQ(read.error().status, 400) << c.body;
    EXPECT_EQ(read.error().code, c.code) << c.body;
    EXPECT_EQ(read.error().target, c.param) << c.body;
  }
}

TEST(RequestBody, AcceptsNullWhereAParameterMayBeAbsent) {
  EXPECT_TRUE(
      read_inference(
          Operation::chat,
          R"({"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":""}}]},
      {"role":"tool","content":"x","tool_call_id":"c"}],"temperature":null,"tools":null,"stop":null})")
          .ok());
}

TEST(RequestBody, CallsOfToolsAndTheirAnswersBelongTogether) {
  const std::string user = R"({"role":"user","content":"x"})";
  const std::string call =
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]})";
  const auto answer = [](const std::string& id) {
    return R"({"role":"tool","content":"x","tool_call_id":")" + id + "\"}";
  };
  const auto read = [](std::initializer_list<std::string> messages) {
    std::string list;
    for (const auto& message : messages) list += (list.empty() ? "" : ",") + message;
    return read_inference(Operation::chat, R"({"messages":[)" + list + "]}");
  };
  EXPECT_TRUE(read({user, call, answer("c"), user}).ok());
  const auto param = [](const Result<Inference>& result) { return result ? "" : result.error().target; };
  EXPECT_EQ(param(read({answer("c")})), "messages.[0].role");
  EXPECT_EQ(param(read({user, answer("c")})), "messages.[1].role");
  EXPECT_EQ(param(read({user, call, answer("d")})), "messages.[2].tool_call_id");
  EXPECT_EQ(param(read({user, call, user})), "messages.[2].role");
  EXPECT_EQ(param(read({user, call})), "messages");
  EXPECT_NE(read({user, call}).error().message.find("did not have response messages: c"), std::string::npos);
  EXPECT_EQ(param(read({user, R"({"role":"tool","content":"x"})"})), "messages[1].tool_call_id");
  EXPECT_EQ(param(read({user, R"({"role":"assistant"})"})), "messages[1].content");
  EXPECT_EQ(param(read({user, R"({"role":"assistant","content":"x","tool_calls":[]})"})), "messages[1].tool_calls");
  EXPECT_EQ(param(read({user, R"({"role":"function","content":"x"})"})), "messages[1].name");
  EXPECT_EQ(param(read({R"({"role":"user","name":"a b","content":"x"})"})), "messages[0].name");
}

TEST(RequestBody, RefusesWhatTheSpecificationHasNoWordFor) {
  const std::string tools = R"("tools":[{"type":"function","function":{"name":"f"}}],)";
  const std::pair<std::string, const char*> cases[] = {
      {R"("reasoning_effort":"enormous")", "reasoning_effort"},
      {R"("service_tier":"gold")", "service_tier"},
      {R"("logit_bias":{"1":101})", "logit_bias.1"},
      {R"("logit_bias":{"x":1})", "logit_bias"},
      {R"("metadata":{"a":1})", "metadata.a"},
      {R"("max_tokens":1,"max_completion_tokens":1)", "max_tokens"},
      {R"("functions":[{"parameters":{}}])", "functions[0].name"},
      {R"("functions":[{"name":"f"}],"function_call":{"name":"g"})", "function_call"},
      {tools + R"("tool_choice":{"type":"web"})", "tool_choice.type"},
      {tools + R"("tool_choice":{"type":"allowed_tools"})", "tool_choice.allowed_tools"},
      {tools +
           R"("tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"function":{"name":"g"}}]}})",
       "tool_choice"},
  };
  for (const auto& [member, param] : cases) {
    const auto read = read_inference(Operation::chat, R"({"messages":[{"role":"user","content":"x"}],)" + member + "}");
    ASSERT_FALSE(read.ok()) << member;
    EXPECT_EQ(read.error().target, param) << member;
  }
}

TEST(RequestBody, TakesEveryTierThatTheClientsKnow) {
  for (const std::string tier : {"auto", "default", "flex", "scale", "priority", "fast"}) {
    const auto read = read_inference(
        Operation::chat, R"({"messages":[{"role":"user","content":"x"}],"service_tier":")" + tier + R"("})");
    EXPECT_TRUE(read.ok()) << tier;
  }
}

TEST(RequestBody, AnEngineGetsTheAllowedToolsAlone) {
  const std::string text =
      R"({"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}},)"
      R"({"type":"function","function":{"name":"g"}}],"tool_choice":{"type":"allowed_tools",)"
      R"("allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}})";
  const auto read = read_inference(Operation::chat, text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  const auto sent = *parse_json(engine_body(*read, text, ""));
  EXPECT_EQ(string_at(sent, "tool_choice"), "required");
  EXPECT_EQ(to_text(*find(sent, "tools")), R"([{"type":"function","function":{"name":"g"}}])");
}

TEST(RequestBody, RefusesEmptyEmbeddingInput) {
  for (const auto* body :
       {R"({"input":""})", R"({"input":[]})", R"({"input":["a",""]})", R"({"input":[{}]})", R"({"input":["a",1]})"}) {
    EXPECT_FALSE(read_inference(Operation::embedding, body).ok()) << body;
  }
  for (const auto* body : {R"({"prompt":[]})", R"({"prompt":["a",1]})", R"({"prompt":[{}]})"}) {
    EXPECT_FALSE(read_inference(Operation::completion, body).ok()) << body;
  }
  for (const auto* body : {R"({"prompt":""})", R"({"prompt":["a",""]})", R"({"prompt":[1,2]})"}) {
    EXPECT_TRUE(read_inference(Operation::completion, body).ok()) << body;
  }
  for (const auto* body : {R"({"input":"a"})", R"({"input":["a"]})", R"({"input":[1,2]})", R"({"input":[[1],[2]]})"}) {
    EXPECT_TRUE(read_inference(Operation::embedding, body).ok()) << body;
  }
}

TEST(RequestBody, ReasoningModelsRefuseSamplingParameters) {
  const auto check = [&](std::string_view model, const char* extra) {
    const auto* known = find_model("OpenAI", model, "");
    EXPECT_NE(known, nullptr) << model;
    const auto read =
        read_inference(Operation::chat, std::string(R"({"messages":[{"role":"user","content":"x"}],)") + extra + "}");
    if (!read) return read.error().message;
    const auto checked = check_model(*read, Operation::chat, known);
    return checked.ok() ? std::string() : checked.error().code;
  };
  EXPECT_EQ(check("o3-mini", R"("max_tokens":5)"), "unsupported_parameter");
  EXPECT_EQ(check("o3-mini", R"("temperature":0)"), "unsupported_value");
  EXPECT_EQ(check("o3-mini", R"("stop":["a"])"), "unsupported_parameter");
  EXPECT_EQ(check("o3-mini", R"("parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"f"}}])"),
            "unsupported_parameter");
  EXPECT_EQ(check("o3-mini", R"("max_completion_tokens":5,"temperature":1,"presence_penalty":0)"), "");
  // Those that reason only when they are told to.
  EXPECT_EQ(check("gpt-5.1", R"("temperature":0,"logprobs":true)"), "");
  EXPECT_EQ(check("gpt-5.1", R"("temperature":0,"reasoning_effort":"none")"), "");
  EXPECT_EQ(check("gpt-5.1", R"("temperature":0,"reasoning_effort":"low")"), "unsupported_value");
  EXPECT_EQ(check("gpt-5", R"("logprobs":true)"), "unsupported_parameter");
}

TEST(RequestBody, SaysWhatTheContextHolds) {
  const auto read =
      read_inference(Operation::chat, R"({"messages":[{"role":"user","content":"1234"}],"max_tokens":26000})");
  const auto checked = check_model(*read, Operation::chat, find_model("OpenAI", "gpt-4", "0613"));
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().code, "context_length_exceeded");
  EXPECT_NE(checked.error().message.find("maximum context length is 8192 tokens"), std::string::npos);
}

TEST(RequestBody, TheEngineGetsItsModelAndUsageAndNothingThatIsAzures) {
  const std::string text =
      R"({"messages":[{"role":"user","content":"x"}],"model":"d","stream":true,"data_sources":[]})";
  const auto read = read_inference(Operation::chat, text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(engine_body(*read, text, "served"),
            R"({"messages":[{"role":"user","content":"x"}],"stream":true,"model":"served",)"
            R"("stream_options":{"include_usage":true}})");
}

TEST(RequestBody, ADefaultLimitIsSetOnlyWhereTheRequestHasNone) {
  const std::string without = R"({"messages":[{"role":"user","content":"x"}]})";
  const std::string with = R"({"messages":[{"role":"user","content":"x"}],"max_completion_tokens":7})";
  EXPECT_NE(engine_body(*read_inference(Operation::chat, without), without, {}, 512).find("\"max_tokens\":512"),
            std::string::npos);
  EXPECT_EQ(engine_body(*read_inference(Operation::chat, with), with, {}, 512), with);
}

TEST(RequestBody, TheDeveloperIsTheSystemForEngines) {
  const std::string text = R"({"messages":[{"role":"developer","content":"x"}]})";
  EXPECT_EQ(engine_body(*read_inference(Operation::chat, text), text, {}),
            R"({"messages":[{"role":"system","content":"x"}]})");
}

}  // namespace
}  // namespace lazuli::openai
