#include "net/same_origin.h"

#include "base/text.h"

namespace lazuli::net {

bool from_elsewhere(const Request& request, std::string_view origin) {
  const auto ours = parse_url(origin);
  if (!ours) return true;
  const std::string host = ours->origin.substr(ours->scheme.size() + std::string_view("://").size());
  if (!equals_ignoring_case(request.headers.get("Host"), host)) return true;
  const std::string_view sent = request.headers.get("Origin");
  if (request.method == "GET" || request.method == "HEAD") return !sent.empty() && sent != ours->origin;
  return sent != ours->origin;
}

}  // namespace lazuli::net
