#include "openai/firewall.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdint>
#include <optional>

namespace lazuli::openai {

namespace {

std::optional<std::uint32_t> ipv4(std::string_view text) {
  constexpr std::string_view mapped = "::ffff:";
  if (text.starts_with(mapped)) text.remove_prefix(mapped.size());
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

bool fits(std::uint32_t address, std::string_view rule) {
  const auto slash = rule.find('/');
  const auto base = ipv4(rule.substr(0, slash));
  unsigned bits = 32;
  if (slash != std::string_view::npos) {
    const auto text = rule.substr(slash + 1);
    const auto read = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || bits > 32) return false;
  }
  const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  return base && (*base & mask) == (address & mask);
}

}  // namespace

bool address_allowed(std::string_view peer, const std::vector<std::string>& rules) {
  const auto address = ipv4(peer);
  if (!address) return false;
  for (const auto& rule : rules) {
    if (fits(*address, rule)) return true;
  }
  return false;
}

}  // namespace lazuli::openai
