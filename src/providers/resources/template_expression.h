// The expressions of ARM templates: "[concat(parameters('a'), '-b')]". Parsing only; what they mean is in
// template_evaluator.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace lazuli::providers {

struct Expression {
  enum class Kind { literal, call, member, index } kind = Kind::literal;
  Json value;                                                // of a literal
  std::string name;                                          // function or member, as written
  std::vector<std::shared_ptr<const Expression>> arguments;  // of a call; of an index the one in brackets
  std::shared_ptr<const Expression> target;                  // of a member or index
};
using ExpressionPtr = std::shared_ptr<const Expression>;

// Whether a string of a template is an expression: in brackets, and not escaped by "[[".
bool is_expression(std::string_view text);
// The text with its brackets. Error code InvalidTemplate (400).
Result<ExpressionPtr> parse_expression(std::string_view text);

Error invalid_template(const std::string& why);

}  // namespace lazuli::providers
