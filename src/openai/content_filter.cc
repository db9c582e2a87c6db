#include "openai/content_filter.h"

#include <algorithm>

#include "base/text.h"

namespace lazuli::openai {

namespace {

// Names and order as recorded since 2026-03; `jailbreak` and the protected materials are detections, the others have
// a severity.
const std::vector<std::string_view>& prompt_categories() {
  static const std::vector<std::string_view> names = {"hate", "jailbreak", "self_harm", "sexual", "violence"};
  return names;
}

const std::vector<std::string_view>& completion_categories() {
  static const std::vector<std::string_view> names = {
      "hate", "protected_material_code", "protected_material_text", "self_harm", "sexual", "violence"};
  return names;
}

bool is_detection(std::string_view category) {
  return category == "jailbreak" || category.starts_with("protected_material");
}

std::string annotation(std::string_view category, bool found) {
  std::string out = "\"" + std::string(category) + "\":{";
  if (is_detection(category)) {
    out += found ? "\"detected\":true,\"filtered\":true" : "\"detected\":false,\"filtered\":false";
  } else {
    out += found ? R"("filtered":true,"severity":"medium")" : R"("filtered":false,"severity":"safe")";
  }
  return out + "}";
}

}  // namespace

ContentFilter::ContentFilter(const Json& settings) : on_(string_at(settings, "mode") != "off") {
  if (const auto* terms = find(settings, "terms"); terms && terms->is_object() && on_) {
    for (const auto& [category, list] : terms->as_object()) {
      if (!list.is_array()) continue;
      for (const auto& term : list.as_array()) {
        if (const auto* text = term.if_string(); text && !text->empty()) {
          terms_.push_back({std::string(category), to_lower(*text)});
        }
      }
    }
  }
  safe_prompt_ = judge({}, prompt_categories());
  safe_completion_ = judge({}, completion_categories());
}

Verdict ContentFilter::judge(std::string_view text, const std::vector<std::string_view>& categories) const {
  if (!on_) return {"{}", false};
  const std::string lower = to_lower(text);
  Verdict verdict{"{", false};
  for (const auto category : categories) {
    const bool found = std::any_of(terms_.begin(), terms_.end(), [&](const Term& term) {
      return term.category == category && lower.find(term.text) != std::string::npos;
    });
    if (verdict.results.size() > 1) verdict.results += ',';
    verdict.results += annotation(category, found);
    verdict.blocked = verdict.blocked || found;
  }
  verdict.results += '}';
  return verdict;
}

Verdict ContentFilter::prompt(std::string_view text) const {
  return judges() ? judge(text, prompt_categories()) : safe_prompt_;
}

Verdict ContentFilter::completion(std::string_view text) const {
  return judges() ? judge(text, completion_categories()) : safe_completion_;
}

}  // namespace lazuli::openai
