#include "providers/resources/provider_list.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "providers/resources/regions.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::TypeSpec;

using Types = std::vector<const TypeSpec*>;

class ProviderList {
 public:
  explicit ProviderList(arm::Service& service) : service_(service) {}

  Result<Answer> list(const Call& call) const {
    JsonArray items;
    for (const auto& [name, types] : by_namespace()) items.push_back(item(call, types, state_of(name)));
    return Answer::json(200, arm::Service::page(call, std::move(items)));
  }

  Result<Answer> get(const Call& call) const {
    const std::string name = namespace_in(call);
    const auto all = by_namespace();
    const auto found = all.find(name);
    if (found == all.end()) return unknown(call);
    return Answer::json(200, item(call, found->second, state_of(name)));
  }

  // The answer shows the change under way; on Azure it takes a while, here it is done.
  Result<Answer> set_registered(const Call& call, bool registered) const {
    const std::string name = namespace_in(call);
    const auto all = by_namespace();
    const auto found = all.find(name);
    if (found == all.end()) return unknown(call);
    const std::string_view state = registered ? "Registered" : "Unregistered";
    if (auto put = service_.parts().store.put(arm::kRegistrations, name, JsonObject{{"state", state}}); !put) {
      return put.error();
    }
    return Answer::json(200, item(call, found->second, registered ? "Registering" : "Unregistering"));
  }

  Result<Answer> operations(const Call& call) const {
    const std::string name = namespace_in(call);
    const auto all = by_namespace();
    const auto found = all.find(name);
    if (found == all.end()) return unknown(call);
    JsonArray items;
    for (const TypeSpec* type : found->second) {
      for (const auto& verb : verbs(*type)) items.push_back(operation(*type, verb));
    }
    return Answer::json(200, JsonObject{{"value", std::move(items)}});
  }

 private:
  std::map<std::string, Types> by_namespace() const {
    std::map<std::string, Types> all;
    for (const TypeSpec* type : service_.types())
      all[to_lower(type->type.substr(0, type->type.find('/')))].push_back(type);
    return all;
  }

  // The segment after "providers", in lower case.
  static std::string namespace_in(const Call& call) {
    const auto segments = split(to_lower(call.path), '/');
    const auto at = std::ranges::find(segments, "providers");
    return at == segments.end() || at + 1 == segments.end() ? std::string() : *(at + 1);
  }

  static Error unknown(const Call& call) {
    const auto segments = split(call.path, '/');
    const std::string name = segments.size() > 3 ? segments[3] : segments.size() > 1 ? segments[1] : "";
    return {"InvalidResourceNamespace", "The resource namespace '" + name + "' is invalid.", 404};
  }

  std::string state_of(const std::string& name) const {
    const auto stored = service_.parts().store.get(arm::kRegistrations, name);
    return stored ? string_at(stored->value, "state") : "Registered";
  }

  JsonObject item(const Call& call, const Types& types, std::string_view state) const {
    const std::string name = types.front()->type.substr(0, types.front()->type.find('/'));
    JsonArray shown;
    for (const TypeSpec* type : types) shown.push_back(type_item(*type, name.size() + 1));
    const std::string scope = call.id.subscription().empty() ? "" : "/subscriptions/" + call.id.subscription();
    JsonObject out{{"id", scope + "/providers/" + name}, {"namespace", name}, {"resourceTypes", std::move(shown)}};
    if (!scope.empty()) {
      out["registrationState"] = state;
      out["registrationPolicy"] = "RegistrationRequired";
    }
    return out;
  }

  JsonObject type_item(const TypeSpec& type, std::size_t prefix) const {
    JsonArray locations, versions;
    if (type.tracked) {
      for (const auto& location : service_.parts().locations) locations.emplace_back(region_display_name(location));
    }
    for (const auto& version : type.api_versions) versions.emplace_back(version);
    JsonObject out{{"resourceType", type.type.substr(prefix)},
                   {"locations", std::move(locations)},
                   {"apiVersions", std::move(versions)}};
    out["capabilities"] = type.tracked ? "SupportsTags, SupportsLocation" : "None";
    return out;
  }

  static std::vector<std::string> verbs(const TypeSpec& type) {
    std::vector<std::string> all = {"read"};
    if (type.put || type.patch) all.emplace_back("write");
    if (type.del) all.emplace_back("delete");
    for (const auto& [action, handler] : type.actions) all.push_back(action + "/action");
    return all;
  }

  static JsonObject operation(const TypeSpec& type, const std::string& verb) {
    const std::size_t slash = type.type.find('/');
    const std::string provider = replace_all(type.type.substr(0, slash), ".", " ");
    const std::string resource = type.type.substr(slash + 1);
    const std::string action = verb.substr(0, verb.find('/'));
    return {{"name", type.type + "/" + verb},
            {"display", JsonObject{{"provider", provider},
                                   {"resource", resource},
                                   {"operation", action + " " + resource},
                                   {"description", action + " on " + resource + " of " + provider}}}};
  }

  arm::Service& service_;
};

}  // namespace

void add_provider_list(arm::Service& service) {
  const auto providers = std::make_shared<ProviderList>(service);
  const auto list = [providers](const Call& call) { return providers->list(call); };
  const auto get = [providers](const Call& call) { return providers->get(call); };
  service.add_path({"GET", "/providers", "", list});
  service.add_path({"GET", "/providers/*", "", get});
  service.add_path(
      {"GET", "/providers/*/operations", "", [providers](const Call& call) { return providers->operations(call); }});
  service.add_path({"GET", "/subscriptions/*/providers", "Microsoft.Resources/subscriptions/providers/read", list});
  service.add_path({"GET", "/subscriptions/*/providers/*", "Microsoft.Resources/subscriptions/providers/read", get});
  service.add_path({"POST", "/subscriptions/*/providers/*/register",
                    "Microsoft.Resources/subscriptions/register/action",
                    [providers](const Call& call) { return providers->set_registered(call, true); }});
  service.add_path({"POST", "/subscriptions/*/providers/*/unregister",
                    "Microsoft.Resources/subscriptions/unregister/action",
                    [providers](const Call& call) { return providers->set_registered(call, false); }});
}

}  // namespace lazuli::providers
