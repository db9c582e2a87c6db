#include "openai/content_filter.h"

#include <algorithm>
#include <array>

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

const std::vector<std::string_view>& categories_of(FilterSource source) {
  return source == FilterSource::prompt ? prompt_categories() : completion_categories();
}

Error filter_garbage(std::string what) {
  return Error{"FilterGarbage", "The content filter's answer has " + std::move(what) + ".", 502};
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
          longest_ = std::max(longest_, text->size());
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

std::string_view ContentFilter::unseen(std::string_view text, std::size_t added) const {
  const std::size_t size = std::min(text.size(), longest_ + added);
  return text.substr(text.size() - size);
}

Verdict ContentFilter::prompt(std::string_view text) const {
  return judges() ? judge(text, prompt_categories()) : safe_prompt_;
}

Verdict ContentFilter::completion(std::string_view text) const {
  return judges() ? judge(text, completion_categories()) : safe_completion_;
}

Result<Verdict> read_verdict(const Json& answer, FilterSource source) {
  const auto* results = find(answer, "content_filter_results");
  if (results == nullptr || !results->is_object()) return filter_garbage("no content_filter_results");
  const auto& categories = categories_of(source);
  for (const auto& [name, value] : results->as_object()) {
    if (std::ranges::find(categories, std::string_view(name)) == categories.end())
      return filter_garbage("a category that there is not: " + std::string(name));
  }
  Verdict verdict{"{", false};
  for (const auto category : categories) {
    if (verdict.results.size() > 1) verdict.results += ',';
    const auto* given = find(*results, category);
    if (given == nullptr) {
      verdict.results += annotation(category, false);
      continue;
    }
    const auto* filtered = find(*given, "filtered");
    if (filtered == nullptr || !filtered->is_bool()) return filter_garbage("no filtered in " + std::string(category));
    const std::string decided = filtered->as_bool() ? "\"filtered\":true" : "\"filtered\":false";
    verdict.blocked = verdict.blocked || filtered->as_bool();
    verdict.results += "\"" + std::string(category) + "\":{";
    if (is_detection(category)) {
      const bool detected = bool_or(find(*given, "detected"), filtered->as_bool());
      verdict.results += std::string("\"detected\":") + (detected ? "true," : "false,") + decided + "}";
      continue;
    }
    constexpr std::array<std::string_view, 4> severities = {"safe", "low", "medium", "high"};
    const std::string severity = string_or(find(*given, "severity"), filtered->as_bool() ? "medium" : "safe");
    if (std::ranges::find(severities, severity) == severities.end())
      return filter_garbage("a severity that there is not: " + severity);
    append_all(verdict.results, decided, ",\"severity\":\"", severity, "\"}");
  }
  verdict.results += '}';
  return verdict;
}

void ChoiceVerdicts::set(std::size_t choice, Verdict verdict) {
  if (set_.size() <= choice) set_.resize(choice + 1, filter_->completion({}));
  set_[choice] = std::move(verdict);
}

Verdict ChoiceVerdicts::of(std::size_t choice, std::string_view text) const {
  return choice < set_.size() ? set_[choice] : filter_->completion(text);
}

bool ChoiceVerdicts::block(std::size_t choice, std::string_view text, std::size_t added) const {
  if (choice < set_.size()) return set_[choice].blocked;
  return filter_->judges() && filter_->completion(filter_->unseen(text, added)).blocked;
}

}  // namespace lazuli::openai
