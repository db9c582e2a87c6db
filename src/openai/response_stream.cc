#include "openai/response_stream.h"

#include "net/sse.h"

namespace lazuli::openai {

ResponseStream::ResponseStream(ResponseShape shape, std::function<std::int64_t()> now, Completed completed)
    : shape_(std::move(shape)), now_(std::move(now)), completed_(std::move(completed)) {}

std::string ResponseStream::event(std::string_view name, JsonObject data) {
  JsonObject whole{{"type", name}};
  for (auto& [key, value] : data) whole[key] = std::move(value);
  whole["sequence_number"] = sequence_++;
  return net::event_text(to_text(whole), name);
}

std::string ResponseStream::response_event(std::string_view name, const ResponseOutcome* outcome) {
  return event(name, JsonObject{{"response", response_object(shape_, outcome)}});
}

std::string ResponseStream::head() {
  std::string out = response_event("response.created", nullptr);
  return out + response_event("response.in_progress", nullptr);
}

Result<std::string> ResponseStream::take(const Json& chunk) {
  if (const Usage usage = read_usage(chunk); usage.known) usage_ = usage;
  const auto* choices = find(chunk, "choices");
  if (choices == nullptr || !choices->is_array()) {
    if (find(chunk, "usage")) return std::string();
    return engine_garbage("choices");
  }
  std::string out;
  for (const auto& choice : choices->as_array()) {
    if (!choice.is_object()) return engine_garbage("choice");
    if (finished()) break;
    if (const auto text = string_at(choice, "delta", "content"); !text.empty()) {
      take_text(text, token_logprobs(find(choice, "logprobs"), shape_.top_logprobs()), out);
    }
    if (const auto* calls = find(choice, "delta", "tool_calls"); calls && calls->is_array()) {
      for (const auto& call : calls->as_array()) take_call(call, out);
    }
    if (const auto reason = string_at(choice, "finish_reason"); !reason.empty() && !finished()) finish_ = reason;
  }
  return out;
}

void ResponseStream::open_item(Item item, std::string& out) {
  while (closed_ < items_.size()) out += close_item(closed_);
  const std::size_t index = items_.size();
  item.id = item_id(shape_, item.call ? "fc_" : "msg_", index);
  items_.push_back(std::move(item));
  const Item& opened = items_.back();
  out += event("response.output_item.added",
               JsonObject{{"item", opened.call ? call_item(opened.id, opened.call_id, opened.name, "", "in_progress")
                                               : message_item(opened.id, "", "in_progress")},
                          {"output_index", index}});
  if (opened.call) return;
  out +=
      event("response.content_part.added",
            JsonObject{{"content_index", 0}, {"item_id", opened.id}, {"output_index", index}, {"part", text_part("")}});
}

void ResponseStream::take_text(std::string_view text, JsonArray logprobs, std::string& out) {
  ++pieces_;
  if (items_.empty() || items_.back().call) open_item(Item{}, out);
  Item& item = items_.back();
  item.text += text;
  if (shape_.verdicts->block(0, item.text, text.size())) {
    finish_ = "content_filter";
    return;
  }
  item.logprobs.insert(item.logprobs.end(), logprobs.begin(), logprobs.end());
  out += event("response.output_text.delta", JsonObject{{"content_index", 0},
                                                        {"delta", text},
                                                        {"item_id", item.id},
                                                        {"logprobs", std::move(logprobs)},
                                                        {"output_index", items_.size() - 1}});
}

void ResponseStream::take_call(const Json& call, std::string& out) {
  if (const auto id = string_at(call, "id"); !id.empty()) {
    Item item;
    item.call = true;
    item.call_id = id;
    item.name = string_at(call, "function", "name");
    open_item(std::move(item), out);
  }
  const std::string arguments = string_at(call, "function", "arguments");
  if (arguments.empty() || items_.empty() || !items_.back().call) return;
  Item& item = items_.back();
  item.text += arguments;
  out += event("response.function_call_arguments.delta",
               JsonObject{{"delta", arguments}, {"item_id", item.id}, {"output_index", items_.size() - 1}});
}

std::string ResponseStream::close_item(std::size_t index) {
  closed_ = index + 1;
  const Item& item = items_[index];
  if (item.call) {
    std::string out = event("response.function_call_arguments.done",
                            JsonObject{{"arguments", item.text}, {"item_id", item.id}, {"output_index", index}});
    return out + event("response.output_item.done",
                       JsonObject{{"item", call_item(item.id, item.call_id, item.name, item.text, "completed")},
                                  {"output_index", index}});
  }
  std::string out = event("response.output_text.done", JsonObject{{"content_index", 0},
                                                                  {"item_id", item.id},
                                                                  {"logprobs", item.logprobs},
                                                                  {"output_index", index},
                                                                  {"text", item.text}});
  out += event("response.content_part.done", JsonObject{{"content_index", 0},
                                                        {"item_id", item.id},
                                                        {"output_index", index},
                                                        {"part", text_part(item.text, item.logprobs)}});
  return out + event("response.output_item.done",
                     JsonObject{{"item", message_item(item.id, item.text, "completed", item.logprobs)},
                                {"output_index", index}});
}

std::string ResponseStream::tail(std::int64_t prompt_estimate) {
  std::string out;
  ResponseOutcome outcome;
  outcome.finish = finish_;
  outcome.usage = usage(prompt_estimate);
  outcome.completed = now_();
  if (!blocked()) {
    while (closed_ < items_.size()) out += close_item(closed_);
  }
  for (const auto& item : items_) {
    if (!item.call) outcome.text += item.text;
    if (blocked()) continue;
    outcome.output.push_back(item.call ? call_item(item.id, item.call_id, item.name, item.text, "completed")
                                       : message_item(item.id, item.text, "completed", item.logprobs));
  }
  const bool whole = finish_ != "length" && !blocked();
  out += response_event(whole ? "response.completed" : "response.incomplete", &outcome);
  completed_(response_object(shape_, &outcome));
  return out;  // no [DONE] (recorded)
}

Usage ResponseStream::usage(std::int64_t prompt_estimate) const {
  if (usage_.known) return usage_;
  Usage usage;
  usage.prompt = prompt_estimate;
  usage.completion = pieces_;
  return usage;
}

}  // namespace lazuli::openai
