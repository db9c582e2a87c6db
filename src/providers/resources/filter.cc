#include "providers/resources/filter.h"

#include <optional>
#include <vector>

#include "base/text.h"

namespace lazuli::providers {

struct ResourceFilter::Node {
  enum class Kind { both, either, negated, equal, contains, starts } kind = Kind::equal;
  std::shared_ptr<const Node> left, right;
  std::string name, value;
};

namespace {

using Node = ResourceFilter::Node;
using NodePtr = std::shared_ptr<const Node>;

constexpr std::size_t kLongest = 4096;
constexpr int kDeepest = 32;

struct Token {
  enum class Kind { word, text, open, close, comma, end } kind = Kind::end;
  std::string value;
};

std::optional<std::vector<Token>> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == ' ') {
      ++at;
    } else if (c == '(' || c == ')' || c == ',') {
      tokens.push_back({c == '(' ? Token::Kind::open : c == ')' ? Token::Kind::close : Token::Kind::comma, ""});
      ++at;
    } else if (c == '\'') {
      std::string value;
      for (++at;; ++at) {
        if (at >= text.size()) return std::nullopt;
        if (text[at] == '\'' && (at + 1 >= text.size() || text[at + 1] != '\'')) break;
        if (text[at] == '\'') ++at;  // a doubled quote stands for one
        value += text[at];
      }
      ++at;
      tokens.push_back({Token::Kind::text, value});
    } else {
      const std::size_t end = std::min(text.find_first_of(" (),'", at), text.size());
      tokens.push_back({Token::Kind::word, std::string(text.substr(at, end - at))});
      at = end;
    }
  }
  tokens.push_back({});
  return tokens;
}

// Recursive descent; null means that the text is no filter.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  NodePtr whole() {
    NodePtr root = either(0);
    return tokens_[at_].kind == Token::Kind::end ? root : nullptr;
  }

 private:
  bool word(std::string_view expected) {
    if (tokens_[at_].kind != Token::Kind::word || !equals_ignoring_case(tokens_[at_].value, expected)) return false;
    ++at_;
    return true;
  }
  bool take(Token::Kind kind, std::string* value = nullptr) {
    if (tokens_[at_].kind != kind) return false;
    if (value) *value = tokens_[at_].value;
    ++at_;
    return true;
  }

  static NodePtr join(Node::Kind kind, NodePtr left, NodePtr right) {
    if (!left || !right) return nullptr;
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
  }

  NodePtr either(int depth) {
    NodePtr left = both(depth);
    while (left && word("or")) left = join(Node::Kind::either, left, both(depth));
    return left;
  }

  NodePtr both(int depth) {
    NodePtr left = single(depth);
    while (left && word("and")) left = join(Node::Kind::both, left, single(depth));
    return left;
  }

  NodePtr single(int depth) {
    if (depth > kDeepest) return nullptr;
    if (word("not")) return negated(single(depth + 1));
    if (take(Token::Kind::open)) {
      NodePtr inner = either(depth + 1);
      return take(Token::Kind::close) ? inner : nullptr;
    }
    auto node = std::make_shared<Node>();
    std::string name;
    if (!take(Token::Kind::word, &name)) return nullptr;
    if (equals_ignoring_case(name, "substringof") || equals_ignoring_case(name, "startswith")) {
      return function(name, *node) ? node : nullptr;
    }
    node->name = to_lower(name);
    const bool unequal = !word("eq");
    if (unequal && !word("ne")) return nullptr;
    if (!take(Token::Kind::text, &node->value)) return nullptr;
    return unequal ? negated(node) : NodePtr(node);
  }

  static NodePtr negated(NodePtr inner) {
    if (!inner) return nullptr;
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::negated;
    node->left = std::move(inner);
    return node;
  }

  // substringof('value', name) · startswith(name, 'value')
  bool function(const std::string& name, Node& node) {
    const bool contains = equals_ignoring_case(name, "substringof");
    node.kind = contains ? Node::Kind::contains : Node::Kind::starts;
    std::string field;
    const bool good = take(Token::Kind::open) &&
                      (contains ? take(Token::Kind::text, &node.value) : take(Token::Kind::word, &field)) &&
                      take(Token::Kind::comma) &&
                      (contains ? take(Token::Kind::word, &field) : take(Token::Kind::text, &node.value)) &&
                      take(Token::Kind::close);
    node.name = to_lower(field);
    return good;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

bool known_names(const Node& node) {
  if (node.left && !known_names(*node.left)) return false;
  if (node.right && !known_names(*node.right)) return false;
  if (node.left) return true;
  for (const std::string_view name : {"name", "resourcetype", "location", "resourcegroup", "tagname", "tagvalue"}) {
    if (node.name == name) return true;
  }
  return false;
}

std::string normal_location(std::string_view text) {
  std::string name = to_lower(text);
  std::erase(name, ' ');
  return name;
}

// With one of the item's tags, or none, taken for what tagName and tagValue mean.
bool holds(const Node& node, const FilteredItem& item, std::string_view tag, std::string_view tag_value) {
  switch (node.kind) {
    case Node::Kind::both:
      return holds(*node.left, item, tag, tag_value) && holds(*node.right, item, tag, tag_value);
    case Node::Kind::either:
      return holds(*node.left, item, tag, tag_value) || holds(*node.right, item, tag, tag_value);
    case Node::Kind::negated:
      return !holds(*node.left, item, tag, tag_value);
    default:
      break;
  }
  std::string_view actual = item.name;
  if (node.name == "resourcetype") actual = item.type;
  if (node.name == "resourcegroup") actual = item.group;
  if (node.name == "tagname") actual = tag;
  if (node.name == "tagvalue") actual = tag_value;
  if (node.name == "location") return normal_location(item.location) == normal_location(node.value);
  if (node.kind == Node::Kind::contains) return to_lower(actual).find(to_lower(node.value)) != std::string::npos;
  if (node.kind == Node::Kind::starts) return starts_with_ignoring_case(actual, node.value);
  return node.name == "tagvalue" ? actual == node.value : equals_ignoring_case(actual, node.value);
}

}  // namespace

Result<ResourceFilter> ResourceFilter::parse(std::string_view text) {
  ResourceFilter filter;
  if (trim(text).empty()) return filter;
  auto tokens = text.size() > kLongest ? std::nullopt : tokens_of(text);
  if (tokens) filter.root_ = Parser(*std::move(tokens)).whole();
  if (!filter.root_ || !known_names(*filter.root_)) {
    return Error{"InvalidFilterInQueryString",
                 "Invalid $filter '" + std::string(text.substr(0, 200)) + "' specified in the query string.", 400};
  }
  return filter;
}

bool ResourceFilter::takes(const FilteredItem& item) const {
  if (!root_) return true;
  if (item.tags) {
    for (const auto& tag : *item.tags) {
      if (holds(*root_, item, tag.key(), string_or(&tag.value()))) return true;
    }
  }
  return (!item.tags || item.tags->empty()) && holds(*root_, item, {}, {});
}

}  // namespace lazuli::providers
