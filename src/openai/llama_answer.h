// llama.cpp's answer with what it lacks put right: calls where a model wrote JSON because it had to make some
// (forced_calls.h), and the tokens of every choice, of which it counts the first one's alone. Whole answers are changed
// when they have ended; of events, the arguments of one forced function go on as they come, and calls of any function
// when their list has ended. What is not of that form goes on as it is. Used by one coroutine.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "net/client.h"
#include "net/sse.h"
#include "openai/forced_calls.h"

namespace lazuli::openai {

class LlamaAnswer final : public net::ClientStream {
 public:
  struct Repair {
    std::optional<ForcedCalls> forced;
    bool counts = false;          // by the choices' logprobs, which the request asks for
    bool hides_logprobs = false;  // for they were asked for to count, not by the caller
    explicit operator bool() const { return forced || counts; }
  };
  // What a request needs; its edits are those of llama_edits().
  static Repair repair_of(const Json& body);

  // `random` gives the ids of calls; it has to live as long as the answer.
  LlamaAnswer(std::unique_ptr<net::ClientStream> engine, bool stream, Repair repair, Random& random);

  const net::Response& head() const override { return head_; }
  net::Task<Result<std::size_t>> read(std::span<char> into) override;
  void skip_rest() override { engine_->skip_rest(); }

 private:
  struct Choice {
    bool begun = false;
    std::string content;
  };

  Status take(std::string_view piece);
  Status take_events(std::string_view piece);
  void take_choice(JsonObject& choice);
  void force(JsonObject& choice, Choice& known);
  void count(JsonObject& choice);
  void put_usage(JsonObject& answer) const;
  JsonArray piece_of_arguments(Choice& choice, const std::string& piece);
  std::string shape_whole();
  void say_why_it_ended(JsonObject& choice) const;

  std::unique_ptr<net::ClientStream> engine_;
  bool stream_;
  Repair repair_;
  Random& random_;
  net::Response head_;
  net::EventReader events_;
  std::map<std::int64_t, Choice> choices_;
  std::string whole_, ready_;
  std::int64_t tokens_ = 0;
  bool ended_ = false;
};

}  // namespace lazuli::openai
