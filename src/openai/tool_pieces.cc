#include "openai/tool_pieces.h"

#include <algorithm>

#include "base/random.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kIdLetters = 24, kMostCalls = 128;

}  // namespace

std::string call_arguments(const Json& call) {
  const auto* arguments = find(call, "function", "arguments");
  return arguments && arguments->is_object() ? to_text(*arguments) : string_or(arguments);
}

std::string call_id(std::string_view given, std::string_view answer_id, std::size_t choice, std::size_t index) {
  if (!given.empty()) return std::string(given);
  std::string id = "call_";
  id += answer_id.substr(answer_id.find_first_of("-_") + 1).substr(0, kIdLetters - 2);
  id += kLettersAndDigits[choice % kLettersAndDigits.size()];
  return id += kLettersAndDigits[index % kLettersAndDigits.size()];
}

// A piece with a name and an id of its own begins a call, even if its number was given to another before. Without a
// name it goes on with the call of its number, or with the last one.
std::size_t ToolPieces::place_of(const Json& call) {
  const auto number = integer(find(call, "index")).value_or(-1);
  const std::string id = string_at(call, "id");
  const bool named = !string_at(call, "function", "name").empty();
  const auto same_id = std::ranges::find_if(known_, [&](const Known& k) { return !id.empty() && k.id == id; });
  if (same_id != known_.end()) return static_cast<std::size_t>(same_id - known_.begin());
  const auto same_number =
      std::find_if(known_.rbegin(), known_.rend(), [&](const Known& k) { return k.number == number; });
  const bool numbered = number >= 0 && same_number != known_.rend();
  const bool begins = named && (!numbered || (!id.empty() && !same_number->id.empty()));
  if (begins || known_.empty() || (number >= 0 && !numbered)) {
    known_.push_back({number, id});
    return known_.size() - 1;
  }
  return numbered ? static_cast<std::size_t>(known_.rend() - same_number) - 1 : known_.size() - 1;
}

std::vector<ToolPiece> ToolPieces::take(const JsonArray& calls, std::string_view answer_id, std::size_t choice) {
  std::vector<ToolPiece> pieces;
  for (const auto& call : calls) {
    if (known_.size() >= kMostCalls) break;
    const std::size_t before = known_.size();
    ToolPiece piece;
    piece.index = place_of(call);
    piece.first = piece.index >= before;
    if (piece.first) {
      piece.id = call_id(string_at(call, "id"), answer_id, choice, piece.index);
      piece.name = string_at(call, "function", "name");
    }
    piece.arguments = call_arguments(call);
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace lazuli::openai
