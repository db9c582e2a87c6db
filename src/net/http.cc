#include "net/http.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

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

void Headers::set(std::string_view name, std::string value) {
  const auto line = find_name(lines_, name);
  if (line == lines_.end()) return add(name, std::move(value));
  line->second = std::move(value);
  lines_.erase(std::remove_if(line + 1, lines_.end(),
                              [name](const auto& other) { return equals_ignoring_case(other.first, name); }),
               lines_.end());
}

void Headers::add(std::string_view name, std::string value) {
  lines_.emplace_back(name, std::move(value));
}

void Headers::erase(std::string_view name) {
  std::erase_if(lines_, [name](const auto& line) { return equals_ignoring_case(line.first, name); });
}

std::string_view Headers::get(std::string_view name) const {
  const auto line = find_name(lines_, name);
  return line == lines_.end() ? std::string_view() : std::string_view(line->second);
}

bool Headers::has(std::string_view name) const {
  return find_name(lines_, name) != lines_.end();
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

std::string Request::bearer() const {
  const std::string_view value = headers.get("Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (!starts_with_ignoring_case(value, kScheme)) return {};
  return std::string(trim(value.substr(kScheme.size())));
}

Response Response::json(int status, const Json& body) {
  return text(status, to_text(body), "application/json; charset=utf-8");
}

Response Response::text(int status, std::string body, std::string_view type) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", std::string(type));
  response.body = std::move(body);
  return response;
}

Response Response::empty(int status) {
  Response response;
  response.status = status;
  return response;
}

std::string Url::origin() const {
  std::string out = scheme + "://";
  out += host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls() ? 443U : 80U)) out += ":" + std::to_string(port);
  return out;
}

}  // namespace lazuli::net
