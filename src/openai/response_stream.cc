#include "openai/response_stream.h"

#include <algorithm>
#include <utility>

#include "net/sse.h"

namespace lazuli::openai {

ResponseStream::ResponseStream(ResponseShape shape, std::function<std::int64_t()> now, Keep keep)
    : shape_(std::move(shape)), now_(std::move(now)), keep_(std::move(keep)) {
  const bool obfuscates = bool_or(find(shape_.request, "stream_options", "include_obfuscation"), true);
  if (obfuscates) padding_.emplace(std::hash<std::string>()(shape_.id));
}

std::string ResponseStream::event(std::string_view name, JsonObject data) {
  JsonObject whole{{"type", name}};
  data["sequence_number"] = sequence_++;
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : data) keys.push_back(key);
  std::ranges::sort(keys);  // recorded
  for (const auto key : keys) whole[key] = std::move(data[key]);
  return net::event_text(to_text(whole), name);
}

std::string ResponseStream::response_event(std::string_view name, JsonObject response) {
  return event(name, JsonObject{{"response", std::move(response)}});
}

std::string ResponseStream::last_event(std::string_view name, const ResponseOutcome& outcome) {
  JsonObject response = response_object(shape_, &outcome);
  keep_(response);
  return response_event(name, std::move(response));
}

std::string ResponseStream::head() {
  const JsonObject begun = response_object(shape_, nullptr);
  std::string out;
  if (bool_or(find(shape_.request, "background"))) {
    keep_(begun);
    JsonObject queued = begun;
    queued["status"] = "queued";
    out = response_event("response.created", queued);
    out += response_event("response.queued", std::move(queued));
  } else {
    out = response_event("response.created", begun);
  }
  return out + response_event("response.in_progress", begun);
}

Result<std::string> ResponseStream::take(const Json& chunk) {
  if (const Usage usage = read_usage(chunk); usage.known) usage_ = usage;
  const auto choices = chunk_choices(chunk);
  if (!choices) return choices.error();
  std::string out;
  for (const auto& choice : *choices) {
    if (!choice.is_object()) return engine_garbage("choice");
    if (finished()) break;
    if (const auto text = content_text(find(choice, "delta", "content")); !text.empty()) {
      take_text(Kind::text, text, token_logprobs(find(choice, "logprobs"), shape_.top_logprobs()));
    }
    if (blocked()) break;
    if (const auto refusal = string_at(choice, "delta", "refusal"); !refusal.empty()) take_text(Kind::refusal, refusal);
    for (const auto& piece : calls_.take(array_at(choice, "delta", "tool_calls"), shape_.id, 0)) take_call(piece);
    out += advance(false);
    if (const auto reason = string_at(choice, "finish_reason"); !reason.empty() && !finished()) {
      finish_ = finish_reason(reason, calls_.any());
    }
  }
  return out;
}

void ResponseStream::open_item(Item item) {
  const auto* prefix = item.kind != Kind::call ? "msg_" : item.tool.custom ? "ctc_" : "fc_";
  item.id = item_id(shape_, prefix, items_.size());
  items_.push_back(std::move(item));
}

void ResponseStream::take_text(Kind kind, std::string_view text, const JsonArray& logprobs) {
  ++pieces_;
  if (items_.empty() || items_.back().kind != kind) open_item(Item{.kind = kind});
  Item& item = items_.back();
  item.text += text;
  if (kind == Kind::text && shape_.verdicts->block(0, item.text, text.size())) {
    finish_ = "content_filter";
    return;
  }
  for (const auto& token : logprobs)
    item.logprobs.push_back(token);  // insert() would leave copies in the chunk's scratch
}

void ResponseStream::take_call(const ToolPiece& piece) {
  if (piece.index >= places_.size()) {
    places_.push_back(items_.size());
    open_item(Item{.kind = Kind::call, .call_id = piece.id, .tool = called_tool(shape_.request, piece.name)});
    if (items_.back().tool.custom) items_.back().input.emplace();
  }
  Item& item = items_[places_[piece.index]];
  item.text += item.input ? item.input->take(piece.arguments) : piece.arguments;
}

bool ResponseStream::Item::whole() const {
  return input ? input->whole() : parse_json(text).ok();
}

// Items go out one after the other. Where an engine writes the arguments of several calls by turns, a later call waits
// until those of the one before it are whole.
std::string ResponseStream::advance(bool end) {
  std::string out;
  while (closed_ < items_.size()) {
    Item& item = items_[closed_];
    const bool last = closed_ + 1 == items_.size();
    if (item.input && end) item.text += item.input->rest();
    if (!std::exchange(item.added, true)) out += add_item(closed_);
    if (item.sent < item.text.size()) out += delta_of(closed_);
    if (!end && (last || (item.kind == Kind::call && !item.whole()))) break;
    out += close_item(closed_++);
  }
  return out;
}

JsonObject ResponseStream::part_of(const Item& item) const {
  return item.kind == Kind::refusal ? refusal_part(item.text) : text_part(item.text, item.logprobs);
}

JsonObject ResponseStream::call_of(const Item& item, std::string_view text, std::string_view status) {
  return call_item(item.id, item.call_id, item.tool, text, status);
}

JsonObject ResponseStream::object_of(const Item& item) const {
  if (item.kind == Kind::call) return call_of(item, item.text, "completed");
  return message_item(item.id, JsonArray{part_of(item)}, "completed");
}

std::string ResponseStream::add_item(std::size_t index) {
  const Item& item = items_[index];
  std::string out = event("response.output_item.added",
                          JsonObject{{"item", item.kind == Kind::call ? call_of(item, "", "in_progress")
                                                                      : message_item(item.id, {}, "in_progress")},
                                     {"output_index", index}});
  if (item.kind == Kind::call) return out;
  return out + event("response.content_part.added",
                     JsonObject{{"content_index", 0},
                                {"item_id", item.id},
                                {"output_index", index},
                                {"part", item.kind == Kind::refusal ? refusal_part("") : text_part("")}});
}

std::string ResponseStream::delta_of(std::size_t index) {
  Item& item = items_[index];
  const auto fresh = item.text.substr(std::exchange(item.sent, item.text.size()));
  JsonObject data{{"delta", fresh}, {"item_id", item.id}, {"output_index", index}};
  if (padding_) data["obfuscation"] = padding_->next();
  if (item.kind == Kind::call) {
    return event(item.tool.custom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta",
                 std::move(data));
  }
  data["content_index"] = 0;
  if (item.kind == Kind::refusal) return event("response.refusal.delta", std::move(data));
  const auto from = std::exchange(item.sent_logprobs, item.logprobs.size());
  data["logprobs"] = JsonArray(item.logprobs.begin() + static_cast<std::ptrdiff_t>(from), item.logprobs.end());
  return event("response.output_text.delta", std::move(data));
}

std::string ResponseStream::close_item(std::size_t index) {
  const Item& item = items_[index];
  JsonObject data{{"item_id", item.id}, {"output_index", index}};
  std::string out;
  if (item.kind == Kind::call && !item.tool.custom) {
    data["arguments"] = item.text;
    data["name"] = item.tool.name;
    out = event("response.function_call_arguments.done", std::move(data));
  } else if (item.kind == Kind::call) {
    data["input"] = item.text;
    out = event("response.custom_tool_call_input.done", std::move(data));
  } else {
    data["content_index"] = 0;
    JsonObject part = data;
    part["part"] = part_of(item);
    if (item.kind == Kind::refusal) {
      data["refusal"] = item.text;
      out = event("response.refusal.done", std::move(data));
    } else {
      data["logprobs"] = item.logprobs;
      data["text"] = item.text;
      out = event("response.output_text.done", std::move(data));
    }
    out += event("response.content_part.done", std::move(part));
  }
  return out + event("response.output_item.done", JsonObject{{"item", object_of(item)}, {"output_index", index}});
}

std::string ResponseStream::tail(std::int64_t prompt_estimate) {
  std::string out;
  ResponseOutcome outcome;
  outcome.finish = finish_;
  outcome.usage = usage(prompt_estimate);
  outcome.completed = now_();
  if (!blocked()) out += advance(true);
  for (const auto& item : items_) {
    if (item.kind == Kind::text) outcome.text += item.text;
    if (!blocked()) outcome.output.push_back(object_of(item));
  }
  const bool whole = finish_ != "length" && !blocked();
  return out + last_event(whole ? "response.completed" : "response.incomplete", outcome);  // no [DONE] (recorded)
}

// Items that were whole stay.
std::string ResponseStream::failure(const Error& error) {
  ResponseOutcome outcome;
  outcome.failure = error.message;
  for (std::size_t i = 0; i < closed_; ++i) outcome.output.push_back(object_of(items_[i]));
  return last_event("response.failed", outcome);
}

Usage ResponseStream::usage(std::int64_t prompt_estimate) const {
  if (usage_.known) return usage_;
  Usage usage;
  usage.prompt = prompt_estimate;
  usage.completion = pieces_;
  return usage;
}

}  // namespace lazuli::openai
