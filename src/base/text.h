// Small operations on text: ASCII case, splitting, percent-encoding, Base64 and hexadecimal. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

void append_decimal(std::string& out, std::int64_t number);

// What is not UTF-8 in it becomes U+FFFD, byte for byte; texts that came in, or were cut, may hold such.
std::string valid_utf8(std::string text);

// How many bytes at its beginning JSON's strings take as they stand: no control characters, quotes or backslashes.
std::size_t plain_length(std::string_view text);

std::string percent_encode(std::string_view text);  // everything but RFC 3986 unreserved characters
std::string percent_decode(std::string_view text, bool plus_is_space = false);  // bad escapes stay as they are

std::string base64(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);     // padded, strict
std::string base64url(std::string_view bytes);                       // without padding (RFC 7515)
std::optional<std::string> base64url_decode(std::string_view text);  // without padding, strict, canonical
std::string hex(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

}  // namespace lazuli
