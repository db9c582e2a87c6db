#include "base/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace lazuli {

namespace {

// Boost.JSON reads a number that is too large as infinity, which has no form in JSON: what holds it could be written,
// and not be read again.
bool all_finite(const Json& value) {
  if (const auto* number = value.if_double()) return std::isfinite(*number);
  if (const auto* array = value.if_array()) return std::ranges::all_of(*array, all_finite);
  const auto* object = value.if_object();
  return !object || std::ranges::all_of(*object, [](const auto& member) { return all_finite(member.value()); });
}

}  // namespace

Result<Json> parse_json(std::string_view text, JsonLimits limits, boost::json::storage_ptr storage) {
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  std::array<unsigned char, 2048> unfinished;  // values whose list or object is still being read
  boost::json::parser parser({}, options, unfinished.data(), unfinished.size());
  parser.reset(std::move(storage));
  boost::system::error_code failed;
  const std::size_t read = parser.write_some(text.data(), text.size(), failed);
  if (!failed && text.find_first_not_of(" \t\r\n", read) != std::string_view::npos) {
    failed = boost::json::error::extra_data;
  }
  if (failed) {
    return Error{"InvalidJson",
                 "The text is not valid JSON: " + failed.message() + " at offset " + std::to_string(read) + ".", 400};
  }
  Json value = parser.release();
  if (!all_finite(value)) return Error{"InvalidJson", "The text has a number that is too large.", 400};
  return value;
}

std::string to_text(const Json& value) {
  return valid_utf8(boost::json::serialize(value));
}
std::string to_text(const JsonObject& value) {
  return valid_utf8(boost::json::serialize(value));
}

namespace {

void indent_to(std::string& out, int columns) {
  out += '\n';
  out.append(static_cast<std::size_t>(columns), ' ');
}

void pretty(std::string& out, const Json& value, int indent, int column) {
  if (const auto* object = value.if_object(); object && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& member : *object) {
      if (!first) out += ',';
      first = false;
      indent_to(out, column + indent);
      out += boost::json::serialize(boost::json::string(member.key()));
      out += ": ";
      pretty(out, member.value(), indent, column + indent);
    }
    indent_to(out, column);
    out += '}';
  } else if (const auto* array = value.if_array(); array && !array->empty()) {
    out += '[';
    bool first = true;
    for (const auto& item : *array) {
      if (!first) out += ',';
      first = false;
      indent_to(out, column + indent);
      pretty(out, item, indent, column + indent);
    }
    indent_to(out, column);
    out += ']';
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

std::string to_pretty(const Json& value, int indent) {
  std::string out;
  pretty(out, value, indent, 0);
  return valid_utf8(std::move(out));
}

const Json* find_member(const Json& value, std::string_view name) {
  const auto* object = value.if_object();
  return object ? find_member(*object, name) : nullptr;
}

const Json* find_member(const JsonObject& value, std::string_view name) {
  constexpr std::size_t kWorthHashing = 16;
  if (value.size() > kWorthHashing) return value.if_contains(name);
  for (const auto& member : value) {
    if (std::string_view(member.key()) == name) return &member.value();
  }
  return nullptr;
}

const JsonArray& array_or_none(const Json* value) {
  static const JsonArray none;
  const auto* array = value ? value->if_array() : nullptr;
  return array ? *array : none;
}

std::string string_or(const Json* value, std::string_view fallback) {
  if (value && value->is_string()) {
    return std::string(value->get_string());
  }
  return std::string(fallback);
}

bool bool_or(const Json* value, bool fallback) {
  return value && value->is_bool() ? value->get_bool() : fallback;
}

std::optional<std::int64_t> integer(const Json* value) {
  if (!value) return std::nullopt;
  if (const auto* number = value->if_int64()) return *number;
  if (const auto* number = value->if_uint64(); number && *number <= INT64_MAX)
    return static_cast<std::int64_t>(*number);
  if (const auto* text = value->if_string()) {
    std::int64_t number = 0;
    const char* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, number);
    if (!text->empty() && read.ec == std::errc() && read.ptr == end) return number;
  }
  return std::nullopt;
}

JsonObject& object_at(JsonObject& parent, std::string_view name) {
  Json& member = parent[name];
  if (!member.is_object()) {
    member = JsonObject();
  }
  return member.get_object();
}

void merge_patch(Json& target, const Json& patch) {
  const auto* changes = patch.if_object();
  if (!changes) {
    target = patch;
    return;
  }
  if (!target.is_object()) {
    target = JsonObject();
  }
  auto& members = target.get_object();
  for (const auto& change : *changes) {
    if (change.value().is_null()) {
      members.stable_erase(change.key());
    } else {
      merge_patch(members[change.key()], change.value());
    }
  }
}

}  // namespace lazuli
