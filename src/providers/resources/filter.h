// The $filter of resource and group listings: comparisons of a few names with quoted values, joined by and, or, not and
// parentheses. Names compare without regard to case; tagName and tagValue speak of the same tag.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::providers {

struct FilteredItem {
  std::string name, type, location, group;
  const JsonObject* tags = nullptr;
};

class ResourceFilter {
 public:
  // Error code InvalidFilterInQueryString (400). An empty text takes everything.
  static Result<ResourceFilter> parse(std::string_view text);
  bool takes(const FilteredItem& item) const;

  struct Node;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace lazuli::providers
