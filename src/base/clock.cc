#include "base/clock.h"

#include <array>
#include <ctime>

namespace lazuli {

namespace {

std::string formatted(std::time_t time, const char* form) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  return std::string(text.data(), std::strftime(text.data(), text.size(), form, &parts));
}

}  // namespace

std::int64_t unix_seconds(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

TimePoint from_unix(std::int64_t seconds) {
  return TimePoint(std::chrono::seconds(seconds));
}

std::string iso8601(TimePoint time, int fraction_digits) {
  const std::int64_t whole = unix_seconds(time);
  std::string text = formatted(static_cast<std::time_t>(whole), "%Y-%m-%dT%H:%M:%S");
  if (fraction_digits > 0) {
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(time - from_unix(whole)).count();
    std::string digits = std::to_string(rest);
    digits.insert(0, 9 - digits.size(), '0');
    text += "." + digits.substr(0, static_cast<std::size_t>(fraction_digits));
  }
  return text + "Z";
}

std::string http_date(TimePoint time) {
  return formatted(static_cast<std::time_t>(unix_seconds(time)), "%a, %d %b %Y %H:%M:%S GMT");
}

}  // namespace lazuli
