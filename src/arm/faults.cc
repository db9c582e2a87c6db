#include "arm/faults.h"

#include <ctime>

#include "base/text.h"

namespace lazuli::arm {

namespace {

// "managedClusters/agentPools": the type without its namespace.
std::string short_type(const ResourceId& id) {
  std::string text;
  for (const auto& [type, name] : id.segments()) text += (text.empty() ? "" : "/") + type;
  return text;
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

// Azure writes token times in the US form, M/d/yyyy h:mm:ss tt.
std::string us_time(TimePoint time) {
  const std::time_t seconds = unix_seconds(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  const int hour = parts.tm_hour % 12 == 0 ? 12 : parts.tm_hour % 12;
  std::string text = std::to_string(parts.tm_mon + 1) + "/" + std::to_string(parts.tm_mday) + "/" +
                     std::to_string(parts.tm_year + 1900) + " " + std::to_string(hour);
  char rest[16];
  (void)std::strftime(rest, sizeof rest, ":%M:%S ", &parts);
  return text + rest + (parts.tm_hour < 12 ? "AM" : "PM");
}

}  // namespace

Error subscription_not_found(std::string_view id) {
  return {"SubscriptionNotFound", "The subscription " + quoted(id) + " could not be found.", 404};
}

Error invalid_subscription(std::string_view id) {
  return {"InvalidSubscriptionId", "The provided subscription identifier " + quoted(id) + " is malformed or invalid.",
          400};
}

Error invalid_namespace(std::string_view provider) {
  return {"InvalidResourceNamespace", "The resource namespace " + quoted(provider) + " is invalid.", 404};
}

Error invalid_type(const ResourceId& id, std::string_view api_version) {
  return {"InvalidResourceType",
          "The resource type " + quoted(short_type(id)) + " could not be found in the namespace " +
              quoted(id.provider()) + " for api version " + quoted(api_version) + ".",
          404};
}

Error path_not_found(std::string_view path) {
  return {"NotFound", "No resource or operation is known under the path " + quoted(path) + ".", 404};
}

Error method_not_allowed(std::string_view method) {
  return {"MethodNotAllowed", "The HTTP method " + quoted(method) + " is not supported at this resource.", 405};
}

Error type_not_made(std::string_view type) {
  return {
      "MethodNotAllowed",
      "Resources of the type " + quoted(type) + " cannot be made here: lazuli does not implement them, and lists none.",
      405};
}

Error missing_api_version() {
  return {"MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.",
          400};
}

Error invalid_api_version(std::string_view version, const std::vector<std::string>& supported) {
  return {"InvalidApiVersionParameter",
          "The api-version " + quoted(version) + " is invalid. The supported versions are " +
              quoted(join(supported, ",")) + ".",
          400};
}

Error no_registered_provider(std::string_view version, const ResourceId& id, const std::vector<std::string>& supported,
                             const std::vector<std::string>& locations) {
  const std::vector<std::string> ascending(supported.rbegin(), supported.rend());
  return {"NoRegisteredProviderFound",
          "No registered resource provider found for location '' and API version " + quoted(version) + " for type " +
              quoted(short_type(id)) + ". The supported api-versions are " + quoted(join(ascending, ", ")) +
              ". The supported locations are " + quoted(join(locations, ", ")) + ".",
          400};
}

Error not_registered(std::string_view provider) {
  const std::string message = "The subscription is not registered to use namespace " + quoted(provider) +
                              ". See https://aka.ms/rps-not-found for how to register subscriptions.";
  Error error{"MissingSubscriptionRegistration", message, 409};
  error.details = boost::json::array{{{"code", error.code}, {"target", std::string(provider)}, {"message", message}}};
  return error;
}

Error authorization_failed(const access::Principal& who, std::string_view action, std::string_view scope) {
  const std::string& client = who.name.empty() ? who.app_id : who.name;
  return {"AuthorizationFailed",
          "The client " + quoted(client) + " with object id " + quoted(who.object_id) +
              " does not have authorization to perform action " + quoted(action) + " over scope " +
              quoted(scope.empty() ? "/" : scope) +
              " or the scope is invalid. If access was recently granted, please refresh your credentials.",
          403};
}

Error parent_not_found(const ResourceId& id, std::string_view verb, const ResourceId& parent) {
  return {"ParentResourceNotFound",
          "Failed to perform " + quoted(verb) + " on resource(s) of type " + quoted(short_type(id)) +
              ", because the parent resource " + quoted(parent.text()) + " could not be found.",
          404};
}

Error group_being_deleted(std::string_view name) {
  return {"ResourceGroupBeingDeleted",
          "The resource group " + quoted(name) + " is in deprovisioning state and cannot perform this operation.", 409};
}

Error scope_locked(const ResourceId& id, std::string_view verb, const std::vector<std::string>& locked) {
  return {"ScopeLocked",
          "The scope " + quoted(id.text()) + " cannot perform " + std::string(verb) +
              " operation because following scope(s) are locked: " + quoted(join(locked, ",")) +
              ". Please remove the lock and try again.",
          409};
}

Error invalid_content(std::string_view why) {
  return {"InvalidRequestContent",
          "The request content was invalid and could not be deserialized: " + quoted(why) + ".", 400};
}

Error location_required() {
  return {"LocationRequired", "The location property is required for this definition.", 400};
}

Error location_not_available(std::string_view location, std::string_view type,
                             const std::vector<std::string>& locations) {
  return {"LocationNotAvailableForResourceType",
          "The provided location " + quoted(location) + " is not available for resource type " + quoted(type) +
              ". List of available regions for the resource type is " + quoted(join(locations, ",")) + ".",
          400};
}

Error location_taken(const ResourceId& id, std::string_view existing, std::string_view asked) {
  return {"InvalidResourceLocation",
          "The resource " + quoted(id.name()) + " already exists in location " + quoted(existing) +
              " in resource group " + quoted(id.resource_group()) +
              ". A resource with the same name cannot be created in location " + quoted(asked) +
              ". Please select a new resource name.",
          409};
}

Error expired_token(TimePoint expiry, TimePoint now) {
  return {"ExpiredAuthenticationToken",
          "The access token expiry UTC time " + quoted(us_time(expiry)) + " is earlier than current UTC time " +
              quoted(us_time(now)) + ".",
          401};
}

}  // namespace lazuli::arm
