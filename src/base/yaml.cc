#include "base/yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <string>

namespace lazuli {

namespace {

constexpr int kDepth = 64;

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size();
}

Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return Json(text);  // quoted: always text
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  std::int64_t whole = 0;
  if (read_number(text, whole)) return whole;
  double real = 0;
  const bool numeric = text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (numeric && read_number(text, real)) return real;
  return Json(text);
}

Json convert(const YAML::Node& node, int depth) {
  if (depth > kDepth) throw YAML::Exception(node.Mark(), "nested too deeply");
  if (node.IsMap()) {
    JsonObject object;
    for (const auto& member : node) {
      const auto key = member.first.as<std::string>();
      if (object.contains(key)) throw YAML::Exception(member.first.Mark(), "the key '" + key + "' stands here twice");
      object[key] = convert(member.second, depth + 1);
    }
    return object;
  }
  if (node.IsSequence()) {
    JsonArray array;
    for (const auto& element : node) array.push_back(convert(element, depth + 1));
    return array;
  }
  return node.IsScalar() ? scalar(node) : Json(nullptr);
}

// One step of a path: into a list by "[3]", or into a mapping by a name. Gives the line; the node goes along.
std::optional<int> step(YAML::Node& node, std::string_view name) {
  if (name.starts_with('[')) {
    std::size_t index = 0;
    if (!read_number(name.substr(1, name.size() - 2), index) || !node.IsSequence() || index >= node.size())
      return std::nullopt;
    node.reset(node[index]);
    return node.Mark().line + 1;
  }
  if (!node.IsMap()) return std::nullopt;
  for (const auto& member : node) {
    if (member.first.Scalar() != name) continue;
    const int line = member.first.Mark().line + 1;
    node.reset(member.second);
    return line;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> yaml_line(std::string_view text, std::string_view path) {
  try {
    YAML::Node node = YAML::Load(std::string(text));
    std::optional<int> line;
    while (!path.empty()) {
      const std::size_t end = path.find_first_of(".[", 1);
      const std::string_view name = path.substr(path.front() == '.' ? 1 : 0, end - (path.front() == '.' ? 1 : 0));
      path = end == std::string_view::npos ? std::string_view() : path.substr(end);
      const auto found = step(node, name);
      if (!found) return path.empty() ? line : std::nullopt;
      line = found;
    }
    return line;
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

Result<Json> parse_yaml(std::string_view text) {
  try {
    return convert(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& problem) {
    return Error{"InvalidYaml",
                 problem.msg + " (line " + std::to_string(problem.mark.line + 1) + ", column " +
                     std::to_string(problem.mark.column + 1) + ")",
                 400};
  }
}

}  // namespace lazuli
