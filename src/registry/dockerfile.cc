#include "registry/dockerfile.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/text.h"

namespace lazuli::registry {

namespace {

using Variables = std::map<std::string, std::string>;

// $NAME, ${NAME}, ${NAME:-default}.
std::string substitute(std::string_view text, const Variables& variables) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '$') {
      out += text[at];
      continue;
    }
    const bool braces = at + 1 < text.size() && text[at + 1] == '{';
    std::size_t end = at + 1 + braces;
    const std::size_t start = end;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
    const std::string name(text.substr(start, end - start));
    std::string fallback;
    if (braces) {
      const auto close = text.find('}', end);
      if (text.substr(end).starts_with(":-") && close != std::string_view::npos)
        fallback = text.substr(end + 2, close - end - 2);
      end = close == std::string_view::npos ? text.size() : close + 1;
    }
    const auto known = variables.find(name);
    out += known == variables.end() || known->second.empty() ? fallback : known->second;
    at = end - 1;
  }
  return out;
}

std::string quoted(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$') out += '\\';
    if (c != '\n' && c != '\r') out += c;
  }
  return out + "\"";
}

char escape_of(std::string_view text) {
  for (const auto& line : split(text, '\n')) {
    const std::string_view trimmed = trim(line);
    if (!trimmed.starts_with('#')) break;
    const std::string directive = to_lower(trim(trimmed.substr(1)));
    if (directive.starts_with("escape") && directive.find('`') != std::string::npos) return '`';
  }
  return '\\';
}

class Reading {
 public:
  Reading(const Variables& arguments, const Variables& injected) : arguments_(arguments) {
    for (const auto& [name, value] : injected) injection_ += " " + name + "=" + quoted(value);
  }

  // One instruction, its lines joined. Whether a stage begins with it.
  bool instruction(const std::string& line) {
    const auto words = split(replace_all(line, "\t", " "), ' ');
    if (words.empty()) return false;
    const std::string keyword = to_upper(words.front());
    if (keyword == "ARG" && !in_stage_) {
      for (std::size_t at = 1; at < words.size(); ++at) global_argument(words[at]);
    } else if (keyword == "FROM") {
      from(words);
      return true;
    } else if (keyword == "COPY") {
      for (const auto& word : words)
        if (word.starts_with("--from=")) image(substitute(word.substr(7), globals_));
    }
    return false;
  }

  std::vector<std::string> images() && { return std::move(images_); }
  const std::string& injection() const { return injection_; }

 private:
  void global_argument(const std::string& word) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    value.erase(std::remove(value.begin(), value.end(), '"'), value.end());
    if (const auto given = arguments_.find(name); given != arguments_.end()) value = given->second;
    globals_[name] = substitute(value, globals_);
  }

  void from(const std::vector<std::string>& words) {
    in_stage_ = true;
    std::size_t at = 1;
    while (at < words.size() && words[at].starts_with("--")) ++at;
    if (at >= words.size()) return;
    image(substitute(words[at], globals_));
    if (at + 2 < words.size() && to_upper(words[at + 1]) == "AS") stages_.insert(to_lower(words[at + 2]));
  }

  void image(const std::string& name) {
    const bool number =
        !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); });
    if (name.empty() || name == "scratch" || number || stages_.contains(to_lower(name))) return;
    if (std::find(images_.begin(), images_.end(), name) == images_.end()) images_.push_back(name);
  }

  const Variables& arguments_;
  std::string injection_;
  Variables globals_;
  std::set<std::string> stages_;
  std::vector<std::string> images_;
  bool in_stage_ = false;
};

}  // namespace

Dockerfile read_dockerfile(std::string_view text, const Variables& arguments, const Variables& injected) {
  Dockerfile out;
  const char escape = escape_of(text);
  Reading reading(arguments, injected);
  std::string pending;
  for (const auto& line : split(text, '\n', true)) {
    (out.text += line) += '\n';
    const std::string_view trimmed = trim(line);
    if (trimmed.starts_with('#') || (trimmed.empty() && pending.empty())) continue;
    if (!trimmed.empty() && trimmed.back() == escape) {
      (pending += trimmed.substr(0, trimmed.size() - 1)) += ' ';
      continue;
    }
    pending += trimmed;
    if (reading.instruction(pending) && !reading.injection().empty()) out.text += "ARG" + reading.injection() + "\n";
    pending.clear();
  }
  out.images = std::move(reading).images();
  return out;
}

}  // namespace lazuli::registry
