// The echo engine: answers from the request alone, the same for the same request, and says in its answer that it is
// one. For tests, and for machines that should not run a model.
#include <cmath>
#include <functional>

#include "base/text.h"
#include "net/sse.h"
#include "openai/answer.h"
#include "openai/engine.h"

namespace lazuli::openai {

namespace {

constexpr std::string_view kModel = "echo";
constexpr std::int64_t kDefaultDimensions = 1536;  // of text-embedding-ada-002

std::string text_of(const Json* content) {
  if (content == nullptr) return {};
  if (const auto* list = content->if_array()) {
    std::string out;
    for (const auto& part : *list) out += string_at(part, "text");
    return out;
  }
  return string_or(content);
}

std::string last_user_text(const Json& body) {
  std::string last;
  for (const auto& message : array_at(body, "messages")) {
    if (string_at(message, "role") == "user") last = text_of(find(message, "content"));
  }
  return last;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = text.find(' ', begin + 1);
    words.emplace_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) break;
    begin = end;
  }
  return words;
}

// One answer before it is written: its words are its tokens.
struct Echo {
  std::vector<std::string> words;
  std::string tool;  // name of the function to call; empty: none
  std::string arguments;
  std::string finish = "stop";
  std::int64_t tokens() const { return static_cast<std::int64_t>(words.size()) + (tool.empty() ? 0 : 1); }
};

std::string forced_tool(const Json& body) {
  if (std::string name = string_at(body, "tool_choice", "function", "name"); !name.empty()) return name;
  const JsonArray& tools = array_at(body, "tools");
  if (string_at(body, "tool_choice") != "required" || tools.empty()) return {};
  return string_at(tools.front(), "function", "name");
}

Echo answer_to(const EngineCall& call) {
  const Json& body = call.inference.body;
  Echo echo;
  const std::string said =
      call.operation == Operation::completion ? text_of(find(body, "prompt")) : last_user_text(body);
  if (echo.tool = forced_tool(body); !echo.tool.empty()) {
    echo.arguments = to_text(JsonObject{{"text", said}});
    echo.finish = "tool_calls";
    return echo;
  }
  const std::string form = string_at(body, "response_format", "type");
  std::string text = form.starts_with("json") ? to_text(JsonObject{{"engine", "echo"}, {"text", said}})
                                              : "This is lazuli's echo engine, not a model. You said: " + said;
  if (const auto stop = string_at(body, "stop"); !stop.empty()) text = text.substr(0, text.find(stop));
  echo.words = words_of(text);
  auto limit = integer(find(body, "max_completion_tokens"));
  if (!limit) limit = integer(find(body, "max_tokens"));
  if (limit && *limit >= 0 && *limit < static_cast<std::int64_t>(echo.words.size())) {
    echo.words.resize(static_cast<std::size_t>(*limit));
    echo.finish = "length";
  }
  return echo;
}

JsonObject usage_of(const EngineCall& call, const Echo& echo) {
  const auto prompt = call.inference.prompt_estimate;
  const auto completion = echo.tokens() * call.inference.choices;
  return JsonObject{
      {"prompt_tokens", prompt}, {"completion_tokens", completion}, {"total_tokens", prompt + completion}};
}

JsonObject tool_call(const Echo& echo) {
  return JsonObject{
      {"index", 0}, {"type", "function"}, {"function", JsonObject{{"name", echo.tool}, {"arguments", echo.arguments}}}};
}

net::Response whole(const EngineCall& call, const Echo& echo) {
  const std::string text = join(echo.words, "");
  JsonArray choices;
  for (int i = 0; i < call.inference.choices; ++i) {
    JsonObject choice{{"index", i}, {"finish_reason", echo.finish}};
    if (call.operation == Operation::completion) {
      choice["text"] = text;
    } else if (echo.tool.empty()) {
      choice["message"] = JsonObject{{"role", "assistant"}, {"content", text}};
    } else {
      choice["message"] =
          JsonObject{{"role", "assistant"}, {"content", nullptr}, {"tool_calls", JsonArray{tool_call(echo)}}};
    }
    choices.push_back(std::move(choice));
  }
  return net::Response::json(200, JsonObject{{"choices", std::move(choices)}, {"usage", usage_of(call, echo)}});
}

std::string chunk(JsonArray choices, const JsonObject* usage = nullptr) {
  JsonObject out{{"choices", std::move(choices)}};
  if (usage) out["usage"] = *usage;
  return net::event_text(to_text(out));
}

net::Response streamed(const EngineCall& call, const Echo& echo) {
  const bool legacy = call.operation == Operation::completion;
  net::Response response;
  response.headers.set("Content-Type", "text/event-stream");
  for (int i = 0; i < call.inference.choices; ++i) {
    for (const auto& word : echo.words) {
      JsonObject choice{{"index", i}, {"finish_reason", nullptr}};
      if (legacy) {
        choice["text"] = word;
      } else {
        choice["delta"] = JsonObject{{"content", word}};
      }
      response.body += chunk(JsonArray{std::move(choice)});
    }
    if (!echo.tool.empty()) {
      response.body +=
          chunk(JsonArray{JsonObject{{"index", i}, {"delta", JsonObject{{"tool_calls", JsonArray{tool_call(echo)}}}}}});
    }
    response.body +=
        chunk(JsonArray{JsonObject{{"index", i}, {"finish_reason", echo.finish}, {"delta", JsonObject()}}});
  }
  const JsonObject usage = usage_of(call, echo);
  response.body += chunk(JsonArray(), &usage) + net::event_text("[DONE]");
  return response;
}

// A unit vector that depends on the text alone.
JsonArray vector_of(std::string_view text, std::int64_t dimensions) {
  std::uint64_t state = 1469598103934665603U;  // FNV-1a, then a xorshift sequence
  for (const unsigned char c : text) state = (state ^ c) * 1099511628211U;
  std::vector<double> numbers;
  double square = 0;
  for (std::int64_t i = 0; i < dimensions; ++i) {
    state |= 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    numbers.push_back(static_cast<double>(state >> 11) / 9007199254740992.0 - 0.5);
    square += numbers.back() * numbers.back();
  }
  JsonArray vector;
  for (const double number : numbers) vector.emplace_back(number / std::sqrt(square));
  return vector;
}

net::Response embedded(const EngineCall& call) {
  const auto& input = *find(call.inference.body, "input");
  const auto dimensions =
      std::min<std::int64_t>(4096, integer(find(call.inference.body, "dimensions")).value_or(kDefaultDimensions));
  JsonArray data;
  const auto add = [&](std::string_view text) {
    const auto index = static_cast<std::int64_t>(data.size());
    data.push_back(JsonObject{{"object", "embedding"}, {"index", index}, {"embedding", vector_of(text, dimensions)}});
  };
  const auto* list = input.if_array();
  if (list == nullptr || list->front().is_number()) {
    add(list ? to_text(input) : string_or(&input));
  } else {
    for (const auto& item : *list) add(item.is_string() ? string_or(&item) : to_text(item));
  }
  const auto prompt = call.inference.prompt_estimate;
  return net::Response::json(200,
                             JsonObject{{"data", std::move(data)},
                                        {"usage", JsonObject{{"prompt_tokens", prompt}, {"total_tokens", prompt}}}});
}

class EchoEngine final : public Engine {
 public:
  std::string_view kind() const override { return "echo"; }

  net::Task<Result<EngineAnswer>> open(const EngineCall& call) override {
    net::Response response;
    if (call.operation == Operation::embedding) {
      response = embedded(call);
    } else {
      const Echo echo = answer_to(call);
      response = call.inference.stream ? streamed(call, echo) : whole(call, echo);
    }
    co_return EngineAnswer(stored_answer(std::move(response)), std::string(kModel));
  }
};

}  // namespace

std::unique_ptr<Engine> make_echo_engine() {
  return std::make_unique<EchoEngine>();
}

}  // namespace lazuli::openai
