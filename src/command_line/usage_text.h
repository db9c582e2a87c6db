// The table of `lazuli usage`: which rows a person asked for, and how they are printed. Pure functions over the control
// socket's answer {"since", "usage": [{account, deployment, identity, name, requests, refused, promptTokens, …}]}.
#pragma once

#include <string>

#include "base/json.h"

namespace lazuli::command_line {

// Names without regard to case; empty: all. `identity` is an object id, a service principal's name, or "key1", "key2".
struct UsageFilter {
  std::string account, deployment, identity;
};

// The answer with just the rows that match, and their sum as "total".
Json filter_usage(const Json& said, const UsageFilter& filter);
// Columns as wide as they need to be, a total below if there are several rows, and since when it counts.
std::string usage_text(const Json& filtered);

}  // namespace lazuli::command_line
