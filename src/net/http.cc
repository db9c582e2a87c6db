#include "net/http.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "base/text.h"
#include "net/wire.h"

namespace lazuli::net {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// name=value pairs between '&'; a name without '=' has an empty value.
Pairs parse_pairs(std::string_view text) {
  Pairs out;
  while (!text.empty()) {
    const auto end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    out.emplace_back(percent_decode(pair.substr(0, equals), true), percent_decode(value, true));
  }
  return out;
}

template <typename Lines>
auto find_name(Lines& lines, std::string_view name) {
  return std::find_if(lines.begin(), lines.end(),
                      [name](const auto& line) { return equals_ignoring_case(line.first, name); });
}

}  // namespace

std::size_t Headers::find(std::string_view name, std::size_t from) const {
  while (from < marks_.size() && !(marks_[from].name == name.size() && equals_ignoring_case(line(from).first, name)))
    ++from;
  return from;
}

void Headers::set(std::string_view name, std::string_view value) {
  const std::size_t first = find(name);
  if (first == marks_.size()) return add(name, value);
  for (std::size_t other = find(name, first + 1); other < marks_.size(); other = find(name, other)) erase_at(other);
  std::string kept(value);
  clean_value(kept);
  Mark& mark = marks_[first];
  text_.replace(mark.begin + mark.name + kColon, mark.value, kept);
  for (std::size_t i = first + 1; i < marks_.size(); ++i)
    marks_[i].begin += static_cast<std::uint32_t>(kept.size()) - mark.value;  // modulo 2^32: may be less
  mark.value = static_cast<std::uint32_t>(kept.size());
}

void Headers::add(std::string_view name, std::string_view value) {
  const std::less<const char*> before;
  const bool ours = !before(value.data(), text_.data()) && before(value.data(), text_.data() + text_.size());
  if (ours) return add(name, std::string(value));  // would move while it is copied
  if (marks_.empty()) {
    text_.reserve(512);
    marks_.reserve(16);
  }
  const Mark mark{static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
                  static_cast<std::uint32_t>(value.size())};
  append_header(text_, name, value);
  marks_.push_back(mark);
}

void Headers::add(const Headers& others) {
  const auto by = static_cast<std::uint32_t>(text_.size());
  text_ += others.text_;
  for (const Mark& mark : others.marks_) marks_.push_back({mark.begin + by, mark.name, mark.value});
}

void Headers::erase_at(std::size_t at) {
  const auto size = static_cast<std::uint32_t>(marks_[at].size());
  text_.erase(marks_[at].begin, size);
  marks_.erase(marks_.begin() + static_cast<std::ptrdiff_t>(at));
  for (std::size_t i = at; i < marks_.size(); ++i) marks_[i].begin -= size;
}

void Headers::erase(std::string_view name) {
  for (std::size_t at = find(name); at < marks_.size(); at = find(name, at)) erase_at(at);
}

std::string_view Headers::get(std::string_view name) const {
  const std::size_t at = find(name);
  return at < marks_.size() ? line(at).second : std::string_view();
}

bool Headers::has(std::string_view name) const {
  return find(name) < marks_.size();
}

std::optional<std::uint64_t> content_length(std::string_view value) {
  std::uint64_t length = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (value.empty() || fault != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return length;
}

bool bodyless(int status) {
  return status / 100 == 1 || status == 204 || status == 304;
}

Query::Query(std::string_view text) : pairs_(parse_pairs(text)) {}

std::string Query::get(std::string_view name) const {
  const auto pair = find_name(pairs_, name);
  return pair == pairs_.end() ? std::string() : pair->second;
}

bool Query::has(std::string_view name) const {
  return find_name(pairs_, name) != pairs_.end();
}

Pairs parse_form(std::string_view body) {
  return parse_pairs(body);
}

std::string_view Request::bearer() const {
  const std::string_view value = headers.get("Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (!starts_with_ignoring_case(value, kScheme)) return {};
  return trim(value.substr(kScheme.size()));
}

Response Response::json(int status, const Json& body) {
  return text(status, to_text(body), "application/json; charset=utf-8");
}

Response Response::text(int status, std::string body, std::string_view type) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", type);
  response.body = std::move(body);
  return response;
}

Response Response::empty(int status) {
  Response response;
  response.status = status;
  return response;
}

}  // namespace lazuli::net
