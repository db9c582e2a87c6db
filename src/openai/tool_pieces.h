// Tool calls as engines write them, brought into the service's form. Engines by URL leave ids or indexes out, say an id
// and a name again in every piece, number all calls 0, or write arguments as an object; a client puts a call together
// by its index and appends what it reads, so each of these would spoil the call. Used by one coroutine for each choice.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace lazuli::openai {

std::string call_arguments(const Json& call);  // as text, whatever form the engine has
// Of the answer's own letters, where the engine gave the call none.
std::string call_id(std::string_view given, std::string_view answer_id, std::size_t choice, std::size_t index);

// One piece of a streamed call.
struct ToolPiece {
  std::size_t index = 0;
  bool first = false;  // only the first has id and name
  std::string id, name;
  std::string arguments;
  bool custom = false;  // of a custom tool: the arguments are its input
};

class ToolPieces {
 public:
  std::vector<ToolPiece> take(const JsonArray& calls, std::string_view answer_id, std::size_t choice);
  bool any() const { return !known_.empty(); }

 private:
  struct Known {
    std::int64_t number;  // the engine's index; -1: it has none
    std::string id;       // the engine's
  };
  std::size_t place_of(const Json& call);

  std::vector<Known> known_;
};

}  // namespace lazuli::openai
