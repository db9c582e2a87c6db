// Functions of logic, comparison and arithmetic.
#include <algorithm>

#include "base/text.h"
#include "providers/resources/template_expression.h"
#include "providers/resources/template_values.h"

namespace lazuli::providers {

namespace {

Json equals(const Arguments& arguments) {
  if (arguments[0].is_string() && arguments[1].is_string()) {
    return equals_ignoring_case(arguments[0].as_string(), arguments[1].as_string());
  }
  return arguments[0] == arguments[1];
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

}  // namespace

void add_logic_functions(FunctionTable& table) {
  table["equals"] = {2, 2, equals};
  table["not"] = {1, 1, [](const Arguments& a) { return Json(!truth(a[0])); }};
  table["and"] = {1, kAnyNumber, [](const Arguments& a) { return Json(std::ranges::all_of(a, truth)); }};
  table["or"] = {1, kAnyNumber, [](const Arguments& a) { return Json(std::ranges::any_of(a, truth)); }};
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
  table["min"] = {1, kAnyNumber, [](const Arguments& a) { return extreme(a, true); }};
  table["max"] = {1, kAnyNumber, [](const Arguments& a) { return extreme(a, false); }};
  table["less"] = {2, 2, [](const Arguments& a) { return compared(a, std::less<>()); }};
  table["lessorequals"] = {2, 2, [](const Arguments& a) { return compared(a, std::less_equal<>()); }};
  table["greater"] = {2, 2, [](const Arguments& a) { return compared(a, std::greater<>()); }};
  table["greaterorequals"] = {2, 2, [](const Arguments& a) { return compared(a, std::greater_equal<>()); }};
}

}  // namespace lazuli::providers
