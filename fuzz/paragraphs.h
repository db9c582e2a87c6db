// Inputs of several parts: empty lines are between them.
#pragma once

#include <string_view>
#include <vector>

namespace lazuli::fuzz {

// `most` parts: the last holds all that is left, those that are missing are empty.
inline std::vector<std::string_view> paragraphs(std::string_view text, std::size_t most) {
  std::vector<std::string_view> out;
  while (out.size() + 1 < most) {
    const auto end = text.find("\n\n");
    if (end == std::string_view::npos) break;
    out.push_back(text.substr(0, end));
    text.remove_prefix(end + 2);
  }
  out.push_back(text);
  out.resize(most);
  return out;
}

}  // namespace lazuli::fuzz
