// A streamed response: the named events of the Responses API, made from an engine's chat chunks. Used by one coroutine.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "openai/answer_stream.h"
#include "openai/custom_input.h"
#include "openai/padding.h"
#include "openai/response_answer.h"
#include "openai/tool_pieces.h"

namespace lazuli::openai {

class ResponseStream final : public AnswerStream {
 public:
  // `keep`: told of the response when it has ended, and of one that is made in the background when it begins.
  using Keep = std::function<void(const JsonObject& response)>;
  ResponseStream(ResponseShape shape, std::function<std::int64_t()> now, Keep keep);

  std::string head() override;
  Result<std::string> take(const Json& chunk) override;
  std::string tail(std::int64_t prompt_estimate) override;
  std::string failure(const Error& error) override;
  bool fails_well() const override { return true; }
  bool finished() const override { return !finish_.empty(); }
  bool blocked() const override { return finish_ == "content_filter"; }
  Usage usage(std::int64_t prompt_estimate) const override;

 private:
  enum class Kind { text, refusal, call };
  // One output item in the making: a message, or a call of a function or a custom tool.
  struct Item {
    Kind kind = Kind::text;
    std::string id, call_id;
    ToolName tool;
    std::string text;                  // or the refusal, or the arguments, or the custom tool's input
    std::optional<CustomInput> input;  // of a custom tool's call
    JsonArray logprobs;
    bool added = false;  // its first events are out
    std::size_t sent = 0, sent_logprobs = 0;
    bool whole() const;  // of a call: its arguments have come to their end
  };

  std::string event(std::string_view name, JsonObject data);
  std::string response_event(std::string_view name, JsonObject response);
  std::string last_event(std::string_view name, const ResponseOutcome& outcome);  // and keeps the response
  void take_text(Kind kind, std::string_view text, const JsonArray& logprobs = {});
  void take_call(const ToolPiece& piece);
  void open_item(Item item);
  std::string advance(bool end);
  std::string add_item(std::size_t index);
  std::string delta_of(std::size_t index);
  std::string close_item(std::size_t index);
  JsonObject part_of(const Item& item) const;
  static JsonObject call_of(const Item& item, std::string_view text, std::string_view status);
  JsonObject object_of(const Item& item) const;

  ResponseShape shape_;
  std::function<std::int64_t()> now_;
  Keep keep_;
  std::vector<Item> items_;
  std::size_t closed_ = 0;  // items before this one are done
  ToolPieces calls_;
  std::vector<std::size_t> places_;  // of the calls, among the items
  std::int64_t sequence_ = 0;
  std::int64_t pieces_ = 0;
  std::string finish_;
  Usage usage_;
  std::optional<Padding> padding_;
};

}  // namespace lazuli::openai
