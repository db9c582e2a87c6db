// What must hold whatever comes in. Unlike an assertion it says in words what was broken, and is never compiled out.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace lazuli::fuzz {

inline void rule(bool holds, const char* words, std::string_view evidence = {}) {
  if (holds) return;
  std::fprintf(stderr, "\nbroken rule: %s\n%.*s\n", words, static_cast<int>(evidence.size()), evidence.data());
  std::abort();
}

}  // namespace lazuli::fuzz
