#include "base/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

namespace lazuli {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode64(std::string_view bytes, std::string_view alphabet, bool pad) {
  const std::size_t whole = bytes.size() / 3;
  const std::size_t rest = bytes.size() % 3;
  const std::size_t last = rest == 0 ? 0 : pad ? 4 : rest + 1;
  std::string out(whole * 4 + last, '=');
  const auto group_at = [&](std::size_t at, std::size_t count) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[at + k]) : 0U);
    return group;
  };
  for (std::size_t i = 0; i < whole; ++i) {
    const std::uint32_t group = group_at(i * 3, 3);
    for (std::size_t k = 0; k < 4; ++k) out[i * 4 + k] = alphabet[group >> (18 - 6 * k) & 63U];
  }
  if (rest == 0) return out;
  const std::uint32_t group = group_at(whole * 3, rest);
  for (std::size_t k = 0; k <= rest; ++k) out[whole * 4 + k] = alphabet[group >> (18 - 6 * k) & 63U];
  return out;
}

std::array<std::int16_t, 256> reverse(std::string_view alphabet) {
  std::array<std::int16_t, 256> table;
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int16_t>(i);
  return table;
}

std::optional<std::string> decode64(std::string_view text, const std::array<std::int16_t, 256>& table) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out(text.size() * 3 / 4, '\0');
  std::size_t size = 0;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = table[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[size++] = static_cast<char>(bits >> count & 0xff);
    }
  }
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;  // left-over bits: not canonical
  return out;
}

}  // namespace

void append_decimal(std::string& out, std::int64_t number) {
  std::array<char, 24> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), upper);
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  return a == b || std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool ends_with_ignoring_case(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && equals_ignoring_case(text.substr(text.size() - suffix.size()), suffix);
}

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::string_view("0123456789abcdefABCDEF").find(text[i]) == std::string_view::npos)
      return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string_view without_trailing_slashes(std::string_view text) {
  return text.substr(0, text.find_last_not_of('/') + 1);
}

std::vector<std::string> split(std::string_view text, char separator, bool keep_empty) {
  const auto parts = split_views(text, separator, keep_empty);
  return {parts.begin(), parts.end()};
}

std::vector<std::string_view> split_views(std::string_view text, char separator, bool keep_empty) {
  std::vector<std::string_view> parts;
  parts.reserve(1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), separator)));
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    if (end > start || keep_empty) parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos && !from.empty();
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  const bool plain = text.find('%') == std::string_view::npos && text.find('+') == std::string_view::npos;
  if (plain) return std::string(text);  // tokens, which are long
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  return encode64(bytes, kStandard, true);
}
std::string base64url(std::string_view bytes) {
  return encode64(bytes, kUrlSafe, false);
}

std::optional<std::string> base64_decode(std::string_view text) {
  static const auto table = reverse(kStandard);
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  return decode64(text, table);
}

std::optional<std::string> base64url_decode(std::string_view text) {
  static const auto table = reverse(kUrlSafe);
  return decode64(text, table);
}

namespace {

std::uint64_t eight_at(std::string_view text, std::size_t at) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, text.data() + at, sizeof eight);
  return eight;
}

bool is_ascii(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    if ((eight_at(text, at) & 0x8080808080808080U) != 0) return false;
  }
  for (; at < text.size(); ++at) {
    if (static_cast<unsigned char>(text[at]) >= 0x80) return false;
  }
  return true;
}

constexpr std::size_t kAtOnce = 16;
using Bytes [[gnu::vector_size(kAtOnce)]] = unsigned char;

// The place of the first byte that was found; 16 if there is none.
template <typename Found>
std::size_t place_of(const Found& found) {
  static_assert(std::endian::native == std::endian::little && sizeof found == kAtOnce);
  std::array<std::uint64_t, 2> halves;
  std::memcpy(halves.data(), &found, sizeof found);
  if ((halves[0] | halves[1]) == 0) return kAtOnce;
  const int bit = halves[0] != 0 ? std::countr_zero(halves[0]) : 64 + std::countr_zero(halves[1]);
  return static_cast<std::size_t>(bit) / 8;
}

Bytes bytes_at(const char* begin) {
  Bytes bytes;
  std::memcpy(&bytes, begin, sizeof bytes);
  return bytes;
}

// How many bytes at its beginning are not special; `special` looks at one, or at sixteen at once.
template <typename Special>
std::size_t length_before(std::string_view text, Special special) {
  const char* const begin = text.data();
  if (text.size() < kAtOnce / 2) {
    const auto found = std::ranges::find_if(text, [&](char c) { return special(static_cast<unsigned char>(c)) != 0; });
    return static_cast<std::size_t>(found - text.begin());
  }
  if (text.size() < kAtOnce) {  // its first eight and its last
    std::array<char, kAtOnce> both;
    const std::size_t last = text.size() - both.size() / 2;
    std::memcpy(both.data(), begin, both.size() / 2);
    std::memcpy(both.data() + both.size() / 2, begin + last, both.size() / 2);
    const std::size_t place = place_of(special(bytes_at(both.data())));
    return place < both.size() / 2 ? place : last + place - both.size() / 2;
  }
  std::size_t at = 0;
  for (; at + 4 * kAtOnce <= text.size(); at += 4 * kAtOnce) {
    const auto pair = [&](std::size_t from) {
      return special(bytes_at(begin + from)) | special(bytes_at(begin + from + kAtOnce));
    };
    if (place_of(pair(at) | pair(at + 2 * kAtOnce)) < kAtOnce) break;
  }
  const std::size_t last = text.size() - kAtOnce;
  for (at = std::min(at, last);; at = std::min(at + kAtOnce, last)) {
    const std::size_t plain = place_of(special(bytes_at(begin + at)));
    if (plain < kAtOnce || at == last) return at + plain;
  }
}

// The length of the character that a text begins with, by RFC 3629; 0 if it is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t at) -> unsigned {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // Nothing that has a shorter form, no surrogates, nothing above U+10FFFF.
  const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::size_t plain_length(std::string_view text) {
  return length_before(text, [](auto bytes) { return (bytes < 0x20) | (bytes == '"') | (bytes == '\\'); });
}

std::size_t field_length(std::string_view text) {
  return length_before(text, [](auto bytes) { return ((bytes < 0x20) & (bytes != '\t')) | (bytes == 0x7f); });
}

std::string valid_utf8(std::string text) {
  if (is_ascii(text)) return text;
  std::string out;
  out.reserve(text.size());
  for (std::string_view left = text; !left.empty();) {
    const std::size_t length = utf8_length(left);
    out += length > 0 ? left.substr(0, length) : "\xef\xbf\xbd";
    left.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

}  // namespace lazuli
