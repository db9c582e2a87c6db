#include <algorithm>

#include "base/text.h"
#include "net/server.h"

namespace lazuli::net {

void Router::host(std::string_view name, StreamHandler handler) {
  names_.emplace_back(to_lower(name), std::move(handler));
}

void Router::suffix(std::string_view dotted_suffix, StreamHandler handler) {
  suffixes_.emplace_back(to_lower(dotted_suffix), std::move(handler));
  std::stable_sort(suffixes_.begin(), suffixes_.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

void Router::otherwise(StreamHandler handler) {
  otherwise_ = std::move(handler);
}

const StreamHandler* Router::named(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);  // a fully qualified name
  for (const auto& [name, handler] : names_) {
    if (equals_ignoring_case(name, host)) return &handler;
  }
  for (const auto& [suffix, handler] : suffixes_) {
    if (host.size() > suffix.size() && ends_with_ignoring_case(host, suffix)) return &handler;
  }
  return nullptr;
}

const StreamHandler* Router::find(std::string_view host) const {
  if (const StreamHandler* handler = named(host)) return handler;
  return otherwise_ ? &otherwise_ : nullptr;
}

bool Router::ours(std::string_view host) const {
  return named(host) != nullptr;
}

}  // namespace lazuli::net
