#include "openai/compaction.h"

#include "base/text.h"
#include "openai/errors.h"
#include "openai/parameters.h"

namespace lazuli::openai {

namespace {

constexpr std::string_view kQuestion =
    "Summarize this conversation for yourself, so that you can go on with it from the summary and the user's messages "
    "alone: what was asked, what was found and decided, what the tools answered, and what is still to be done. Answer "
    "with the summary only.";

}  // namespace

JsonObject compaction_question() {
  return JsonObject{{"role", "user"}, {"content", kQuestion}};
}

Result<JsonObject> compaction_answer(const Json& engine, const ResponseShape& shape, const JsonArray& conversation) {
  const auto outcome = outcome_of(engine, shape);
  if (!outcome) return outcome.error();
  if (outcome->text.empty()) return engine_garbage("text");
  JsonArray output;
  for (const auto& item : conversation) {
    if (string_at(item, "type") == "message" && string_at(item, "role") == "user") output.push_back(item);
  }
  output.push_back(JsonObject{
      {"id", item_id(shape, "cmp_", 0)}, {"type", "compaction"}, {"encrypted_content", base64(outcome->text)}});
  return JsonObject{{"id", shape.id},
                    {"object", "response.compaction"},
                    {"created_at", shape.created},
                    {"output", std::move(output)},
                    {"usage", response_usage(outcome->usage)}};
}

Result<std::string> compacted_text(const Json& item, const std::string& at) {
  const std::string place = at + ".encrypted_content";
  const auto* content = find(item, "encrypted_content");
  if (content == nullptr) return missing_parameter(place);
  if (!content->is_string()) return wrong_type(place, "a string", *content);
  auto text = base64_decode(content->get_string());
  if (text && !text->empty() && valid_utf8(*text) == *text) return *std::move(text);
  return invalid_request("The encrypted content of " + at + " could not be verified.", place,
                         "invalid_encrypted_content");
}

}  // namespace lazuli::openai
