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
  EXPECT_TRUE(read_inference(Operation::chat, R"({"messages":[{"role":"assistant","content":null,"tool_calls":[]},
      {"role":"tool","content":"x","tool_call_id":"c"}],"temperature":null,"tools":null,"stop":null})")
                  .ok());
}

TEST(RequestBody, RefusesEmptyEmbeddingInput) {
  for (const auto* body : {R"({"input":""})", R"({"input":[]})", R"({"input":["a",""]})", R"({"input":[{}]})"}) {
    EXPECT_FALSE(read_inference(Operation::embedding, body).ok()) << body;
  }
  for (const auto* body : {R"({"input":"a"})", R"({"input":["a"]})", R"({"input":[1,2]})", R"({"input":[[1],[2]]})"}) {
    EXPECT_TRUE(read_inference(Operation::embedding, body).ok()) << body;
  }
}

TEST(RequestBody, ReasoningModelsRefuseSamplingParameters) {
  const auto* model = find_model("OpenAI", "o3-mini", "");
  ASSERT_NE(model, nullptr);
  const auto check = [&](const char* extra) {
    const auto read =
        read_inference(Operation::chat, std::string(R"({"messages":[{"role":"user","content":"x"}],)") + extra + "}");
    EXPECT_TRUE(read.ok());
    const auto checked = check_model(*read, Operation::chat, model);
    return checked.ok() ? std::string() : checked.error().code;
  };
  EXPECT_EQ(check(R"("max_tokens":5)"), "unsupported_parameter");
  EXPECT_EQ(check(R"("temperature":0)"), "unsupported_value");
  EXPECT_EQ(check(R"("max_completion_tokens":5,"temperature":1)"), "");
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
