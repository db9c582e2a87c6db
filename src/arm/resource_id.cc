#include "arm/resource_id.h"

#include "base/text.h"

namespace lazuli::arm {

namespace {

struct Pieces {
  std::vector<std::string> parts;
  std::size_t at = 0;
  bool next_is(std::string_view word) const { return at < parts.size() && equals_ignoring_case(parts[at], word); }
};

std::string joined(const std::vector<std::string>& parts, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "/" + parts[i];
  return text;
}

}  // namespace

std::optional<ResourceId> ResourceId::parse(std::string_view text) {
  Pieces in{split(text, '/')};
  if (in.parts.empty() || text.empty() || text.front() != '/') return std::nullopt;
  ResourceId id;
  id.text_ = joined(in.parts, in.parts.size());
  std::size_t scope_end = 0;  // parts that belong to the scope of the last provider
  if (in.next_is("subscriptions")) {
    if (in.parts.size() == 1) {
      id.collection_ = true;
      return id;
    }
    id.subscription_ = in.parts[1];
    in.at = 2;
    if (in.next_is("resourcegroups")) {
      if (in.at + 1 == in.parts.size()) {
        id.collection_ = true;
        return id;
      }
      id.group_ = in.parts[in.at + 1];
      in.at += 2;
    }
  }
  while (in.next_is("providers")) {
    scope_end = in.at++;
    id.segments_.clear();
    id.provider_ = in.at < in.parts.size() ? in.parts[in.at++] : "";
    id.collection_ = id.provider_.empty();
    while (in.at < in.parts.size() && !in.next_is("providers")) {
      const std::string& type = in.parts[in.at++];
      const bool named = in.at < in.parts.size() && !in.next_is("providers");
      id.segments_.emplace_back(type, named ? in.parts[in.at++] : "");
      id.collection_ = !named;
    }
  }
  if (in.at != in.parts.size()) return std::nullopt;
  id.scope_text_ = joined(in.parts, scope_end);
  return id;
}

ResourceId ResourceId::group(std::string_view subscription, std::string_view name) {
  return *parse("/subscriptions/" + std::string(subscription) + "/resourceGroups/" + std::string(name));
}

std::string ResourceId::key() const {
  return to_lower(text_);
}

std::string ResourceId::type() const {
  if (!provider_.empty()) {
    std::string type = provider_;
    for (const auto& segment : segments_) type += "/" + segment.first;
    return type;
  }
  const bool groups = !group_.empty() || (collection_ && !subscription_.empty());
  return groups ? "Microsoft.Resources/resourceGroups" : "Microsoft.Resources/subscriptions";
}

const std::string& ResourceId::name() const {
  if (!segments_.empty()) return segments_.back().second;
  if (!provider_.empty()) return provider_;
  return group_.empty() ? subscription_ : group_;
}

ResourceId ResourceId::scope() const {
  return parse(scope_text_).value_or(ResourceId());
}

std::optional<ResourceId> ResourceId::parent() const {
  if (segments_.size() > 1) {
    const std::size_t cut =
        1 + segments_.back().first.size() + (segments_.back().second.empty() ? 0 : 1 + segments_.back().second.size());
    return parse(std::string_view(text_).substr(0, text_.size() - cut));
  }
  if (!provider_.empty()) return parse(scope_text_);
  if (!group_.empty()) return parse("/subscriptions/" + subscription_);
  return std::nullopt;
}

ResourceId ResourceId::child(std::string_view type, std::string_view name) const {
  return *parse(text_ + "/" + std::string(type) + "/" + std::string(name));
}

ResourceId ResourceId::extension(std::string_view provider, std::string_view type, std::string_view name) const {
  return *parse(text_ + "/providers/" + std::string(provider) + "/" + std::string(type) + "/" + std::string(name));
}

bool ResourceId::is_within(const ResourceId& ancestor) const {
  const std::string mine = key() + "/";
  return mine.starts_with(ancestor.key() + "/");
}

}  // namespace lazuli::arm
