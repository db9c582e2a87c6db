// What turns an engine's chunks into the events that a client sees: chat frames (stream.h), or the events of the
// Responses API (response_stream.h).
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "openai/answer.h"

namespace lazuli::openai {

class AnswerStream {
 public:
  virtual ~AnswerStream() = default;
  virtual std::string head() = 0;
  // The text for one chunk of the engine; may be empty. Error "EngineGarbage".
  virtual Result<std::string> take(const Json& chunk) = 0;
  virtual std::string tail(std::int64_t prompt_estimate) = 0;
  // Instead of what is still to come: the engine broke off. Where it says all that there is to say, the stream ends
  // well.
  virtual std::string failure(const Error& error) = 0;
  virtual bool fails_well() const { return false; }
  virtual bool finished() const = 0;  // the engine has said why it ended
  virtual bool blocked() const = 0;   // by the content filter: no more is to be read
  virtual Usage usage(std::int64_t prompt_estimate) const = 0;
};

}  // namespace lazuli::openai
