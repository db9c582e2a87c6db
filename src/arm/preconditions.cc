#include "arm/preconditions.h"

#include <algorithm>

#include "base/text.h"

namespace lazuli::arm {

namespace {

std::string_view bare(std::string_view tag) {
  tag = trim(tag);
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() > 1 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
  return tag;
}

// Whether one of the tags in a header is that of the resource; "*" is any resource that is there.
bool matches(std::string_view header, const std::optional<std::string>& tag) {
  if (!tag) return false;
  if (trim(header) == "*") return true;
  const auto tags = split(header, ',');
  return !tag->empty() && std::ranges::any_of(tags, [&](const auto& each) { return bare(each) == bare(*tag); });
}

Error failed(std::string_view header, const Call& call, const std::optional<std::string>& tag) {
  const std::string now = !tag ? "does not exist" : tag->empty() ? "has no ETag yet" : "has the ETag " + *tag;
  return {"PreconditionFailed",
          "The condition of the " + std::string(header) + " header is not met: the resource '" + call.id.text() + "' " +
              now + ".",
          412};
}

}  // namespace

bool is_conditional(const Call& call) {
  const bool writes = call.method == "PUT" || call.method == "PATCH" || call.method == "DELETE";
  return writes && (call.headers.has("If-Match") || call.headers.has("If-None-Match"));
}

Status check_precondition(const Call& call, const std::optional<std::string>& tag) {
  if (call.headers.has("If-Match") && !matches(call.headers.get("If-Match"), tag)) return failed("If-Match", call, tag);
  if (call.headers.has("If-None-Match") && matches(call.headers.get("If-None-Match"), tag))
    return failed("If-None-Match", call, tag);
  return {};
}

}  // namespace lazuli::arm
