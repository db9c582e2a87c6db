// Azure resource ids: /subscriptions/S/resourceGroups/G/providers/NAMESPACE/TYPE/NAME[/TYPE/NAME…], extension resources
// behind any of those (/…/providers/NAMESPACE/TYPE/NAME), subscriptions, groups, and tenant-level ids. Ids compare
// without regard to case; text() keeps the caller's spelling, key() is the form to compare and to store by.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lazuli::arm {

class ResourceId {
 public:
  // Leading and closing slashes do not matter. Nothing for a text that is no id.
  static std::optional<ResourceId> parse(std::string_view text);
  static ResourceId group(std::string_view subscription, std::string_view name);

  const std::string& text() const { return text_; }  // "/subscriptions/…", closing slash removed
  std::string key() const;                           // lower case
  const std::string& subscription() const { return subscription_; }
  const std::string& resource_group() const { return group_; }
  const std::string& provider() const {
    return provider_;
  }  // namespace of the last /providers/; empty for group, subscription
  // "Microsoft.CognitiveServices/accounts/deployments"; "Microsoft.Resources/resourceGroups", "…/subscriptions" for
  // those.
  std::string type() const;
  const std::string& name() const;                    // last name; empty for a collection
  bool is_collection() const { return collection_; }  // ends in a type without a name (…/accounts)
  const std::vector<std::pair<std::string, std::string>>& segments() const {
    return segments_;
  }  // type, name pairs of the last provider
  // The id before the last /providers/ (extension's target, or group, or subscription).
  ResourceId scope() const;
  std::optional<ResourceId> parent() const;  // enclosing resource, then group, then subscription
  ResourceId child(std::string_view type, std::string_view name) const;
  ResourceId extension(std::string_view provider, std::string_view type, std::string_view name) const;
  bool is_within(const ResourceId& ancestor) const;  // itself or below

 private:
  std::string text_, subscription_, group_, provider_, scope_text_;
  std::vector<std::pair<std::string, std::string>> segments_;
  bool collection_ = false;
};

}  // namespace lazuli::arm
