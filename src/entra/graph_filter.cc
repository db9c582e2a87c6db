#include "entra/graph_filter.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "entra/graph_call.h"

namespace lazuli::entra {

struct GraphFilter::Node {
  enum class Kind { all_of, any_of, negation, equals, differs, starts, contains } kind = Kind::all_of;
  std::vector<std::shared_ptr<const Node>> parts;
  std::string property;  // with '/' between the steps into complex ones
  std::vector<Json> values;
};

namespace {

using Node = GraphFilter::Node;
using NodePointer = std::shared_ptr<const Node>;

constexpr int kMostNesting = 20;
constexpr std::size_t kLongest = 8192;

const Json* look_up(const JsonObject& object, std::string_view path) {
  const auto slash = path.find('/');
  const Json* member = object.if_contains(path.substr(0, slash));
  if (!member || slash == std::string_view::npos) return member;
  return member->is_object() ? look_up(member->get_object(), path.substr(slash + 1)) : nullptr;
}

bool same(const Json& a, const Json& b) {
  if (a.is_string() && b.is_string()) return equals_ignoring_case(a.get_string(), b.get_string());
  return a == b;
}

bool holds(const Node& node, const JsonObject& object, const JsonObject* extra) {
  const auto part_holds = [&](const NodePointer& part) { return holds(*part, object, extra); };
  switch (node.kind) {
    case Node::Kind::all_of:
      return std::ranges::all_of(node.parts, part_holds);
    case Node::Kind::any_of:
      return std::ranges::any_of(node.parts, part_holds);
    case Node::Kind::negation:
      return !part_holds(node.parts.front());
    default:
      break;
  }
  const Json* found = look_up(object, node.property);
  if (!found && extra) found = look_up(*extra, node.property);
  static const Json nothing = nullptr;
  const Json& value = found ? *found : nothing;
  const auto equal = [&](const Json& wanted) { return same(value, wanted); };
  if (node.kind == Node::Kind::equals) return std::ranges::any_of(node.values, equal);
  if (node.kind == Node::Kind::differs) return std::ranges::none_of(node.values, equal);
  if (node.kind == Node::Kind::starts) {
    return value.is_string() && starts_with_ignoring_case(value.get_string(), string_or(&node.values.front()));
  }
  return value.is_array() &&
         std::ranges::any_of(value.get_array(), [&](const Json& item) { return same(item, node.values.front()); });
}

// Recursive descent over: or-expression → and-expression → factor. A failure sets failed_ and unwinds.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  NodePointer whole() {
    NodePointer node = any_of();
    if (!trim(rest_).empty()) failed_ = true;
    return failed_ ? nullptr : node;
  }

 private:
  NodePointer any_of() {
    return series(Node::Kind::any_of, "or", [this] { return all_of(); });
  }
  NodePointer all_of() {
    return series(Node::Kind::all_of, "and", [this] { return factor(); });
  }

  template <typename Next>
  NodePointer series(Node::Kind kind, std::string_view word, Next next) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    do {
      node->parts.push_back(next());
    } while (!failed_ && take_word(word));
    return node;
  }

  NodePointer factor() {
    if (++nesting_ > kMostNesting) failed_ = true;
    NodePointer node;
    if (!failed_) node = take("(") ? in_parentheses() : take_word("not") ? negation() : condition();
    --nesting_;
    return node;
  }

  NodePointer in_parentheses() {
    NodePointer node = any_of();
    expect(")");
    return node;
  }

  NodePointer negation() {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::negation;
    node->parts.push_back(factor());
    return node;
  }

  NodePointer condition() {
    auto node = std::make_shared<Node>();
    if (take_word("startswith")) {
      expect("(");
      node->kind = Node::Kind::starts;
      node->property = name();
      expect(",");
      node->values.push_back(value());
      expect(")");
      return node;
    }
    node->property = name();
    constexpr std::string_view kAny = "/any";
    if (node->property.ends_with(kAny) && take("(")) {
      node->property.resize(node->property.size() - kAny.size());
      node->kind = Node::Kind::contains;
      const std::string variable = name();
      expect(":");
      if (name() != variable || !take_word("eq")) failed_ = true;
      node->values.push_back(value());
      expect(")");
    } else if (take_word("eq")) {
      node->kind = Node::Kind::equals;
      node->values.push_back(value());
    } else if (take_word("ne")) {
      node->kind = Node::Kind::differs;
      node->values.push_back(value());
    } else if (take_word("in")) {
      node->kind = Node::Kind::equals;
      expect("(");
      do node->values.push_back(value());
      while (!failed_ && take(","));
      expect(")");
    } else {
      failed_ = true;
    }
    return node;
  }

  std::string name() {
    rest_ = trim(rest_);
    std::size_t size = 0;
    while (size < rest_.size() &&
           (std::isalnum(static_cast<unsigned char>(rest_[size])) || rest_[size] == '_' || rest_[size] == '/')) {
      ++size;
    }
    if (size == 0) failed_ = true;
    std::string out(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return out;
  }

  Json value() {
    rest_ = trim(rest_);
    if (!rest_.starts_with('\'')) return literal();
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] != '\'') {
        text += rest_[i];
      } else if (i + 1 < rest_.size() && rest_[i + 1] == '\'') {
        text += rest_[++i];  // a doubled quote stands for one
      } else {
        rest_.remove_prefix(i + 1);
        return boost::json::string(text);
      }
    }
    failed_ = true;
    return nullptr;
  }

  Json literal() {
    std::size_t size = 0;
    while (size < rest_.size() && (std::isalnum(static_cast<unsigned char>(rest_[size])) || rest_[size] == '-')) ++size;
    const std::string word(rest_.substr(0, size));
    rest_.remove_prefix(size);
    if (word == "true" || word == "false") return word == "true";
    if (word == "null") return nullptr;
    if (word.empty()) failed_ = true;
    return boost::json::string(word);  // a GUID may stand without quotes
  }

  bool take(std::string_view mark) {
    rest_ = trim(rest_);
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(mark.size());
    return true;
  }
  bool take_word(std::string_view word) {
    rest_ = trim(rest_);
    if (!starts_with_ignoring_case(rest_, word)) return false;
    if (rest_.size() > word.size() && std::isalnum(static_cast<unsigned char>(rest_[word.size()]))) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void expect(std::string_view mark) {
    if (!take(mark)) failed_ = true;
  }

  std::string_view rest_;
  int nesting_ = 0;
  bool failed_ = false;
};

}  // namespace

Result<GraphFilter> GraphFilter::parse(std::string_view text) {
  GraphFilter filter;
  if (trim(text).empty()) return filter;
  if (text.size() <= kLongest) filter.root_ = Reader(text).whole();
  if (!filter.root_) {
    return graph_error(400, "Request_UnsupportedQuery",
                       "Invalid or unsupported filter clause: '" + std::string(text.substr(0, 200)) + "'.");
  }
  return filter;
}

bool GraphFilter::matches(const JsonObject& object, const JsonObject* extra) const {
  return !root_ || holds(*root_, object, extra);
}

}  // namespace lazuli::entra
