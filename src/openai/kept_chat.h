// Chats that were asked to be kept ("store": true), in the form in which GET …/chat/completions shows them and their
// messages (the examples of Azure's documentation of stored completions; no recording is known).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "net/http.h"
#include "net/sse.h"
#include "openai/answer.h"

namespace lazuli::openai {

// What is shown of a chat: its answer without the filter's verdicts, with what the request had set.
JsonObject kept_chat(const Json& answer, const Json& request, std::string_view request_id);
// The request's messages, each with an id of its own and no content in parts.
JsonArray kept_messages(std::string_view chat_id, const Json& request);
// A page of what `model` and `metadata[NAME]` leave over; the oldest first, unless the query says otherwise.
Result<JsonObject> chat_page(const JsonArray& chats, const net::Query& query);

// The answer that the frames of a stream add up to. Used by one coroutine.
class StreamedChat {
 public:
  void take(std::string_view frames);
  JsonObject answer(const Usage& usage) const;

 private:
  void take_choice(const Json& choice);

  net::EventReader events_;
  JsonObject frame_;  // one of them, for what all have
  std::map<std::int64_t, JsonObject> choices_;
};

}  // namespace lazuli::openai
