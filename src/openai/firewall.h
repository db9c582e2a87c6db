// An account's network rules: which addresses may call. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lazuli::openai {

// rules: IPv4 addresses ("10.0.0.4") and ranges ("10.244.0.0/16"). What is no IPv4 address is not allowed.
bool address_allowed(std::string_view peer, const std::vector<std::string>& rules);

}  // namespace lazuli::openai
