// JSON as lazuli uses it: Boost.JSON values (members keep their order, as Azure's answers do) with a bounded parser and
// the few accessors that handlers need. Nothing here throws; a missing or ill-typed member reads as "not there".
#pragma once

#include <boost/json.hpp>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lazuli {

using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

struct JsonLimits {
  std::size_t depth = 64;
};

// Where values live that are dropped together, for texts that are read and dropped at a high rate: given back as a
// whole, without a look at each of them. It must outlive them all, and the copies that are made of them.
using JsonScratch = boost::json::monotonic_resource;

// Error code "InvalidJson", status 400, with the offset at which reading stopped. `storage`: where the values live (a
// JsonScratch's address).
Result<Json> parse_json(std::string_view text, JsonLimits limits = {}, boost::json::storage_ptr storage = {});
// Always JSON: a text in it that is no UTF-8 is mended (valid_utf8), as errors show what came in.
std::string to_text(const Json& value);
std::string to_text(const JsonObject& value);
std::string to_pretty(const Json& value, int indent = 2);

// The member at a path of names, or null if some step is missing or no object: find(v, "properties", "model", "name").
// It is part of `value` and lives as long as that: only what is JSON already is taken, so that no conversion makes a
// copy that ends with the call.
const Json* find_member(const Json& value, std::string_view name);
const Json* find_member(const JsonObject& value, std::string_view name);
template <typename Value, typename... Names>
requires std::same_as<Value, Json> || std::same_as<Value, JsonObject>
const Json* find(const Value& value, std::string_view first, Names... rest) {
  const Json* step = find_member(value, first);
  if constexpr (sizeof...(rest) == 0) {
    return step;
  } else {
    return step ? find(*step, std::string_view(rest)...) : nullptr;
  }
}

// The array at such a path; an empty one if there is none.
const JsonArray& array_or_none(const Json* value);
template <typename Value, typename... Names>
const JsonArray& array_at(const Value& value, Names... names) {
  return array_or_none(find(value, std::string_view(names)...));
}

std::string string_or(const Json* value, std::string_view fallback = {});
bool bool_or(const Json* value, bool fallback = false);
// Numbers, and strings that hold a whole number (az sends a deployment's capacity as text).
std::optional<std::int64_t> integer(const Json* value);

template <typename Value, typename... Names>
std::string string_at(const Value& value, Names... names) {
  return string_or(find(value, std::string_view(names)...));
}

// The member, made an object if it is anything else: for building answers in place.
JsonObject& object_at(JsonObject& parent, std::string_view name);

// RFC 7386 merge patch, as ARM's PATCH works on tags and properties.
void merge_patch(Json& target, const Json& patch);

}  // namespace lazuli
