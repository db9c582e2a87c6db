// Which registered type, path or poll a request is for: ids are matched without regard to case and come out in the
// spelling that the type was registered with. Filled before the first request, read-only afterwards; knows nothing of
// callers or of what is stored.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arm/service.h"

namespace lazuli::arm {

struct Route {
  ResourceId id;     // resource, collection or provider-level path, with types spelled as registered
  ResourceId asked;  // the same as sent
  std::string action;
  const TypeSpec* type = nullptr;        // null: a path
  const TypeHandler* handler = nullptr;  // null: the type's default, if the method has one
  std::string permission;                // "Microsoft.X/things/read"; empty: every caller
  std::string scope;                     // where that is needed, as sent
  bool anonymous = false;
  bool own = false;  // answered by Resource Manager itself, not by a provider behind it
};

class Routing {
 public:
  void add(TypeSpec spec);
  void add_provider_path(std::string provider, std::string path, TypeHandler handler);
  void add_path(PathSpec spec);

  // Error codes InvalidResourceNamespace, InvalidResourceType, NotFound (404), MethodNotAllowed (405).
  Result<Route> find(std::string_view method, std::string_view path, std::string_view api_version) const;

  const TypeSpec* type(std::string_view name) const;
  std::vector<const TypeSpec*> types() const;
  bool has_namespace(std::string_view name) const;

 private:
  struct ProviderPath {
    std::vector<std::string> segments;
    TypeHandler handler;
  };
  struct OwnPath {
    std::vector<std::string> segments;
    PathSpec spec;
  };

  const OwnPath* own_path(std::string_view method, const std::vector<std::string>& segments, bool& known) const;
  const ProviderPath* provider_path(const ResourceId& id) const;
  Result<Route> resource_route(std::string_view method, const ResourceId& asked, std::string_view api_version) const;
  ResourceId respelled(const ResourceId& id) const;

  std::map<std::string, TypeSpec, std::less<>> types_;          // by lower-case type
  std::map<std::string, std::string, std::less<>> namespaces_;  // lower case → as registered
  std::map<std::string, std::vector<ProviderPath>, std::less<>> provider_paths_;
  std::vector<OwnPath> own_paths_;
};

// Whether a path fits a pattern, segment by segment, without regard to case.
bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments);

}  // namespace lazuli::arm
