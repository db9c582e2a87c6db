#include "entra/graph_call.h"

#include <algorithm>

#include "base/text.h"
#include "entra/graph_credentials.h"
#include "entra/graph_filter.h"

namespace lazuli::entra {

namespace {

constexpr std::string_view kContentType =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
constexpr std::string_view kService = "https://graph.microsoft.com/";
constexpr std::size_t kPage = 100;
constexpr std::size_t kMostOnAPage = 999;

std::string metadata(const GraphCall& call, const std::string& fragment) {
  return std::string(kService) + call.version + "/$metadata#" + fragment;
}

net::Response graph_json(int status, const Json& body) {
  net::Response response = net::Response::text(status, to_text(body), kContentType);
  response.headers.set("OData-Version", "4.0");
  return response;
}

JsonObject selected(const JsonObject& object, const JsonObject* extra, const std::vector<std::string>& names) {
  JsonObject out;
  for (const auto& name : names) {
    if (const Json* value = object.if_contains(name)) {
      out[name] = *value;
    } else if (const Json* more = extra ? extra->if_contains(name) : nullptr) {
      out[name] = *more;
    }
  }
  if (const Json* type = object.if_contains("@odata.type")) out["@odata.type"] = *type;
  return out;
}

std::vector<std::string> select_of(const net::Request& request) {
  std::vector<std::string> names;
  for (const auto& name : split(request.query.get("$select"), ',')) names.emplace_back(trim(name));
  return names;
}

// The page after `skip` items, as an address of its own.
std::string next_link(const GraphCall& call, std::size_t skip) {
  std::string out = std::string(kService) + call.version + "/" + join(call.path, "/") + "?";
  for (const auto& [name, value] : call.request.query) {
    if (name != "$skiptoken") out += percent_encode(name) + "=" + percent_encode(value) + "&";
  }
  return out + "$skiptoken=" + std::to_string(skip);
}

std::size_t number(const std::string& text, std::size_t fallback) {
  return integer(text.empty() ? nullptr : std::make_unique<Json>(boost::json::string(text)).get())
      .value_or(static_cast<std::int64_t>(fallback));
}

}  // namespace

Error graph_error(int status, std::string_view code, std::string message) {
  return Error{std::string(code), std::move(message), status};
}

Error graph_not_found(std::string_view id) {
  return graph_error(404, "Request_ResourceNotFound",
                     "Resource '" + std::string(id.substr(0, 200)) +
                         "' does not exist or one of its queried reference-property objects are not present.");
}

Error graph_denied() {
  return graph_error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
}

Error graph_not_supported(const GraphCall& call) {
  return graph_error(
      400, "Request_BadRequest",
      "lazuli's part of Microsoft Graph has no " + call.request.method + " of '/" + join(call.path, "/") + "'.");
}

net::Response graph_error_response(const Error& error, const net::Request& request, std::string_view request_id,
                                   TimePoint now) {
  std::string date = iso8601(now, 0);
  date.pop_back();  // Graph writes this one without a zone
  const std::string_view sent = request.headers.get("client-request-id");
  return net::Response::json(
      error.status,
      JsonObject{
          {"error",
           {{"code", error.code},
            {"message", error.message},
            {"innerError",
             {{"date", date}, {"request-id", request_id}, {"client-request-id", sent.empty() ? request_id : sent}}}}}});
}

net::Response graph_entity(const GraphCall& call, std::string_view set, JsonObject object, int status) {
  JsonObject body = {{"@odata.context", metadata(call, std::string(set) + "/$entity")}};
  const auto names = select_of(call.request);
  if (status == 200 && !names.empty()) object = selected(object, nullptr, names);
  for (auto& member : object) body[member.key()] = std::move(member.value());
  return graph_json(status, body);
}

GraphResult graph_list(const GraphCall& call, std::string_view set, std::vector<JsonObject> items,
                       const std::vector<JsonObject>& extra) {
  for (const char* option : {"$search", "$expand", "$orderby"}) {
    if (call.request.query.has(option)) {
      return graph_error(400, "Request_UnsupportedQuery",
                         std::string("The query option '") + option + "' is not supported.");
    }
  }
  const auto filter = GraphFilter::parse(call.request.query.get("$filter"));
  if (!filter) return filter.error();
  const auto names = select_of(call.request);
  const std::size_t skip = number(call.request.query.get("$skiptoken"), 0);
  const std::size_t top = std::clamp(number(call.request.query.get("$top"), kPage), std::size_t{1}, kMostOnAPage);
  JsonArray value;
  std::size_t matched = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const JsonObject* more = i < extra.size() ? &extra[i] : nullptr;
    if (!filter->matches(items[i], more)) continue;
    if (matched >= skip && matched < skip + top) {
      value.push_back(names.empty() ? std::move(items[i]) : selected(items[i], more, names));
    }
    ++matched;
  }
  JsonObject body = {{"@odata.context", metadata(call, std::string(set))}};
  if (equals_ignoring_case(call.request.query.get("$count"), "true")) body["@odata.count"] = matched;
  if (matched > skip + top) body["@odata.nextLink"] = next_link(call, skip + top);
  body["value"] = std::move(value);
  return graph_json(200, body);
}

net::Response graph_values(const GraphCall& call, std::string_view type, const std::vector<std::string>& values) {
  net::Response response =
      graph_json(200, JsonObject{{"@odata.context", metadata(call, "Collection(" + std::string(type) + ")")},
                                 {"value", json_texts(values)}});
  response.headers.set("Location", "https://graph.microsoft.com");
  return response;
}

net::Response graph_done() {
  return net::Response::empty(204);
}

Status may_read(const GraphCall& call) {
  if (call.administrator || call.caller.type == access::PrincipalType::user) return {};
  return graph_denied();
}

Status may_change(const GraphCall& call, const Json& document) {
  if (call.administrator) return {};
  const auto owners = texts_of(find(document, "owners"));
  if (call.caller.type == access::PrincipalType::user &&
      std::ranges::find(owners, call.caller.object_id) != owners.end()) {
    return {};
  }
  return graph_denied();
}

Status may_create(const GraphCall& call, bool people_may) {
  if (call.administrator || (people_may && call.caller.type == access::PrincipalType::user)) return {};
  return graph_denied();
}

Result<std::string> referenced_id(const GraphCall& call) {
  const std::string address = string_at(call.body, "@odata.id");
  const auto slash = address.rfind('/');
  if (slash == std::string::npos || slash + 1 == address.size()) {
    return graph_error(400, "Request_BadRequest", "The body must hold '@odata.id', the address of a directory object.");
  }
  std::string id = to_lower(address.substr(slash + 1));
  if (!directory_object(call.context, id)) return graph_not_found(id);
  return id;
}

std::optional<JsonObject> directory_object(const Context& context, std::string_view id) {
  const auto typed = [](std::string_view type, const JsonObject& object) {
    JsonObject out = {{"@odata.type", "#microsoft.graph." + std::string(type)}};
    for (const auto& member : object) out[member.key()] = member.value();
    return out;
  };
  const Directory& directory = context.directory;
  if (const auto user = directory.users.find(id)) return typed("user", shown(user->document));
  if (const auto group = directory.groups.find(id)) return typed("group", shown(group->document));
  if (const auto principal = directory.service_principals.find(id)) {
    return typed("servicePrincipal", shown(principal->document));
  }
  if (const auto application = directory.applications.find(id))
    return typed("application", shown(application->document));
  return std::nullopt;
}

GraphResult graph_objects(const GraphCall& call, const std::vector<std::string>& ids) {
  std::vector<JsonObject> found;
  for (const auto& id : ids) {
    if (auto object = directory_object(call.context, id)) found.push_back(std::move(*object));
  }
  return graph_list(call, "directoryObjects", std::move(found));
}

Status change_members(JsonObject& object, const Json& changes, std::string_view type) {
  if (!changes.is_object()) return graph_error(400, "Request_BadRequest", "The body must be a JSON object.");
  for (const auto& change : changes.get_object()) {
    const std::string name(change.key());
    if (name.starts_with("@odata.")) continue;
    Json* member = object.if_contains(name);
    if (!member) {
      return graph_error(
          400, "Request_BadRequest",
          "Property '" + name.substr(0, 100) + "' does not exist on type 'microsoft.graph." + std::string(type) + "'.");
    }
    const bool fixed = name == "id" || name == "appId" || name == "createdDateTime" || name == "deletedDateTime" ||
                       name == "publisherDomain";
    if (fixed && *member != change.value()) {
      return graph_error(400, "Request_BadRequest", "Property '" + name + "' is read-only and cannot be set.");
    }
    if (member->is_object() && change.value().is_object()) {
      if (Status inner = change_members(member->get_object(), change.value(), type); !inner) return inner;
    } else {
      *member = change.value();
    }
  }
  return {};
}

std::string graph_time(const Context& context) {
  return iso8601(context.clock.now(), 0);
}

std::optional<std::string_view> alternate_app_id(std::string_view segment, std::string_view set) {
  const std::string opening = std::string(set) + "(appId='";
  if (!starts_with_ignoring_case(segment, opening) || !segment.ends_with("')")) return std::nullopt;
  return segment.substr(opening.size(), segment.size() - opening.size() - 2);
}

}  // namespace lazuli::entra
