// The parameters of each operation: name, type and range, as one table; anything else is refused as Azure refuses it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "openai/vocabulary.h"

namespace lazuli::openai {

Status check_parameters(Operation operation, const Json& body);

// That the word at `name` is one of these; the error lists them.
Status check_word(std::string_view word, std::string_view name, std::initializer_list<std::string_view> words);

// "a string", "an array": a value's type as the error texts name it.
std::string type_phrase(const Json& value);
std::string number_text(const Json& value);  // as a person writes it: 0.2
// "Invalid type for 'NAME': expected an object, but got a string instead."
Error wrong_type(std::string_view name, std::string_view expected, const Json& got);

}  // namespace lazuli::openai
