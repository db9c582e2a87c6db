// A streamed chat or completion in Azure's frames: first the verdict on the prompt, then for each choice a frame with
// the role, the content as it comes and a frame that says why it ended, then usage if asked for, then [DONE]. Takes the
// engine's chunks one by one and gives the text to be sent. Used by one coroutine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "openai/answer_stream.h"
#include "openai/custom_input.h"
#include "openai/padding.h"
#include "openai/tool_pieces.h"

namespace lazuli::openai {

struct StreamOptions {
  bool legacy = false;         // text completions instead of chat
  bool include_usage = false;  // a last frame with usage, and "usage":null in the others
  bool obfuscate = true;       // random padding in each frame, so that its size does not tell the token
  std::uint64_t seed = 1;      // of the padding
};

class StreamShaper final : public AnswerStream {
 public:
  StreamShaper(Shape shape, StreamOptions options);

  std::string head() override;
  // The frames for one chunk of the engine; often one, sometimes none. Error "EngineGarbage".
  Result<std::string> take(const Json& chunk) override;
  std::string tail(std::int64_t prompt_estimate) override;
  std::string failure(const Error& error) override;

  bool finished() const override;  // every choice that began has said why it ended
  bool blocked() const override { return blocked_; }
  // The engine's count, or, where it gave none, one token for each piece of content.
  Usage usage(std::int64_t prompt_estimate) const override;

 private:
  struct Choice {
    bool begun = false;
    bool ended = false;
    ToolPieces calls;
    std::map<std::size_t, CustomInput> inputs;  // of its calls of custom tools
    std::string text;                           // its end, kept only where the filter judges
    std::size_t characters = 0;                 // of a text completion: where its next token begins
  };

  Choice& choice_at(std::size_t index);
  void take_choice(const Json& choice, std::string& out);
  void take_delta(const Json& delta, std::size_t index, std::string_view logprobs, std::string& out);
  void take_inputs(Choice& choice, std::vector<ToolPiece>& pieces) const;
  void end_inputs(std::size_t index, std::string& out);
  // A piece other than text; before the first stands the role, in a frame of its own or in the same (`joins`).
  void take_other(const std::string& member, bool joins, std::size_t index, std::string_view logprobs,
                  std::string& out);
  void take_content(std::string_view content, std::size_t index, std::string_view logprobs, std::string& out);
  void finish(std::size_t index, std::string_view reason, std::string& out);
  void frame(std::size_t index, std::string_view verdict, std::string_view delta, std::string_view reason,
             std::string_view logprobs, std::string& out);
  std::string padding();

  Shape shape_;
  StreamOptions options_;
  std::string before_padding_, after_padding_;  // what every frame has behind its choices
  std::vector<Choice> choices_;
  Usage usage_;
  std::int64_t pieces_ = 0;
  bool blocked_ = false;
  Padding padding_;
};

}  // namespace lazuli::openai
