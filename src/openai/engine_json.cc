#include "openai/engine_json.h"

#include <charconv>
#include <optional>
#include <string>

#include "base/text.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kEscape = 6;  // \uXXXX

std::optional<unsigned> unit_at(std::string_view text, std::size_t at) {
  if (text.size() < at + kEscape || text.substr(at, 2) != "\\u") return std::nullopt;
  unsigned unit = 0;
  const char *begin = text.data() + at + 2, *end = begin + 4;
  const auto read = std::from_chars(begin, end, unit, 16);
  return read.ec == std::errc() && read.ptr == end ? std::optional(unit) : std::nullopt;
}

bool begins_pair(unsigned unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}

bool ends_pair(unsigned unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

std::string mended(std::string_view text) {
  std::string out = valid_utf8(std::string(text));
  for (std::size_t at = out.find('\\'); at != std::string::npos; at = out.find('\\', at)) {
    const auto unit = unit_at(out, at), next = unit_at(out, at + kEscape);
    if (!unit) {
      at += 2;
    } else if (begins_pair(*unit) && next && ends_pair(*next)) {
      at += 2 * kEscape;
    } else {
      if (begins_pair(*unit) || ends_pair(*unit)) out.replace(at + 2, 4, "fffd");
      at += kEscape;
    }
  }
  return out;
}

}  // namespace

Result<Json> read_engine_json(std::string_view text, boost::json::storage_ptr storage) {
  auto read = parse_json(text, {}, storage);
  if (read) return read;
  const std::string better = mended(text);
  return better == text ? read : parse_json(better, {}, std::move(storage));
}

}  // namespace lazuli::openai
