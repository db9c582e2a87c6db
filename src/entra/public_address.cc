#include "entra/public_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace lazuli::entra {

namespace {

struct Range4 {
  std::uint32_t base;
  int bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c = 0) {
  return a << 24 | b << 16 | c << 8;
}

constexpr Range4 kSpecial4[] = {
    {v4(0, 0), 8},     {v4(10, 0), 8},         {v4(100, 64), 10},     {v4(127, 0), 8},       {v4(169, 254), 16},
    {v4(172, 16), 12}, {v4(192, 0, 0), 24},    {v4(192, 0, 2), 24},   {v4(192, 88, 99), 24}, {v4(192, 168), 16},
    {v4(198, 18), 15}, {v4(198, 51, 100), 24}, {v4(203, 0, 113), 24}, {v4(224, 0), 4},       {v4(240, 0), 4},
};

bool is_public4(std::uint32_t address) {
  return std::ranges::none_of(kSpecial4,
                              [&](const Range4& range) { return (address ^ range.base) >> (32 - range.bits) == 0; });
}

using Bytes = std::array<std::uint8_t, 16>;

std::uint32_t word(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 24 | static_cast<std::uint32_t>(bytes[at + 1]) << 16 |
         static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}

bool is_public6(const Bytes& bytes) {
  const std::uint32_t first = word(bytes, 0), second = word(bytes, 4), third = word(bytes, 8);
  constexpr std::uint32_t kNat64 = 0x0064ff9b, kDocumentation = 0x20010db8, kTeredo = 0x20010000;
  if (first == kNat64 && second == 0 && third == 0) return is_public4(word(bytes, 12));
  if (first >> 16 == 0x2002) return is_public4(word(bytes, 2));  // 6to4
  // Global unicast is 2000::/3; mapped IPv4 addresses, loopback, local and multicast ranges lie outside.
  return first >> 29 == 1 && first != kDocumentation && first != kTeredo;
}

}  // namespace

bool is_public_address(std::string_view address) {
  const std::string text(address);
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return is_public4(ntohl(four.s_addr));
  Bytes six{};
  if (inet_pton(AF_INET6, text.c_str(), six.data()) != 1) return false;
  const bool mapped = word(six, 0) == 0 && word(six, 4) == 0 && word(six, 8) == 0xffff;
  return mapped ? is_public4(word(six, 12)) : is_public6(six);
}

}  // namespace lazuli::entra
