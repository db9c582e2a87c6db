// The handlers of Graph by kind of object; the path's first segment has decided which.
#pragma once

#include "entra/graph_call.h"

namespace lazuli::entra {

GraphResult graph_applications(GraphCall& call);
GraphResult graph_federated_credentials(GraphCall& call, const Application& application);  // below an application
GraphResult graph_service_principals(GraphCall& call);
GraphResult graph_users(GraphCall& call);
GraphResult graph_me(GraphCall& call);
GraphResult graph_groups(GraphCall& call);
GraphResult graph_directory_objects(GraphCall& call);
GraphResult graph_organization(GraphCall& call);

// GET/POST/DELETE …/owners[/ID]/$ref of a stored object; `collection` is where its document lives.
GraphResult graph_owners(GraphCall& call, std::string_view collection, const std::string& id, const Json& document);
// POST …/getMemberGroups, …/checkMemberGroups, …/memberOf of the object with this id.
GraphResult graph_memberships(GraphCall& call, std::string_view operation, const std::string& id);

}  // namespace lazuli::entra
