#include "openai/stream.h"

#include <algorithm>
#include <utility>

#include "net/sse.h"
#include "openai/errors.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kMostChoices = 128;

// Azure's order: {function{arguments,name},id,index,type}; later pieces have only arguments and index.
std::string tool_call_delta(const ToolPiece& piece) {
  const auto name = piece.first ? std::optional<std::string_view>(piece.name) : std::nullopt;
  std::string out = '{' + called_text(piece.custom, piece.arguments, name);
  if (piece.first) out += ",\"id\":" + quote(piece.id);
  out += ",\"index\":" + std::to_string(piece.index);
  if (piece.first) out += piece.custom ? ",\"type\":\"custom\"" : ",\"type\":\"function\"";
  return out + "}";
}

std::string tool_calls_delta(const std::vector<ToolPiece>& pieces) {
  std::string out = "\"tool_calls\":[";
  for (const auto& piece : pieces) {
    if (&piece != &pieces.front()) out += ',';
    out += tool_call_delta(piece);
  }
  return out + "]";
}

}  // namespace

StreamShaper::StreamShaper(Shape shape, StreamOptions options)
    : shape_(std::move(shape)), options_(options), padding_(options.seed) {
  before_padding_ = "],\"created\":" + std::to_string(shape_.created) + ",\"id\":" + quote(shape_.id) +
                    ",\"model\":" + quote(shape_.model);
  after_padding_ = std::string(",\"object\":\"") + (options_.legacy ? "text_completion" : "chat.completion.chunk") +
                   "\",\"service_tier\":\"default\",\"system_fingerprint\":" +
                   (shape_.fingerprint.empty() ? "null" : quote(shape_.fingerprint));
}

std::string StreamShaper::head() {
  std::string chunk =
      "{\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":";
  append_prompt_filter(chunk, shape_);
  return net::event_text(chunk + "}");
}

std::string StreamShaper::padding() {
  return options_.obfuscate ? ",\"obfuscation\":\"" + padding_.next() + "\"" : std::string();
}

StreamShaper::Choice& StreamShaper::choice_at(std::size_t index) {
  while (choices_.size() <= index) choices_.emplace_back().characters = shape_.prompt_characters;
  return choices_[index];
}

void StreamShaper::frame(std::size_t index, std::string_view verdict, std::string_view delta, std::string_view reason,
                         std::string_view logprobs, std::string& out) {
  std::string data = "{\"choices\":[{\"content_filter_results\":";
  data.reserve(512);
  data += verdict;
  data += options_.legacy ? ",\"text\":" : ",\"delta\":";
  data += delta;
  data += ",\"finish_reason\":";
  data += reason;
  data += ",\"index\":" + std::to_string(index) + ",\"logprobs\":";
  data += logprobs;
  data += '}';
  data += before_padding_;
  data += padding();
  data += after_padding_;
  data += options_.include_usage ? ",\"usage\":null}" : "}";
  out += net::event_text(escape_angles(std::move(data)));
}

Result<std::string> StreamShaper::take(const Json& chunk) {
  if (const Usage usage = read_usage(chunk); usage.known) usage_ = usage;
  const auto choices = chunk_choices(chunk);
  if (!choices) return choices.error();
  std::string out;
  for (const auto& choice : *choices) {
    const auto index = integer(find(choice, "index")).value_or(0);
    if (!choice.is_object() || index < 0 || index >= static_cast<std::int64_t>(kMostChoices)) {
      return engine_garbage("choice with a valid index");
    }
    take_choice(choice, out);
  }
  return out;
}

void StreamShaper::take_choice(const Json& choice, std::string& out) {
  const auto index = static_cast<std::size_t>(integer(find(choice, "index")).value_or(0));
  if (choice_at(index).ended) return;
  const auto* given = find(choice, "logprobs");
  const std::string logprobs = options_.legacy ? completion_logprobs_text(given, choice_at(index).characters)
                                               : logprobs_text(given, shape_.top_logprobs);
  if (options_.legacy) {
    if (const auto text = string_at(choice, "text"); !text.empty()) take_content(text, index, logprobs, out);
  } else if (const auto* delta = find(choice, "delta"); delta && delta->is_object()) {
    take_delta(*delta, index, logprobs, out);
  }
  if (choice_at(index).ended) return;
  if (const auto reason = string_at(choice, "finish_reason"); !reason.empty()) {
    end_inputs(index, out);
    finish(index, quote(finish_reason(reason, choice_at(index).calls.any())), out);
  }
}

void StreamShaper::take_delta(const Json& delta, std::size_t index, std::string_view logprobs, std::string& out) {
  if (const std::string content = content_text(find(delta, "content")); !content.empty()) {
    if (!choice_at(index).begun) {
      frame(index, "{}", R"({"content":"","refusal":null,"role":"assistant"})", "null", "null", out);
    }
    take_content(content, index, logprobs, out);
    logprobs = "null";
  }
  if (choice_at(index).ended) return;
  if (const auto refusal = string_at(delta, "refusal"); !refusal.empty()) {
    ++pieces_;
    take_other("\"refusal\":" + quote(refusal), false, index, logprobs, out);
  }
  if (const auto* calls = find(delta, "tool_calls"); calls && calls->is_array()) {
    Choice& choice = choice_at(index);
    auto pieces = choice.calls.take(calls->get_array(), shape_.id, index);
    if (!shape_.custom_tools.empty()) take_inputs(choice, pieces);
    if (!pieces.empty()) take_other(tool_calls_delta(pieces), true, index, logprobs, out);
  }
  if (const auto* call = find(delta, "function_call"); call && call->is_object()) {
    take_other("\"function_call\":" + to_text(*call), true, index, logprobs, out);
  }
}

// What of a custom tool's arguments is around its input is not sent.
void StreamShaper::take_inputs(Choice& choice, std::vector<ToolPiece>& pieces) const {
  for (auto& piece : pieces) {
    if (piece.first && shape_.is_custom(piece.name)) choice.inputs.try_emplace(piece.index);
    const auto input = choice.inputs.find(piece.index);
    piece.custom = input != choice.inputs.end();
    if (piece.custom) piece.arguments = input->second.take(piece.arguments);
  }
  std::erase_if(pieces, [](const ToolPiece& piece) { return piece.custom && !piece.first && piece.arguments.empty(); });
}

void StreamShaper::end_inputs(std::size_t index, std::string& out) {
  for (auto& [call, input] : choice_at(index).inputs) {
    std::string rest = input.rest();
    if (rest.empty()) continue;
    const ToolPiece piece{.index = call, .arguments = std::move(rest), .custom = true};
    take_other(tool_calls_delta({piece}), true, index, "null", out);
  }
}

// The role frame carries the first call (recorded).
void StreamShaper::take_other(const std::string& member, bool joins, std::size_t index, std::string_view logprobs,
                              std::string& out) {
  const bool begins = !std::exchange(choice_at(index).begun, true);
  std::string role = begins ? R"("content":null,"refusal":null,"role":"assistant")" : "";
  if (begins && !joins) frame(index, "{}", "{" + std::exchange(role, {}) + "}", "null", "null", out);
  if (!role.empty()) role += ',';
  frame(index, "{}", "{" + role + member + "}", "null", logprobs, out);
}

void StreamShaper::take_content(std::string_view content, std::size_t index, std::string_view logprobs,
                                std::string& out) {
  ++pieces_;
  Choice& choice = choice_at(index);
  choice.begun = true;
  if (const ContentFilter& filter = shape_.verdicts->filter(); filter.judges()) {
    choice.text += content;
    choice.text = filter.unseen(choice.text, content.size());
  }
  const Verdict verdict = shape_.verdicts->of(index, choice.text);
  if (verdict.blocked) {
    blocked_ = true;
    finish(index, "\"content_filter\"", out);
    return;
  }
  const std::string text = quote(content);
  frame(index, verdict.results, options_.legacy ? text : "{\"content\":" + text + "}", "null", logprobs, out);
}

void StreamShaper::finish(std::size_t index, std::string_view reason, std::string& out) {
  Choice& choice = choice_at(index);
  if (!choice.begun && !options_.legacy) {  // an empty answer has a role, too
    frame(index, "{}", R"({"content":"","refusal":null,"role":"assistant"})", "null", "null", out);
  }
  choice.begun = choice.ended = true;
  frame(index, "{}", options_.legacy ? "\"\"" : "{}", reason, "null", out);
}

std::string StreamShaper::tail(std::int64_t prompt_estimate) {
  std::string out;
  if (options_.include_usage && !blocked_) {  // a blocked stream has no usage frame, even if asked for (recorded)
    std::string chunk = "{\"choices\":[" + before_padding_ + padding() + after_padding_ + ",\"usage\":";
    append_usage(chunk, usage(prompt_estimate));
    out = net::event_text(chunk + "}");
  }
  return out + net::event_text("[DONE]");
}

std::string StreamShaper::failure(const Error& error) {
  return net::event_text(error_body(error));
}

bool StreamShaper::finished() const {
  return !choices_.empty() && std::all_of(choices_.begin(), choices_.end(), [](const Choice& c) { return c.ended; });
}

Usage StreamShaper::usage(std::int64_t prompt_estimate) const {
  if (usage_.known) return usage_;
  Usage usage;
  usage.prompt = prompt_estimate;
  usage.completion = pieces_;
  return usage;
}

}  // namespace lazuli::openai
