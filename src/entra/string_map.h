// A hash map by text that is looked up by string_view without making a string first.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace lazuli::entra {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

template <typename T>
using StringMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

}  // namespace lazuli::entra
