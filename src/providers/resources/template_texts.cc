// Functions of texts.
#include <algorithm>

#include "base/text.h"
#include "crypto/keys.h"
#include "providers/resources/template_expression.h"
#include "providers/resources/template_functions.h"
#include "providers/resources/template_values.h"

namespace lazuli::providers {

namespace {

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

Result<Json> decode(const Arguments& arguments) {
  auto value = base64_decode(text_of(arguments[0]));
  if (!value) return invalid_template("The argument of the function base64ToString is not Base64");
  return Json(*value);
}

Json pad_left(const Arguments& arguments) {
  std::string text = text_of(arguments[0]);
  const auto width = static_cast<std::size_t>(std::clamp<std::int64_t>(number_of(arguments[1]), 0, 1024));
  const std::string fill = arguments.size() > 2 ? text_of(arguments[2]) : " ";
  if (text.size() < width && !fill.empty()) text.insert(0, std::string(width - text.size(), fill.front()));
  return Json(text);
}

}  // namespace

void add_text_functions(FunctionTable& table) {
  table["concat"] = {1, kAnyNumber, concat};
  table["format"] = {1, kAnyNumber, format};
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
                          return part_of(Json(text_of(a[0])), from, count);
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
  table["uniquestring"] = {1, kAnyNumber, unique_string};
  table["guid"] = {1, kAnyNumber, guid};
}

}  // namespace lazuli::providers
