// A streamed response: the named events of the Responses API, made from an engine's chat chunks. Used by one coroutine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "openai/answer_stream.h"
#include "openai/response_answer.h"

namespace lazuli::openai {

class ResponseStream final : public AnswerStream {
 public:
  // `completed`: told of the whole response when it has ended, to keep it.
  using Completed = std::function<void(const JsonObject& response)>;
  ResponseStream(ResponseShape shape, std::function<std::int64_t()> now, Completed completed);

  std::string head() override;
  Result<std::string> take(const Json& chunk) override;
  std::string tail(std::int64_t prompt_estimate) override;
  bool finished() const override { return !finish_.empty(); }
  bool blocked() const override { return finish_ == "content_filter"; }
  Usage usage(std::int64_t prompt_estimate) const override;

 private:
  // One output item in the making: a message, or a function call.
  struct Item {
    std::string id;
    bool call = false;
    std::string call_id, name;
    std::string text;  // or the arguments
    JsonArray logprobs;
  };

  std::string event(std::string_view name, JsonObject data);
  std::string response_event(std::string_view name, const ResponseOutcome* outcome);
  void take_text(std::string_view text, JsonArray logprobs, std::string& out);
  void take_call(const Json& call, std::string& out);
  void open_item(Item item, std::string& out);
  std::string close_item(std::size_t index);

  ResponseShape shape_;
  std::function<std::int64_t()> now_;
  Completed completed_;
  std::vector<Item> items_;
  std::size_t closed_ = 0;  // items before this one are done
  std::int64_t sequence_ = 0;
  std::int64_t pieces_ = 0;
  std::string finish_;
  Usage usage_;
};

}  // namespace lazuli::openai
