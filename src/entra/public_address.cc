#include "entra/public_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
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

struct Network {
  Bytes base{};
  int bits = 0;  // of 128
};

// IPv4 as its mapped form, so that one comparison serves both.
std::optional<Bytes> read_address(std::string_view address) {
  const std::string text(address);
  Bytes bytes{};
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) {
    bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes.data() + 12, &four, sizeof four);
    return bytes;
  }
  return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1 ? std::optional(bytes) : std::nullopt;
}

std::optional<Network> read_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = read_address(text.substr(0, slash));
  if (!base) return std::nullopt;
  const int width = text.find(':') == std::string_view::npos ? 32 : 128;
  int bits = width;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (problem != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > width) return std::nullopt;
  }
  return Network{*base, 128 - width + bits};
}

bool holds(const Network& network, const Bytes& address) {
  for (int bit = 0; bit < network.bits; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    if (((network.base[at] ^ address[at]) >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

}  // namespace

bool is_network(std::string_view text) {
  return read_network(text).has_value();
}

bool is_in_networks(std::string_view address, const std::vector<std::string>& networks) {
  const auto bytes = read_address(address);
  return bytes && std::ranges::any_of(networks, [&](const std::string& text) {
           const auto network = read_network(text);
           return network && holds(*network, *bytes);
         });
}

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
