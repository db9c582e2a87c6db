#include "openai/llama_answer.h"

#include <algorithm>
#include <utility>

namespace lazuli::openai {

namespace {

constexpr std::size_t kMost = std::size_t{64} << 20;

Error too_large() {
  return Error{"ResponseTooLarge", "The engine's answer is too large.", 502};
}

}  // namespace

LlamaAnswer::Repair LlamaAnswer::repair_of(const Json& body) {
  const auto* logprobs = find(body, "logprobs");
  Repair repair;
  repair.forced = ForcedCalls::of(body);
  repair.counts = integer(find(body, "n")).value_or(1) > 1;
  repair.hides_logprobs = repair.counts && (logprobs == nullptr || logprobs->is_null() || !bool_or(logprobs, true));
  return repair;
}

LlamaAnswer::LlamaAnswer(std::unique_ptr<net::ClientStream> engine, bool stream, Repair repair, Random& random)
    : engine_(std::move(engine)), stream_(stream), repair_(std::move(repair)), random_(random), head_(engine_->head()) {
  head_.headers.erase("Content-Length");
  if (head_.status != 200) stream_ = false;
}

net::Task<Result<std::size_t>> LlamaAnswer::read(std::span<char> into) {
  while (ready_.empty() && !ended_) {
    auto got = co_await engine_->read(into);
    if (!got) co_return got.error();
    ended_ = *got == 0;
    if (auto taken = take(std::string_view(into.data(), *got)); !taken) co_return taken.error();
  }
  const std::size_t count = std::min(into.size(), ready_.size());
  ready_.copy(into.data(), count);
  ready_.erase(0, count);
  co_return count;
}

Status LlamaAnswer::take(std::string_view piece) {
  if (stream_) return take_events(piece);
  whole_ += piece;
  if (whole_.size() > kMost) return too_large();
  if (ended_) ready_ = head_.status == 200 ? shape_whole() : std::move(whole_);
  return {};
}

std::string LlamaAnswer::shape_whole() {
  auto answer = parse_json(whole_);
  auto* choices = answer && answer->is_object() ? answer->as_object().if_contains("choices") : nullptr;
  if (choices == nullptr || !choices->is_array()) return std::move(whole_);
  for (auto& choice : choices->as_array()) {
    if (!choice.is_object()) continue;
    count(choice.as_object());
    const auto* message = find(choice, "message");
    const bool forced = repair_.forced && message && message->is_object();
    auto calls = forced ? repair_.forced->calls(string_at(*message, "content"), random_) : std::nullopt;
    if (!calls) continue;
    JsonObject& said = choice.as_object()["message"].as_object();
    said["content"] = nullptr;
    said["tool_calls"] = *std::move(calls);
    say_why_it_ended(choice.as_object());
  }
  put_usage(answer->as_object());
  return to_text(*answer);
}

// The tokens that a choice, or a piece of one, says of itself.
void LlamaAnswer::count(JsonObject& choice) {
  if (!repair_.counts) return;
  if (auto* logprobs = choice.if_contains("logprobs")) {
    const auto* content = find(*logprobs, "content");
    if (content && content->is_array()) tokens_ += static_cast<std::int64_t>(content->get_array().size());
    if (repair_.hides_logprobs) *logprobs = nullptr;
  }
}

void LlamaAnswer::put_usage(JsonObject& answer) const {
  auto* usage = answer.if_contains("usage");
  if (!repair_.counts || usage == nullptr || !usage->is_object()) return;
  usage->as_object()["completion_tokens"] = tokens_;
}

// Where one function was forced the service says "stop", else "tool_calls".
void LlamaAnswer::say_why_it_ended(JsonObject& choice) const {
  const auto* reason = choice.if_contains("finish_reason");
  if (string_or(reason) == "stop" && repair_.forced && repair_.forced->function().empty())
    choice["finish_reason"] = "tool_calls";
}

Status LlamaAnswer::take_events(std::string_view piece) {
  events_.feed(piece);
  while (auto event = events_.next()) {
    auto chunk = parse_json(event->data);
    auto* choices = chunk && chunk->is_object() ? chunk->as_object().if_contains("choices") : nullptr;
    if (choices == nullptr || !choices->is_array()) {
      ready_ += net::event_text(event->data);
      continue;
    }
    for (auto& choice : choices->as_array()) {
      if (choice.is_object()) take_choice(choice.as_object());
    }
    put_usage(chunk->as_object());
    ready_ += net::event_text(to_text(*chunk));
  }
  return events_.pending() > kMost ? Status(too_large()) : Status();
}

void LlamaAnswer::take_choice(JsonObject& choice) {
  count(choice);
  if (!repair_.forced) return;
  force(choice, choices_[integer(choice.if_contains("index")).value_or(0)]);
  say_why_it_ended(choice);
}

void LlamaAnswer::force(JsonObject& choice, Choice& known) {
  const auto *delta = choice.if_contains("delta"), *reason = choice.if_contains("finish_reason");
  const std::string content = delta ? string_at(*delta, "content") : std::string();
  JsonObject shaped;
  if (!repair_.forced->function().empty()) {
    if (!content.empty()) shaped["tool_calls"] = piece_of_arguments(known, content);
  } else {
    known.content += content;
    auto calls = string_or(reason).empty() ? std::nullopt : repair_.forced->calls(known.content, random_);
    if (calls) {
      std::int64_t next = 0;
      for (auto& call : *calls) call.as_object()["index"] = next++;
      shaped["tool_calls"] = *std::move(calls);
    }
  }
  choice["delta"] = std::move(shaped);
}

JsonArray LlamaAnswer::piece_of_arguments(Choice& choice, const std::string& piece) {
  JsonObject call{{"function", JsonObject{{"arguments", piece}}}};
  if (!std::exchange(choice.begun, true)) call = repair_.forced->calls(piece, random_)->at(0).as_object();
  call["index"] = 0;
  return JsonArray{std::move(call)};
}

}  // namespace lazuli::openai
