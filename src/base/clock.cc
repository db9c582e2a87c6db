#include "base/clock.h"

#include <array>
#include <cstdint>
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
  // Log lines of the same second follow each other.
  thread_local std::int64_t last = INT64_MIN;
  thread_local std::string last_text;
  const std::int64_t whole = unix_seconds(time);
  if (whole != last) {
    last_text = formatted(static_cast<std::time_t>(whole), "%Y-%m-%dT%H:%M:%S");
    last = whole;
  }
  std::string text;
  text.reserve(last_text.size() + 11);  // point, nine digits, Z
  text += last_text;
  if (fraction_digits > 0) {
    auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(time - from_unix(whole)).count();
    std::array<char, 9> digits{};
    for (std::size_t i = digits.size(); i-- > 0; rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
    text += '.';
    text.append(digits.data(), static_cast<std::size_t>(fraction_digits));
  }
  text += 'Z';
  return text;
}

std::string http_date(TimePoint time) {
  return formatted(static_cast<std::time_t>(unix_seconds(time)), "%a, %d %b %Y %H:%M:%S GMT");
}

}  // namespace lazuli
