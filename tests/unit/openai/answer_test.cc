#include "openai/answer.h"

#include <gtest/gtest.h>

#include <list>

#include "openai/errors.h"

namespace lazuli::openai {
namespace {

Shape shape_with(const ContentFilter& filter) {
  Shape shape;
  shape.id = "chatcmpl-x";
  shape.model = "gpt-4-0613";
  shape.created = 1;
  shape.prompt_results = "{}";
  static std::list<ChoiceVerdicts> verdicts;  // shapes refer to them
  shape.verdicts = &verdicts.emplace_back(filter);
  return shape;
}

const ContentFilter& off() {
  static const ContentFilter filter(JsonObject{{"mode", "off"}});
  return filter;
}

TEST(Answer, ChatHasAzuresMembersInItsOrderAndNoneOfTheEngines) {
  const auto engine = parse_json(
      R"({"choices":[{"finish_reason":"length","index":0,"message":{"role":"assistant","content":"a <b>"}}],"created":5,)"
      R"("model":"/path/model.gguf","usage":{"completion_tokens":3,"prompt_tokens":32,"total_tokens":35,)"
      R"("prompt_tokens_details":{"cached_tokens":31}},"timings":{"cache_n":0}})");
  Shape shape = shape_with(off());
  shape.usage = read_usage(*engine);
  const auto text = chat_answer(*engine, shape);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(
      *text,
      R"({"choices":[{"content_filter_results":{},"finish_reason":"length","index":0,"logprobs":null,"message":)"
      R"({"annotations":[],"content":"a \u003cb\u003e","refusal":null,"role":"assistant"}}],"created":1,"id":)"
      R"("chatcmpl-x","model":"gpt-4-0613","object":"chat.completion","prompt_filter_results":[{"prompt_index":0,)"
      R"("content_filter_results":{}}],"service_tier":"default","system_fingerprint":null,"usage":)"
      R"({"completion_tokens":3,"completion_tokens_details":{"accepted_prediction_tokens":0,"audio_tokens":0,)"
      R"("reasoning_tokens":0,"rejected_prediction_tokens":0},"prompt_tokens":32,"prompt_tokens_details":)"
      R"({"audio_tokens":0,"cache_write_tokens":0,"cached_tokens":31},"total_tokens":35}})"
      "\n");
}

TEST(Answer, UsageHasTheEnginesOwnAccountOfItsParts) {
  const auto engine = parse_json(
      R"({"usage":{"prompt_tokens":40,"completion_tokens":30,"prompt_tokens_details":{"cached_tokens":1,"audio_tokens":2,)"
      R"("cache_write_tokens":3},"completion_tokens_details":{"reasoning_tokens":4,"audio_tokens":5,)"
      R"("accepted_prediction_tokens":6,"rejected_prediction_tokens":-7}}})");
  std::string text;
  append_usage(text, read_usage(*engine));
  EXPECT_EQ(text,
            R"({"completion_tokens":30,"completion_tokens_details":{"accepted_prediction_tokens":6,"audio_tokens":5,)"
            R"("reasoning_tokens":4,"rejected_prediction_tokens":0},"prompt_tokens":40,"prompt_tokens_details":)"
            R"({"audio_tokens":2,"cache_write_tokens":3,"cached_tokens":1},"total_tokens":70})");
}

TEST(Answer, GarbageIsAnError) {
  for (const auto* text : {"{}", "[]", "null", R"({"choices":[]})", R"({"choices":[{}]})", R"({"choices":"x"})"}) {
    EXPECT_FALSE(chat_answer(*parse_json(text), shape_with(off())).ok()) << text;
  }
  EXPECT_FALSE(embedding_answer(*parse_json(R"({"data":[{}]})"), shape_with(off()), false).ok());
}

TEST(Answer, EmbeddingsComeAsTheClientAsked) {
  const auto numbers = parse_json(R"({"data":[{"embedding":[1.0]}],"usage":{"prompt_tokens":4}})");
  const auto packed = embedding_answer(*numbers, shape_with(off()), true);
  EXPECT_NE(packed->find(R"("embedding":"AACAPw==")"), std::string::npos);
  const auto text = parse_json(R"({"data":[{"embedding":"AACAPw=="}],"usage":{"prompt_tokens":4}})");
  const auto unpacked = parse_json(*embedding_answer(*text, shape_with(off()), false));
  EXPECT_EQ(find(*unpacked, "data")->as_array()[0].at("embedding").as_array()[0].to_number<double>(), 1.0);
}

TEST(EmbeddingAnswer, CutsAVectorToTheDimensionsAskedForAndMakesItsLengthOneAgain) {
  for (const auto* vector : {"[3.0, 4.0, 12.0]", "\"AABAQAAAgEAAAEBB\""}) {
    const auto engine = parse_json(R"({"data":[{"embedding":)" + std::string(vector) + "}]}");
    const auto cut = parse_json(*embedding_answer(*engine, shape_with(off()), false, 2));
    const auto& numbers = find(*cut, "data")->as_array()[0].at("embedding").as_array();
    ASSERT_EQ(numbers.size(), 2u);
    EXPECT_FLOAT_EQ(numbers[0].to_number<float>(), 0.6F);
    EXPECT_FLOAT_EQ(numbers[1].to_number<float>(), 0.8F);
    const auto too_many = embedding_answer(*engine, shape_with(off()), false, 4);
    ASSERT_FALSE(too_many.ok());
    EXPECT_EQ(too_many.error().target, "dimensions");
  }
}

TEST(EmbeddingAnswer, WhatIsNoVectorIsGarbage) {
  for (const auto* vector : {"null", "5", "[\"x\"]", "\"AAA\"", "{}"}) {
    const auto engine = parse_json(R"({"data":[{"embedding":)" + std::string(vector) + "}]}");
    const auto answer = embedding_answer(*engine, shape_with(off()), false, 2);
    ASSERT_FALSE(answer.ok()) << vector;
    EXPECT_EQ(answer.error().code, "EngineGarbage") << vector;
  }
}

TEST(Errors, HaveTheRecordedSizes) {
  EXPECT_EQ(error_body(resource_not_found()).size(), 56u);
  EXPECT_EQ(error_body(wrong_key()).size(), 224u);
  EXPECT_EQ(error_body(deployment_not_found()).size(), 254u);
}

TEST(Errors, TooManyRequestsSaysWhenToComeBack) {
  const auto response =
      error_response(rate_limited(Operation::chat, "2024-02-01", "token", "OpenAI", std::chrono::milliseconds(2500)));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.get("retry-after"), "3");
  EXPECT_EQ(response.headers.get("retry-after-ms"), "2500");
  EXPECT_NE(response.body.find("Please retry after 3 seconds"), std::string::npos);
}

TEST(Logprobs, OfAChatHaveAsManyAlternativesAsWereAskedFor) {
  const Json given = *parse_json(
      R"({"content":[{"id":1,"token":"a","logprob":-1,"top_logprobs":[{"id":1,"token":"a"},{"id":2,"token":"b"}]}]})");
  EXPECT_EQ(logprobs_text(&given, 0), R"({"content":[{"token":"a","logprob":-1,"top_logprobs":[]}]})");
  EXPECT_EQ(logprobs_text(&given, 1), R"({"content":[{"token":"a","logprob":-1,"top_logprobs":[{"token":"a"}]}]})");
  EXPECT_EQ(logprobs_text(nullptr, 5), "null");
}

TEST(Logprobs, OfACompletionAreListsSideBySide) {
  const Json given = *parse_json(
      R"({"content":[{"token":"\u00e4h","logprob":-1,"top_logprobs":[{"token":"x","logprob":-2}]},{"token":"!","logprob":-3}]})");
  std::size_t offset = 4;
  EXPECT_EQ(completion_logprobs_text(&given, offset),
            "{\"tokens\":[\"\xc3\xa4h\",\"!\"],\"token_logprobs\":[-1,-3],\"top_logprobs\":[{\"x\":-2},{}],"
            "\"text_offset\":[4,6]}");
  EXPECT_EQ(offset, 7U);
  const Json own = *parse_json(R"({"tokens":["a"],"text_offset":[0]})");
  EXPECT_EQ(completion_logprobs_text(&own, offset), to_text(own));
}

}  // namespace
}  // namespace lazuli::openai
