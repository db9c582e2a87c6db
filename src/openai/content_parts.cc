#include "openai/content_parts.h"

#include "base/text.h"
#include "openai/errors.h"
#include "openai/parameters.h"

namespace lazuli::openai {

namespace {

// An address that the engine fetches, or the picture itself. A file: or a relative one would be read where the engine
// runs.
bool is_picture(std::string_view url) {
  const std::string scheme = to_lower(url.substr(0, url.find(':')));
  if (scheme == "http" || scheme == "https") return net::parse_url(url).ok();
  return scheme == "data" && to_lower(url.substr(0, 11)) == "data:image/" &&
         url.substr(0, url.find(',')).ends_with(";base64") && url.find(',') != std::string_view::npos;
}

Status check_image(const Json& part, const std::string& at) {
  const std::string name = at + ".image_url";
  const auto* image = find(part, "image_url");
  if (image == nullptr) return missing_parameter(name);
  if (!image->is_object()) return wrong_type(name, "an object", *image);
  const auto* url = find(*image, "url");
  if (url == nullptr) return missing_parameter(name + ".url");
  if (!url->is_string()) return wrong_type(name + ".url", "a string", *url);
  if (!is_picture(url->get_string())) {
    return invalid_request("Invalid '" + name +
                               ".url'. Expected an HTTP or HTTPS URL, or a base64-encoded data URL with an image MIME "
                               "type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value of another "
                               "format.",
                           name + ".url", "invalid_value");
  }
  const auto* detail = find(*image, "detail");
  if (detail == nullptr || detail->is_null()) return {};
  return check_word(string_or(detail), name + ".detail", {"low", "high", "auto"});
}

Status check_part(const Json& part, const std::string& at) {
  if (!part.is_object()) return wrong_type(at, "an object", part);
  const auto* type = find(part, "type");
  if (type == nullptr) return missing_parameter(at + ".type");
  const std::string name = string_or(type);
  if (auto known = check_word(name, at + ".type", {"text", "image_url", "input_audio", "refusal", "file"}); !known) {
    return known;
  }
  if (name == "image_url") return check_image(part, at);
  if (name == "input_audio" || name == "file") {
    const auto* member = find(part, name);
    if (member == nullptr) return missing_parameter(at + "." + name);
    return member->is_object() ? Status() : wrong_type(at + "." + name, "an object", *member);
  }
  if (name != "text") return {};
  const auto* text = find(part, "text");
  if (text == nullptr) return missing_parameter(at + ".text");
  return text->is_string() ? Status() : wrong_type(at + ".text", "a string", *text);
}

}  // namespace

Status check_content_parts(const JsonArray& parts, const std::string& at) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (auto checked = check_part(parts[i], at + "[" + std::to_string(i) + "]"); !checked) return checked;
  }
  return {};
}

Status refuse_media(const Json& chat) {
  const auto* messages = find(chat, "messages");
  if (messages == nullptr || !messages->is_array()) return {};
  for (std::size_t i = 0; i < messages->get_array().size(); ++i) {
    const auto* content = find(messages->get_array()[i], "content");
    if (content == nullptr || !content->is_array()) continue;
    for (std::size_t j = 0; j < content->get_array().size(); ++j) {
      const std::string type = string_at(content->get_array()[j], "type");
      if (type != "image_url" && type != "input_audio" && type != "file") continue;
      return invalid_request("Invalid content type. " + type + " is only supported by certain models.",
                             "messages.[" + std::to_string(i) + "].content.[" + std::to_string(j) + "].type");
    }
  }
  return {};
}

}  // namespace lazuli::openai
