// The steps of a call at which a filter service is asked (filter_service.h): the prompt before the engine sees it, the
// text of an answer before the client does. Calls without such a service never come here.
#include "openai/call.h"
#include "openai/errors.h"
#include "openai/filter_service.h"

namespace lazuli::openai {

net::Task<Status> Call::judge_prompt() {
  const std::string text = prompt_text(*inference_);
  if (text.empty()) co_return Status();
  auto verdict = co_await services_.filter_service->judge(FilterSource::prompt, text);
  if (!verdict) co_return verdict.error();
  if (verdict->blocked) co_return blocked_by_filter(verdict->results);
  prompt_results_ = std::move(verdict->results);
  co_return Status();
}

net::Task<Status> Call::judge_text(std::size_t choice, std::string_view text) {
  auto verdict = co_await services_.filter_service->judge(FilterSource::completion, text);
  if (!verdict) co_return verdict.error();
  verdicts_.set(choice, *std::move(verdict));
  co_return Status();
}

net::Task<Status> Call::judge_choices(const Json& engine) {
  const auto* choices = find(engine, "choices");
  if (choices == nullptr || !choices->is_array()) co_return Status();  // garbage, which shaping refuses
  std::size_t index = 0;
  for (const auto& choice : choices->as_array()) {
    const std::string text = string_at(choice, "message", "content") + string_at(choice, "text");
    if (!text.empty()) {
      const auto judged = co_await judge_text(index, text);
      if (!judged) co_return judged;
    }
    ++index;
  }
  co_return Status();
}

// Asks for a verdict on what is held, and lets it go.
net::Task<Result<std::string>> Call::judge_held(HeldChunks& held, AnswerStream& shaper) {
  const auto texts = held.texts();
  for (const auto& [choice, text] : texts) {
    const auto judged = co_await judge_text(choice, text);
    if (!judged) co_return judged.error();
  }
  std::string frames;
  for (const auto& chunk : held.release()) {
    auto frame = shaper.take(chunk);
    if (!frame) co_return unusable(frame.error().message);
    frames += *frame;
    if (shaper.blocked()) break;
  }
  co_return frames;
}

// take_events() for chunks that are held until they have been judged.
net::Task<Result<std::string>> Call::judge_events(net::EventReader& events, AnswerStream& shaper, HeldChunks& held,
                                                  bool& done) {
  std::string frames;
  for (;;) {
    auto event = events.next();
    if (event && event->data == "[DONE]") done = true;
    if (event && !done) {
      auto chunk = read_chunk(event->data);
      if (!chunk) co_return chunk.error();
      held.add(*std::move(chunk));
    }
    if (held.due() || (done && !held.empty())) {
      auto judged = co_await judge_held(held, shaper);
      if (!judged) co_return judged;
      frames += *judged;
    }
    done = done || shaper.blocked();
    if (!event || done) co_return frames;
  }
}

}  // namespace lazuli::openai
