#include "command_line/config_fields.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "command_line/options.h"
#include "net/http.h"

namespace lazuli::command_line {

Error wrong(std::string_view where, std::string message) {
  return Error{"InvalidConfiguration", std::string(where) + ": " + std::move(message), 400, std::string(where)};
}

// Hands each member of an object to the field of its name.
Status read_object(const Json& value, std::string_view where, const std::vector<Field>& fields) {
  if (value.is_null()) return {};
  if (!value.is_object()) return wrong(where, "has to be a mapping of names to values.");
  for (const auto& member : value.get_object()) {
    const std::string key(member.key());
    const auto field = std::ranges::find(fields, key, &Field::first);
    if (field == fields.end()) {
      std::vector<std::string> names;
      names.reserve(fields.size());
      for (const auto& known : fields) names.push_back(known.first);
      const std::string meant = nearest(key, names);
      return wrong(where.empty() ? key : std::string(where) + "." + key,
                   "is not known here. " +
                       (meant.empty() ? "Known: " + join(names, ", ") + "." : "Did you mean '" + meant + "'?"));
    }
    if (auto read = field->second(member.value()); !read) return read;
  }
  return {};
}

FieldReader text_into(std::string& target, std::string where, std::vector<std::string> choices) {
  return [&target, where = std::move(where), choices = std::move(choices)](const Json& value) -> Status {
    if (!value.is_string()) return wrong(where, "has to be text.");
    target = string_or(&value);
    if (!choices.empty() && std::ranges::find(choices, target) == choices.end())
      return wrong(where, "is one of " + join(choices, ", ") + ", not '" + target + "'.");
    return {};
  };
}

FieldReader flag_into(bool& target, std::string where) {
  return [&target, where = std::move(where)](const Json& value) -> Status {
    if (!value.is_bool()) return wrong(where, "has to be true or false.");
    target = value.get_bool();
    return {};
  };
}

FieldReader port_into(std::optional<unsigned short>& target, const std::string& where) {
  return [&target, where](const Json& value) -> Status {
    const auto number = integer(&value);
    if (!number || *number < 0 || *number > 65535) return wrong(where + ".port", "has to be a port from 0 to 65535.");
    target = static_cast<unsigned short>(*number);
    return {};
  };
}

FieldReader number_into(std::int64_t& target, std::string where, std::int64_t least, std::int64_t most) {
  return [&target, where = std::move(where), least, most](const Json& value) -> Status {
    const auto number = value.is_int64() ? integer(&value) : std::nullopt;
    if (!number || *number < least || *number > most)
      return wrong(where,
                   "has to be a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".");
    target = *number;
    return {};
  };
}

FieldReader url_into(std::string& target, std::string where) {
  return [&target, where = std::move(where)](const Json& value) -> Status {
    if (auto read = text_into(target, where)(value); !read) return read;
    if (!net::parse_url(target)) return wrong(where, "has to be an http(s) URL.");
    return {};
  };
}

// "127.0.0.1:9464", "[::1]:9464", or a port of 127.0.0.1 alone.
FieldReader endpoint_into(std::optional<net::Endpoint>& target, std::string where) {
  return [&target, where = std::move(where)](const Json& value) -> Status {
    const std::string text = value.is_int64() ? std::to_string(value.get_int64()) : string_or(&value);
    const auto colon = text.rfind(':');
    std::string address = colon == std::string::npos ? "127.0.0.1" : text.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    const std::string_view digits = std::string_view(text).substr(colon == std::string::npos ? 0 : colon + 1);
    unsigned port = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (problem != std::errc() || end != digits.data() + digits.size() || port > 65535 || address.empty())
      return wrong(where, "has to be an address and a port, such as 127.0.0.1:9464.");
    target = net::Endpoint{std::move(address), static_cast<unsigned short>(port)};
    return {};
  };
}

}  // namespace lazuli::command_line
