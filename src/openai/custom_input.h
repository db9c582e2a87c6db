// The input of a custom tool. Engines know functions alone, so a custom tool is offered to them as a function of one
// text, {"input": "…"}; this takes the text out of the arguments again, piece by piece as the engine writes them. What
// an engine wrote instead of such arguments is passed on as it is. Used by one coroutine.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"

namespace lazuli::openai {

inline constexpr std::string_view kCustom = "custom";    // the type of such a tool, of a call of it, of its choice
inline constexpr std::string_view kGrammar = "grammar";  // where a chat's tool has its format's grammar

class CustomInput {
 public:
  CustomInput();
  CustomInput(CustomInput&&) noexcept;
  CustomInput& operator=(CustomInput&&) noexcept;
  ~CustomInput();

  std::string take(std::string_view arguments);  // what of the input was in this piece
  bool whole() const;                            // the arguments have ended
  std::string rest();                            // when they will not go on: what take() could not know to be the input

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string custom_input(std::string_view arguments);

// The function that stands for a custom tool. `tool` is one that check_custom_tool() found nothing wrong with. Chats
// have a format's grammar in a member of it ("grammar"), the Responses API in the format itself (`grammar` is empty).
JsonObject custom_function(const Json& tool, std::string_view grammar = {});
std::string custom_arguments(std::string_view input);

// `at`: what its error calls the tool.
Status check_custom_tool(const Json& tool, const std::string& at, std::string_view grammar = {});

}  // namespace lazuli::openai
