#include "openai/json_edit.h"

#include <cassert>

namespace lazuli::openai {

namespace {

struct Member {
  std::string_view name;  // without quotes, escapes as written
  std::size_t begin = 0;  // of the name's quote
  std::size_t end = 0;    // behind the value
};

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  const auto found = text.find_first_not_of(" \t\r\n", at);
  return found == std::string_view::npos ? text.size() : found;
}

// `at` is at the opening quote; the result is behind the closing one: the first that no odd number of backslashes
// escapes.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (;;) {
    at = text.find('"', at + 1);
    if (at == std::string_view::npos) return text.size();
    std::size_t escapes = 0;
    while (text[at - 1 - escapes] == '\\') ++escapes;
    if (escapes % 2 == 0) return at + 1;
  }
}

std::size_t skip_value(std::string_view text, std::size_t at) {
  if (at >= text.size()) return at;
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const auto end = text.find_first_of(",}] \t\r\n", at);
    return end == std::string_view::npos ? text.size() : end;
  }
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return text.size();
}

std::vector<Member> members_of(std::string_view text) {
  std::vector<Member> members;
  members.reserve(16);
  std::size_t at = skip_blanks(text, 0);
  assert(at < text.size() && text[at] == '{');
  at = skip_blanks(text, at + 1);
  while (at < text.size() && text[at] == '"') {
    Member member;
    member.begin = at;
    at = skip_string(text, at);
    member.name = text.substr(member.begin + 1, at - member.begin - 2);
    at = skip_blanks(text, skip_blanks(text, at) + 1);  // past the colon
    member.end = at = skip_value(text, at);
    members.push_back(member);
    at = skip_blanks(text, at);
    if (at < text.size() && text[at] == ',') at = skip_blanks(text, at + 1);
  }
  return members;
}

const MemberEdit* edit_of(const std::vector<MemberEdit>& edits, std::string_view name) {
  for (const auto& edit : edits) {
    if (edit.name == name) return &edit;
  }
  return nullptr;
}

}  // namespace

std::string edit_members(std::string_view object, const std::vector<MemberEdit>& edits) {
  std::string out;
  out.reserve(object.size() + 128);
  out += '{';
  const auto append = [&out](std::string_view part) {
    if (out.size() > 1) out += ',';
    out += part;
  };
  for (const auto& member : members_of(object)) {
    if (edit_of(edits, member.name) == nullptr) append(object.substr(member.begin, member.end - member.begin));
  }
  for (const auto& edit : edits) {
    if (edit.value) append("\"" + edit.name + "\":" + *edit.value);
  }
  out += '}';
  return out;
}

}  // namespace lazuli::openai
