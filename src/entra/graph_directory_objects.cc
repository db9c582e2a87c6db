#include <algorithm>

#include "base/text.h"
#include "entra/graph_handlers.h"

namespace lazuli::entra {

namespace {

constexpr std::size_t kMostIds = 1000;  // Graph's own limit for getByIds

GraphResult get_by_ids(const GraphCall& call) {
  const auto ids = texts_of(find(call.body, "ids"));
  if (ids.size() > kMostIds)
    return graph_error(400, "Request_BadRequest", "At most 1000 ids can be asked for at once.");
  const auto types = texts_of(find(call.body, "types"));
  std::vector<JsonObject> found;
  for (const auto& id : ids) {
    auto object = directory_object(call.context, to_lower(id));
    if (!object) continue;
    const std::string type =
        string_or(object->if_contains("@odata.type")).substr(std::string_view("#microsoft.graph.").size());
    const auto wanted = [&](const std::string& name) { return equals_ignoring_case(name, type); };
    if (types.empty() || std::ranges::any_of(types, wanted)) found.push_back(std::move(*object));
  }
  auto answer = graph_list(call, "directoryObjects", std::move(found));
  if (answer) answer->headers.set("Location", "https://graph.microsoft.com");
  return answer;
}

}  // namespace

GraphResult graph_memberships(GraphCall& call, std::string_view operation, const std::string& id) {
  const auto groups = call.context.directory.groups_of(id);
  if (call.request.method == "GET" && (operation == "memberOf" || operation == "transitiveMemberOf")) {
    return graph_objects(call, groups);
  }
  if (call.request.method == "POST" && (operation == "getMemberGroups" || operation == "getMemberObjects")) {
    return graph_values(call, "Edm.String", groups);
  }
  if (call.request.method == "POST" && operation == "checkMemberGroups") {
    auto asked = texts_of(find(call.body, "groupIds"));
    std::erase_if(asked, [&](const std::string& group) { return std::ranges::find(groups, group) == groups.end(); });
    return graph_values(call, "Edm.String", asked);
  }
  return graph_not_supported(call);
}

GraphResult graph_directory_objects(GraphCall& call) {
  if (const Status allowed = may_read(call); !allowed) return allowed.error();
  if (call.is("POST", 2) && equals_ignoring_case(call.segment(1), "getByIds")) return get_by_ids(call);
  const std::string id = to_lower(call.segment(1));
  auto object = directory_object(call.context, id);
  if (!object) return graph_not_found(call.segment(1));
  if (call.is("GET", 2)) return graph_entity(call, "directoryObjects", std::move(*object));
  return graph_memberships(call, call.segment(2), id);
}

GraphResult graph_organization(GraphCall& call) {
  if (const Status allowed = may_read(call); !allowed) return allowed.error();
  if (!call.is("GET", 1)) return graph_not_supported(call);
  const std::string& domain = call.context.tenant_domain;
  const JsonObject verified = {{"capabilities", "Email, OfficeCommunicationsOnline"},
                               {"isDefault", true},
                               {"isInitial", true},
                               {"name", domain},
                               {"type", "Managed"}};
  JsonObject organization = {{"id", call.context.tenant_id},
                             {"displayName", domain.substr(0, domain.find('.'))},
                             {"tenantType", "AAD"},
                             {"verifiedDomains", JsonArray{verified}}};
  return graph_list(call, "organization", {std::move(organization)});
}

}  // namespace lazuli::entra
