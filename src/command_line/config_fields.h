// How the members of lazuli.yaml's sections are read: each name has a reader that takes the value or says what is wrong
// with it. Errors have code "InvalidConfiguration"; the message begins with the key, which is the target, too. A reader
// keeps a reference to its target.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "net/server.h"

namespace lazuli::command_line {

using FieldReader = std::function<Status(const Json&)>;
using Field = std::pair<std::string, FieldReader>;

Error wrong(std::string_view where, std::string message);

// Hands each member of an object to the field of its name; a name that no field has is an error that says the nearest.
Status read_object(const Json& value, std::string_view where, const std::vector<Field>& fields);

FieldReader text_into(std::string& target, std::string where, std::vector<std::string> choices = {});
FieldReader url_into(std::string& target, std::string where);  // http or https
FieldReader flag_into(bool& target, std::string where);
FieldReader port_into(std::optional<unsigned short>& target, const std::string& where);  // where: of the section
FieldReader number_into(std::int64_t& target, std::string where, std::int64_t least, std::int64_t most);
FieldReader endpoint_into(std::optional<net::Endpoint>& target, std::string where);

}  // namespace lazuli::command_line
