#include "providers/resources/template_expression.h"

#include <charconv>
#include <optional>

namespace lazuli::providers {

namespace {

constexpr int kDeepest = 64;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Recursive descent; null means that the text is no expression.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  ExpressionPtr whole() {
    ExpressionPtr expression = postfix(0);
    skip();
    return at_ == text_.size() ? expression : nullptr;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  ExpressionPtr postfix(int depth) {
    ExpressionPtr expression = depth > kDeepest ? nullptr : primary(depth);
    while (expression) {
      auto outer = std::make_shared<Expression>();
      outer->target = expression;
      if (take('.')) {
        outer->kind = Expression::Kind::member;
        outer->name = name();
        if (outer->name.empty()) return nullptr;
      } else if (take('[')) {
        outer->kind = Expression::Kind::index;
        outer->arguments.push_back(postfix(depth + 1));
        if (!outer->arguments.back() || !take(']')) return nullptr;
      } else {
        break;
      }
      expression = outer;
    }
    return expression;
  }

  ExpressionPtr primary(int depth) {
    skip();
    if (at_ >= text_.size()) return nullptr;
    if (text_[at_] == '\'') return text();
    if (text_[at_] == '-' || (text_[at_] >= '0' && text_[at_] <= '9')) return number();
    auto call = std::make_shared<Expression>();
    call->kind = Expression::Kind::call;
    call->name = name();
    // User-defined functions have a namespace: contoso.uniqueName(…).
    while (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      call->name += "." + name();
    }
    if (call->name.empty() || !take('(')) return nullptr;
    if (take(')')) return call;
    do {
      call->arguments.push_back(postfix(depth + 1));
      if (!call->arguments.back()) return nullptr;
    } while (take(','));
    return take(')') ? call : nullptr;
  }

  ExpressionPtr text() {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\'') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '\'') break;
        ++at_;  // a doubled quote stands for one
      }
      value += text_[at_];
    }
    if (at_ >= text_.size()) return nullptr;
    ++at_;
    auto literal = std::make_shared<Expression>();
    literal->value = value;
    return literal;
  }

  ExpressionPtr number() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc()) return nullptr;
    at_ = static_cast<std::size_t>(end - text_.data());
    auto literal = std::make_shared<Expression>();
    literal->value = value;
    return literal;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Error invalid_template(const std::string& why) {
  return {"InvalidTemplate", "Deployment template validation failed: '" + why + "'.", 400};
}

bool is_expression(std::string_view text) {
  return text.size() > 1 && text.front() == '[' && text.back() == ']' && text[1] != '[';
}

Result<ExpressionPtr> parse_expression(std::string_view text) {
  auto expression = Parser(text.substr(1, text.size() - 2)).whole();
  if (!expression) {
    return invalid_template("The template language expression '" + std::string(text.substr(0, 200)) +
                            "' is not valid. Please see https://aka.ms/arm-functions for usage details");
  }
  return expression;
}

}  // namespace lazuli::providers
