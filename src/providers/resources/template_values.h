// The values of template expressions as their functions take them, and the table of those functions, which is filled by
// subject: texts, collections, logic and arithmetic. Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::providers {

using Arguments = JsonArray;

struct TemplateFunction {
  std::size_t least, most;  // arguments
  std::function<Result<Json>(const Arguments&)> call;
};
using FunctionTable = std::map<std::string, TemplateFunction, std::less<>>;  // by name in lower case

inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

void add_text_functions(FunctionTable& table);
void add_collection_functions(FunctionTable& table);
void add_logic_functions(FunctionTable& table);

std::string text_of(const Json& value);  // as string() writes it
std::int64_t number_of(const Json& value);
Json part_of(const Json& value, std::size_t from, std::size_t count);  // of an array, or of a text

}  // namespace lazuli::providers
