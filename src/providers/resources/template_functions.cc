#include "providers/resources/template_functions.h"

#include <algorithm>
#include <functional>
#include <map>

#include "base/text.h"
#include "crypto/keys.h"
#include "providers/resources/template_expression.h"

namespace lazuli::providers {

namespace {

using Arguments = JsonArray;
using Function = std::function<Result<Json>(const Arguments&)>;

// The name space in which Azure makes GUIDs of names.
constexpr std::string_view kGuidSpace = "11fb06fb-712d-4ddd-98c7-e71bbd588830";
constexpr std::size_t kLongestRange = 10000;

struct Entry {
  std::size_t least, most;
  Function call;
};

std::string text_of(const Json& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "True" : "False";
  if (value.is_null()) return "";
  return to_text(value);
}

std::int64_t number_of(const Json& value) {
  return integer(&value).value_or(0);
}

bool is_empty(const Json& value) {
  return value.is_null() || (value.is_string() && value.as_string().empty()) ||
         (value.is_array() && value.as_array().empty()) || (value.is_object() && value.as_object().empty());
}

Json concat(const Arguments& arguments) {
  if (!arguments.empty() && arguments.front().is_array()) {
    JsonArray all;
    for (const auto& each : arguments) {
      if (each.is_array()) all.insert(all.end(), each.as_array().begin(), each.as_array().end());
    }
    return all;
  }
  std::string all;
  for (const auto& each : arguments) all += text_of(each);
  return Json(all);
}

// "{0}-{1}": .NET's form, without alignment and formats.
Json format(const Arguments& arguments) {
  std::string out;
  const std::string pattern = text_of(arguments.front());
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::size_t close = pattern[i] == '{' ? pattern.find('}', i) : std::string::npos;
    if ((pattern[i] == '{' || pattern[i] == '}') && i + 1 < pattern.size() && pattern[i + 1] == pattern[i]) {
      out += pattern[i++];
    } else if (close != std::string::npos) {
      const Json index(pattern.substr(i + 1, close - i - 1));
      const auto at = integer(&index);
      if (at && *at >= 0 && static_cast<std::size_t>(*at) + 1 < arguments.size()) {
        out += text_of(arguments[static_cast<std::size_t>(*at) + 1]);
      }
      i = close;
    } else {
      out += pattern[i];
    }
  }
  return Json(out);
}

Json length(const Arguments& arguments) {
  const Json& value = arguments.front();
  if (value.is_array()) return value.as_array().size();
  if (value.is_object()) return value.as_object().size();
  return text_of(value).size();
}

Json contains(const Arguments& arguments) {
  const Json& whole = arguments[0];
  if (whole.is_array()) return std::ranges::find(whole.as_array(), arguments[1]) != whole.as_array().end();
  if (whole.is_object()) {
    return std::ranges::any_of(whole.as_object(), [&](const auto& member) {
      return equals_ignoring_case(member.key(), text_of(arguments[1]));
    });
  }
  return to_lower(text_of(whole)).find(to_lower(text_of(arguments[1]))) != std::string::npos;
}

Json equals(const Arguments& arguments) {
  if (arguments[0].is_string() && arguments[1].is_string()) {
    return equals_ignoring_case(arguments[0].as_string(), arguments[1].as_string());
  }
  return arguments[0] == arguments[1];
}

// Of arrays the elements, of objects the members of all (the later one's value wins).
Json merged(const Arguments& arguments) {
  if (arguments.front().is_object()) {
    JsonObject all;
    for (const auto& each : arguments) {
      if (!each.is_object()) continue;
      for (const auto& member : each.as_object()) all[member.key()] = member.value();
    }
    return all;
  }
  JsonArray all;
  for (const auto& each : arguments) {
    if (!each.is_array()) continue;
    for (const auto& item : each.as_array()) {
      if (std::ranges::find(all, item) == all.end()) all.push_back(item);
    }
  }
  return all;
}

Json part(const Json& value, std::size_t from, std::size_t count) {
  if (value.is_array()) {
    JsonArray out;
    const auto& all = value.as_array();
    for (std::size_t i = from; i < all.size() && i - from < count; ++i) out.push_back(all[i]);
    return out;
  }
  const std::string text = text_of(value);
  return Json(from < text.size() ? text.substr(from, count) : std::string());
}

Json first_of(const Json& value, bool last) {
  if (value.is_array()) {
    const auto& all = value.as_array();
    return all.empty() ? Json(nullptr) : last ? all.back() : all.front();
  }
  const std::string text = text_of(value);
  return Json(text.empty() ? text : std::string(1, last ? text.back() : text.front()));
}

Json split_text(const Arguments& arguments) {
  JsonArray parts;
  std::vector<std::string> separators;
  if (arguments[1].is_array()) {
    for (const auto& each : arguments[1].as_array()) separators.push_back(text_of(each));
  } else {
    separators.push_back(text_of(arguments[1]));
  }
  std::string text = text_of(arguments[0]);
  for (;;) {
    std::size_t at = std::string::npos, size = 0;
    for (const auto& separator : separators) {
      const std::size_t found = separator.empty() ? std::string::npos : text.find(separator);
      if (found < at) {
        at = found;
        size = separator.size();
      }
    }
    parts.emplace_back(text.substr(0, at));
    if (at == std::string::npos) return parts;
    text = text.substr(at + size);
  }
}

Json join_texts(const Arguments& arguments) {
  std::vector<std::string> texts;
  if (arguments[0].is_array()) {
    for (const auto& each : arguments[0].as_array()) texts.push_back(text_of(each));
  }
  return Json(join(texts, text_of(arguments[1])));
}

Json items(const Arguments& arguments) {
  JsonArray all;
  if (!arguments[0].is_object()) return all;
  std::map<std::string, Json> sorted;
  for (const auto& member : arguments[0].as_object()) sorted[std::string(member.key())] = member.value();
  for (const auto& [key, value] : sorted) all.push_back(JsonObject{{"key", key}, {"value", value}});
  return all;
}

// The names of Azure's own function are computed differently: stable here, but not the same characters.
Json unique_string(const Arguments& arguments) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string all;
  for (const auto& each : arguments) all += text_of(each) + "-";
  const std::string digest = crypto::sha256(all);
  std::string out;
  for (std::size_t i = 0; i < 13; ++i) out += kAlphabet[static_cast<unsigned char>(digest[i]) & 31U];
  return Json(out);
}

Json guid(const Arguments& arguments) {
  std::vector<std::string> texts;
  for (const auto& each : arguments) texts.push_back(text_of(each));
  return Json(deterministic_guid(join(texts, "-")));
}

Result<Json> range(const Arguments& arguments) {
  const std::int64_t count = number_of(arguments[1]);
  if (count < 0 || count > static_cast<std::int64_t>(kLongestRange)) return invalid_template("The range is too long");
  JsonArray all;
  const auto first = static_cast<std::uint64_t>(number_of(arguments[0]));
  for (std::int64_t i = 0; i < count; ++i)
    all.emplace_back(static_cast<std::int64_t>(first + static_cast<std::uint64_t>(i)));
  return Json(all);
}

enum class Arithmetic { add, subtract, multiply };

Result<Json> computed(const Arguments& arguments, Arithmetic operation) {
  const std::int64_t a = number_of(arguments[0]);
  const std::int64_t b = number_of(arguments[1]);
  std::int64_t result = 0;
  const bool overflow = operation == Arithmetic::add        ? __builtin_add_overflow(a, b, &result)
                        : operation == Arithmetic::subtract ? __builtin_sub_overflow(a, b, &result)
                                                            : __builtin_mul_overflow(a, b, &result);
  if (overflow) return invalid_template("Arithmetic overflow");
  return Json(result);
}

Result<Json> divided(const Arguments& arguments, bool remainder) {
  const std::int64_t by = number_of(arguments[1]);
  if (by == 0) return invalid_template("Division by zero");
  if (by == -1) return remainder ? Result<Json>(Json(0)) : computed({Json(0), arguments[0]}, Arithmetic::subtract);
  return Json(remainder ? number_of(arguments[0]) % by : number_of(arguments[0]) / by);
}

Result<Json> to_int(const Arguments& arguments) {
  const auto value = integer(&arguments[0]);
  if (!value) return invalid_template("The value '" + text_of(arguments[0]) + "' is not a number");
  return Json(*value);
}

Result<Json> read_json(const Arguments& arguments) {
  auto value = parse_json(text_of(arguments[0]));
  if (!value) return invalid_template("The argument of the function json is not JSON");
  return value;
}

Result<Json> decode(const Arguments& arguments) {
  auto value = base64_decode(text_of(arguments[0]));
  if (!value) return invalid_template("The argument of the function base64ToString is not Base64");
  return Json(*value);
}

Json create_object(const Arguments& arguments) {
  JsonObject object;
  for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) object[text_of(arguments[i])] = arguments[i + 1];
  return object;
}

Json pad_left(const Arguments& arguments) {
  std::string text = text_of(arguments[0]);
  const auto width = static_cast<std::size_t>(std::clamp<std::int64_t>(number_of(arguments[1]), 0, 1024));
  const std::string fill = arguments.size() > 2 ? text_of(arguments[2]) : " ";
  if (text.size() < width && !fill.empty()) text.insert(0, std::string(width - text.size(), fill.front()));
  return Json(text);
}

Json extreme(const Arguments& arguments, bool least) {
  const Arguments& from = arguments[0].is_array() ? arguments[0].as_array() : arguments;
  std::int64_t best = from.empty() ? 0 : number_of(from[0]);
  for (const auto& each : from) best = least ? std::min(best, number_of(each)) : std::max(best, number_of(each));
  return Json(best);
}

template <typename Compare>
Json compared(const Arguments& arguments, const Compare& compare) {
  if (arguments[0].is_string()) return compare(text_of(arguments[0]).compare(text_of(arguments[1])), 0);
  return compare(number_of(arguments[0]), number_of(arguments[1]));
}

bool truth(const Json& value) {
  return value.is_bool() ? value.as_bool()
                         : equals_ignoring_case(text_of(value), "true") || integer(&value).value_or(0) != 0;
}

constexpr std::size_t kAny = 1000;

using Table = std::map<std::string, Entry, std::less<>>;

void add_text(Table& table) {
  table["concat"] = {1, kAny, concat};
  table["format"] = {1, kAny, format};
  table["tolower"] = {1, 1, [](const Arguments& a) { return Json(to_lower(text_of(a[0]))); }};
  table["toupper"] = {1, 1, [](const Arguments& a) { return Json(to_upper(text_of(a[0]))); }};
  table["trim"] = {1, 1, [](const Arguments& a) { return Json(std::string(trim(text_of(a[0])))); }};
  table["replace"] = {
      3, 3, [](const Arguments& a) { return Json(replace_all(text_of(a[0]), text_of(a[1]), text_of(a[2]))); }};
  table["split"] = {2, 2, split_text};
  table["join"] = {2, 2, join_texts};
  table["substring"] = {2, 3, [](const Arguments& a) {
                          const auto from = static_cast<std::size_t>(std::max<std::int64_t>(0, number_of(a[1])));
                          const auto count =
                              a.size() > 2 ? static_cast<std::size_t>(number_of(a[2])) : std::string::npos;
                          return part(Json(text_of(a[0])), from, count);
                        }};
  table["startswith"] = {
      2, 2, [](const Arguments& a) { return Json(starts_with_ignoring_case(text_of(a[0]), text_of(a[1]))); }};
  table["endswith"] = {2, 2,
                       [](const Arguments& a) { return Json(ends_with_ignoring_case(text_of(a[0]), text_of(a[1]))); }};
  table["indexof"] = {2, 2, [](const Arguments& a) {
                        const std::size_t at = to_lower(text_of(a[0])).find(to_lower(text_of(a[1])));
                        return Json(at == std::string::npos ? std::int64_t{-1} : static_cast<std::int64_t>(at));
                      }};
  table["padleft"] = {2, 3, pad_left};
  table["string"] = {1, 1, [](const Arguments& a) { return Json(text_of(a[0])); }};
  table["base64"] = {1, 1, [](const Arguments& a) { return Json(base64(text_of(a[0]))); }};
  table["base64tostring"] = {1, 1, decode};
  table["uricomponent"] = {1, 1, [](const Arguments& a) { return Json(percent_encode(text_of(a[0]))); }};
  table["uricomponenttostring"] = {1, 1, [](const Arguments& a) { return Json(percent_decode(text_of(a[0]))); }};
  table["uniquestring"] = {1, kAny, unique_string};
  table["guid"] = {1, kAny, guid};
}

void add_collections(Table& table) {
  table["length"] = {1, 1, length};
  table["empty"] = {1, 1, [](const Arguments& a) { return Json(is_empty(a[0])); }};
  table["contains"] = {2, 2, contains};
  table["union"] = {1, kAny, merged};
  table["first"] = {1, 1, [](const Arguments& a) { return first_of(a[0], false); }};
  table["last"] = {1, 1, [](const Arguments& a) { return first_of(a[0], true); }};
  table["take"] = {2, 2, [](const Arguments& a) {
                     return part(a[0], 0, static_cast<std::size_t>(std::max<std::int64_t>(0, number_of(a[1]))));
                   }};
  table["skip"] = {2, 2, [](const Arguments& a) {
                     return part(a[0], static_cast<std::size_t>(std::max<std::int64_t>(0, number_of(a[1]))),
                                 std::string::npos);
                   }};
  table["createarray"] = {0, kAny, [](const Arguments& a) { return Json(a); }};
  table["createobject"] = {0, kAny, create_object};
  table["array"] = {1, 1, [](const Arguments& a) { return a[0].is_array() ? a[0] : Json(JsonArray{a[0]}); }};
  table["items"] = {1, 1, items};
  table["range"] = {2, 2, range};
  table["coalesce"] = {1, kAny, [](const Arguments& a) {
                         const auto found = std::ranges::find_if(a, [](const Json& each) { return !each.is_null(); });
                         return found == a.end() ? Json(nullptr) : *found;
                       }};
  table["json"] = {1, 1, read_json};
}

void add_logic(Table& table) {
  table["equals"] = {2, 2, equals};
  table["not"] = {1, 1, [](const Arguments& a) { return Json(!truth(a[0])); }};
  table["and"] = {1, kAny, [](const Arguments& a) { return Json(std::ranges::all_of(a, truth)); }};
  table["or"] = {1, kAny, [](const Arguments& a) { return Json(std::ranges::any_of(a, truth)); }};
  table["bool"] = {1, 1, [](const Arguments& a) { return Json(truth(a[0])); }};
  table["true"] = {0, 0, [](const Arguments&) { return Json(true); }};
  table["false"] = {0, 0, [](const Arguments&) { return Json(false); }};
  table["null"] = {0, 0, [](const Arguments&) { return Json(nullptr); }};
  table["int"] = {1, 1, to_int};
  table["add"] = {2, 2, [](const Arguments& a) { return computed(a, Arithmetic::add); }};
  table["sub"] = {2, 2, [](const Arguments& a) { return computed(a, Arithmetic::subtract); }};
  table["mul"] = {2, 2, [](const Arguments& a) { return computed(a, Arithmetic::multiply); }};
  table["div"] = {2, 2, [](const Arguments& a) { return divided(a, false); }};
  table["mod"] = {2, 2, [](const Arguments& a) { return divided(a, true); }};
  table["min"] = {1, kAny, [](const Arguments& a) { return extreme(a, true); }};
  table["max"] = {1, kAny, [](const Arguments& a) { return extreme(a, false); }};
  table["less"] = {2, 2, [](const Arguments& a) { return compared(a, std::less<>()); }};
  table["lessorequals"] = {2, 2, [](const Arguments& a) { return compared(a, std::less_equal<>()); }};
  table["greater"] = {2, 2, [](const Arguments& a) { return compared(a, std::greater<>()); }};
  table["greaterorequals"] = {2, 2, [](const Arguments& a) { return compared(a, std::greater_equal<>()); }};
}

const Table& table() {
  static const Table all = [] {
    Table made;
    add_text(made);
    add_collections(made);
    add_logic(made);
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
