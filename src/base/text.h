// Small operations on text: ASCII case, splitting, percent-encoding, Base64 and hexadecimal. Pure functions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace lazuli {

std::string to_lower(std::string_view text);  // ASCII only; Azure's names are ASCII
std::string to_upper(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
bool ends_with_ignoring_case(std::string_view text, std::string_view suffix);
bool is_guid(std::string_view text);  // 8-4-4-4-12 hexadecimal digits, in any case
std::string_view trim(std::string_view text);
std::string_view without_trailing_slashes(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator, bool keep_empty = false);
std::vector<std::string_view> split_views(std::string_view text, char separator, bool keep_empty = false);  // of `text`
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

void append_decimal(std::string& out, std::int64_t number);

// Appends all parts, views or literals, none of them of `out` itself, and grows once.
template <typename... Parts>
void append_all(std::string& out, const Parts&... parts) {
  constexpr auto view = []<typename Part>(const Part& part) -> std::string_view {
    if constexpr (std::is_array_v<Part>) return {part, sizeof(Part) - 1};  // its length is known to the compiler
    return part;
  };
  const std::size_t at = out.size();
  out.resize(at + (view(parts).size() + ...));
  char* to = out.data() + at;
  ((to = std::copy_n(view(parts).data(), view(parts).size(), to)), ...);
}

// What is not UTF-8 in it becomes U+FFFD, byte for byte; texts that came in, or were cut, may hold such.
std::string valid_utf8(std::string text);

// How many bytes at its beginning JSON's strings take as they stand: no control characters, quotes or backslashes.
std::size_t plain_length(std::string_view text);

// How many bytes at its beginning may stand in a line of an HTTP head (RFC 9110, section 5.5): no control characters
// but tabs.
std::size_t field_length(std::string_view text);

std::string percent_encode(std::string_view text);  // everything but RFC 3986 unreserved characters
std::string percent_decode(std::string_view text, bool plus_is_space = false);  // bad escapes stay as they are

std::string base64(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);     // padded, strict
std::string base64url(std::string_view bytes);                       // without padding (RFC 7515)
std::optional<std::string> base64url_decode(std::string_view text);  // without padding, strict, canonical
std::string hex(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

}  // namespace lazuli
