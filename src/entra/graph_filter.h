// OData $filter (version 4.01, part 2, section 5.1.1) as far as directory clients use it: eq, ne, in, startswith,
// any(x:x eq …), not, and, or, parentheses. Texts compare without regard to case, as in the directory.
#pragma once

#include <memory>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::entra {

class GraphFilter {
 public:
  // An empty text matches everything. Error 400 "Request_UnsupportedQuery" for what cannot be read.
  static Result<GraphFilter> parse(std::string_view text);
  // extra: members that are looked at where the object has none; may be null.
  bool matches(const JsonObject& object, const JsonObject* extra) const;

  struct Node;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace lazuli::entra
