#include "openai/model_list.h"

#include <charconv>
#include <chrono>

#include "base/text.h"
#include "openai/errors.h"

namespace lazuli::openai {

namespace {

std::int64_t unix_of(std::string_view date) {  // "2023-06-19"
  int year = 1970;
  unsigned month = 1, day = 1;
  std::from_chars(date.data(), date.data() + 4, year);
  std::from_chars(date.data() + 5, date.data() + 7, month);
  std::from_chars(date.data() + 8, date.data() + 10, day);
  const std::chrono::sys_days days{std::chrono::year(year) / month / day};
  return std::chrono::duration_cast<std::chrono::seconds>(days.time_since_epoch()).count();
}

std::string_view lifecycle_word(std::string_view lifecycle) {
  return lifecycle == "Preview" ? "preview" : lifecycle == "Deprecated" ? "deprecated" : "generally-available";
}

std::string id_of(const Model& model) {
  return model.answer_name();
}

// OpenAI's form. By specification; no recording is known.
JsonObject plain_form(const Model& model) {
  return JsonObject{
      {"id", id_of(model)}, {"object", "model"}, {"created", unix_of(model.published)}, {"owned_by", "system"}};
}

// Recorded about 2023-07, and the example of 2024-10-21.
JsonObject azure_form(const Model& model) {
  JsonObject deprecation;
  if (!model.retires.empty()) deprecation["inference"] = unix_of(model.retires);
  const auto created = unix_of(model.published);
  return JsonObject{{"capabilities", JsonObject{{"fine_tune", false},
                                                {"inference", true},
                                                {"completion", model.can(kCompletion)},
                                                {"chat_completion", model.can(kChat)},
                                                {"embeddings", model.can(kEmbedding)}}},
                    {"lifecycle_status", lifecycle_word(model.lifecycle)},
                    {"deprecation", std::move(deprecation)},
                    {"id", id_of(model)},
                    {"status", "succeeded"},
                    {"created_at", created},
                    {"updated_at", created},
                    {"object", "model"}};
}

JsonObject form(const Model& model, bool v1) {
  return v1 ? plain_form(model) : azure_form(model);
}

}  // namespace

std::string model_list(const ServedAccount&, bool v1) {
  JsonArray data;
  for (const auto& model : models()) data.push_back(form(model, v1));
  return to_text(JsonObject{{"data", std::move(data)}, {"object", "list"}});
}

Result<std::string> model_entry(const ServedAccount& account, bool v1, std::string_view id) {
  for (const auto& model : models()) {
    if (equals_ignoring_case(id_of(model), id)) return to_text(form(model, v1));
  }
  // The SDKs also ask for a model by the deployment's name.
  if (const auto deployment = account.find(id); deployment && deployment->model) {
    return to_text(form(*deployment->model, v1));
  }
  return gateway_error(404, "ModelNotFound", "The model '" + std::string(id) + "' does not exist.");
}

}  // namespace lazuli::openai
