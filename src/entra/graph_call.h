// One call of Microsoft Graph and the forms of its answers, shared by the handlers of each kind of object.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "entra/context.h"
#include "net/http.h"

namespace lazuli::entra {

struct GraphCall {
  Context& context;
  const net::Request& request;
  access::Principal caller;
  bool administrator = false;
  std::string version;            // "v1.0" or "beta"
  std::vector<std::string> path;  // after the version
  Json body = nullptr;            // an object, where the method has one

  std::string_view segment(std::size_t at) const { return at < path.size() ? std::string_view(path[at]) : ""; }
  bool is(std::string_view method, std::size_t segments) const {
    return request.method == method && path.size() == segments;
  }
};

using GraphResult = Result<net::Response>;

// Errors: code and message as Graph's, in {"error":{"code","message","innerError"}}.
Error graph_error(int status, std::string_view code, std::string message);
// The APPID of "SET(appId='APPID')", Graph's alternate key; nothing for a segment of another form.
std::optional<std::string_view> alternate_app_id(std::string_view segment, std::string_view set);
Error graph_not_found(std::string_view id);
Error graph_denied();
Error graph_not_supported(const GraphCall& call);
net::Response graph_error_response(const Error& error, const net::Request& request, std::string_view request_id,
                                   TimePoint now);

// An entity of a set ("applications/$entity"), a list of them (with $filter, $select, $top and paging applied) and an
// action's answer. extra: members by object that only $filter and $select see (parallel to items; may be empty).
net::Response graph_entity(const GraphCall& call, std::string_view set, JsonObject object, int status = 200);
GraphResult graph_list(const GraphCall& call, std::string_view set, std::vector<JsonObject> items,
                       const std::vector<JsonObject>& extra = {});
net::Response graph_values(const GraphCall& call, std::string_view type, const std::vector<std::string>& values);
net::Response graph_done();  // 204

// Who may do what: an administrator everything; a person reads everything and changes what is their own; an application
// without a role nothing.
Status may_read(const GraphCall& call);
Status may_change(const GraphCall& call, const Json& document);
Status may_create(const GraphCall& call, bool people_may);

// The object id at the end of {"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/ID"}.
Result<std::string> referenced_id(const GraphCall& call);
// Any directory object as Graph shows it, with its @odata.type; nothing if there is none.
std::optional<JsonObject> directory_object(const Context& context, std::string_view id);
// The objects with these ids as one list; ids of what is gone are left out.
GraphResult graph_objects(const GraphCall& call, const std::vector<std::string>& ids);

// Sets the members of `changes` in `object`; error 400 for a member that the object does not have or that never
// changes.
Status change_members(JsonObject& object, const Json& changes, std::string_view type);

std::string graph_time(const Context& context);  // now, whole seconds

}  // namespace lazuli::entra
