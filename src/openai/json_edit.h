// Changes to a few members of a JSON object's text without writing the rest of it anew: the way in which a request
// reaches an engine, however large its messages are. The text has been accepted by parse_json before.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazuli::openai {

struct MemberEdit {
  std::string name;
  std::optional<std::string> value;  // JSON text; nothing: the member is removed
};

// Replaces, adds (at the end) or removes top-level members; everything else stays byte for byte.
std::string edit_members(std::string_view object, const std::vector<MemberEdit>& edits);

}  // namespace lazuli::openai
