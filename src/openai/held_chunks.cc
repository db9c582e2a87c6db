#include "openai/held_chunks.h"

namespace lazuli::openai {

namespace {

constexpr std::int64_t kMostChoices = 128;  // a chunk beyond is refused as garbage when it is shaped

}  // namespace

void HeldChunks::add(Json chunk) {
  for (const auto& choice : array_at(chunk, "choices")) {
    const auto index = integer(find(choice, "index")).value_or(0);
    if (index < 0 || index >= kMostChoices) continue;
    const std::string added = string_at(choice, "delta", "content") + string_at(choice, "text");
    if (!string_at(choice, "finish_reason").empty()) ended_ = true;
    if (added.empty()) continue;
    const auto at = static_cast<std::size_t>(index);
    if (choices_.size() <= at) choices_.resize(at + 1);
    choices_[at].text += added;
    choices_[at].grown = true;
    fresh_ += added.size();
  }
  chunks_.push_back(std::move(chunk));
}

std::vector<std::pair<std::size_t, std::string>> HeldChunks::texts() const {
  std::vector<std::pair<std::size_t, std::string>> out;
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    if (choices_[i].grown) out.emplace_back(i, choices_[i].text);
  }
  return out;
}

std::vector<Json> HeldChunks::release() {
  for (auto& choice : choices_) {
    choice.grown = false;
    // Trimmed only here, so that what is new has been seen whole; at a character's beginning, for the text is UTF-8.
    if (choice.text.size() <= kContext) continue;
    std::size_t cut = choice.text.size() - kContext;
    while (cut < choice.text.size() && (static_cast<unsigned char>(choice.text[cut]) & 0xC0) == 0x80) ++cut;
    choice.text.erase(0, cut);
  }
  fresh_ = 0;
  ended_ = false;
  return std::exchange(chunks_, {});
}

}  // namespace lazuli::openai
