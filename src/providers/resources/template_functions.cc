#include "providers/resources/template_functions.h"

#include "base/text.h"
#include "crypto/keys.h"
#include "providers/resources/template_expression.h"
#include "providers/resources/template_values.h"

namespace lazuli::providers {

namespace {

// The name space in which Azure makes GUIDs of names.
constexpr std::string_view kGuidSpace = "11fb06fb-712d-4ddd-98c7-e71bbd588830";

const FunctionTable& table() {
  static const FunctionTable all = [] {
    FunctionTable made;
    add_text_functions(made);
    add_collection_functions(made);
    add_logic_functions(made);
    return made;
  }();
  return all;
}

}  // namespace

// RFC 4122 version 5 in Azure's own name space.
std::string deterministic_guid(const std::string& text) {
  const auto space = hex_decode(replace_all(std::string(kGuidSpace), "-", ""));
  std::string digest = crypto::sha1(*space + text).substr(0, 16);
  digest[6] = static_cast<char>((digest[6] & 0x0f) | 0x50);
  digest[8] = static_cast<char>((digest[8] & 0x3f) | 0x80);
  const std::string digits = hex(digest);
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
         "-" + digits.substr(20);
}

std::optional<Result<Json>> call_template_function(const std::string& name, const JsonArray& arguments) {
  const auto found = table().find(to_lower(name));
  if (found == table().end()) return std::nullopt;
  if (arguments.size() < found->second.least || arguments.size() > found->second.most) {
    return invalid_template("Unable to evaluate template language function '" + name + "': function requires " +
                            std::to_string(found->second.least) + " argument(s) while " +
                            std::to_string(arguments.size()) + " were provided");
  }
  return found->second.call(arguments);
}

}  // namespace lazuli::providers
