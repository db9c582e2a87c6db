// Azure Resource Manager: authenticates a request, parses its id, checks api-version and access, finds the resource
// type and calls the provider's handler for it; groups, polls of operations, listings and error bodies are made here,
// once. A provider plugs in by registering TypeSpecs; it never sees sockets. Handlers run on a worker pool and may
// block for a short while (the store); longer work goes into an operation. Thread-safe once set up.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "arm/operations.h"
#include "arm/resource_id.h"
#include "arm/resources.h"
#include "fault/rules.h"
#include "net/http.h"

namespace lazuli::arm {

// The store's collection of registrations: namespace in lower case → {"state"}; absent means Registered.
inline constexpr std::string_view kRegistrations = "providers";

// One authorized request to a resource, a collection or an action.
struct Call {
  std::string method;
  ResourceId id;       // of the resource or collection; without the action's name
  std::string action;  // "listKeys" of POST …/accounts/A/listKeys; else empty
  std::string api_version;
  Json body = nullptr;  // parsed; null if there was none
  net::Query query;
  net::Headers headers;
  access::Principal caller;
  std::string correlation_id;
  std::string url;   // absolute URL of the request without the query, for Location headers
  std::string path;  // as sent, percent-decoded: `id` has Azure's spelling of types and the stored one of names
};

struct Answer {
  int status = 200;
  Json body;  // no_body(): an empty body; Json(nullptr) is written as "null"
  net::Headers headers;
  bool has_body = true;
  std::string operation = {};  // id of the long-running operation that it began, for call_and_wait

  static Answer json(int status, Json body) { return Answer{status, std::move(body), {}, true, {}}; }
  static Answer no_body(int status) { return Answer{status, nullptr, {}, false, {}}; }
};

using TypeHandler = std::function<Result<Answer>(const Call&)>;

// A resource type. Handlers that are absent answer 405 with Azure's code. The default get and list read arm::Resources.
struct TypeSpec {
  std::string type;                       // "Microsoft.CognitiveServices/accounts/deployments", in Azure's own spelling
  std::vector<std::string> api_versions;  // newest first; any version of the form YYYY-MM-DD[-preview] is accepted,
                                          // these are what `az provider show` lists
  bool tracked = false;                   // has a location: appears in resource listings and group deletion
  TypeHandler get, list, put, patch, del;
  // The entity tag of a resource: empty if it has none yet, absent if it is not there. Types that have this honour
  // If-Match and If-None-Match.
  std::function<std::optional<std::string>(const ResourceId&)> etag;
  std::map<std::string, TypeHandler> actions;  // POST actions by name, any case
  // Actions on a collection or provider level: POST /subscriptions/S/providers/NS/NAME (checkNameAvailability) are
  // registered with provider_action.
};

// How a provider answers polls of its operations: the body of the status resource and of the result resource. What is
// absent is answered in ARM's common form. A poll is taken for one of the result when its path's last but one segment
// speaks of results ("operationResults").
struct OperationForm {
  std::function<Answer(const Operation&)> status;  // Azure-AsyncOperation
  std::function<Answer(const Operation&)> result;  // Location
  // Both have one path, and the Location's query says operationResultResponseType=Location (CognitiveServices).
  bool one_segment = false;
};

// A path of Resource Manager's own that is no resource: "/subscriptions/*/resources". "*" stands for one segment.
struct PathSpec {
  std::string method;
  std::string path;
  std::string permission;  // needed at the subscription or group that the path begins with; empty: none
  TypeHandler handler;
  bool anonymous = false;  // answered without a token
};

class Service {
 public:
  struct Parts {
    store::Store& store;
    const Clock& clock;
    Random& random;
    Log& log;
    const access::TokenVerifier& tokens;
    const access::Authorizer& authorizer;
    std::string tenant_id;
    std::vector<std::string> locations;  // names such as "eastus"
    fault::Rules* faults = nullptr;      // what is to go wrong on request
  };
  explicit Service(Parts parts);
  ~Service();

  // Set-up, before the first request.
  void add(TypeSpec spec);
  void add_operation_form(std::string kind, OperationForm form);
  // POST or GET on /subscriptions/S/providers/NS/NAME… (or .../locations/L/NAME…): `path` is matched against the
  // segments after the namespace,
  // "*" stands for one segment: "checkDomainAvailability", "locations/*/usages", "locations/*/models".
  void add_provider_path(std::string provider, std::string path, TypeHandler handler);
  void add_path(PathSpec spec);

  // The HTTP door for management.azure.com. Blocking: to be put on a pool.
  net::Response handle(const net::Request& request);

  // For providers that need something of another: the same call, as lazuli itself. Path with or without api-version.
  Result<Answer> call(std::string_view method, std::string_view id, Json body = nullptr);
  // The same, and waits for the operation that it may have begun. Error of the failed operation, if it failed.
  Result<Answer> call_and_wait(std::string_view method, std::string_view id, Json body,
                               std::chrono::milliseconds limit);
  // The same with the rights of a caller: what a template deployment does for the one who sent it.
  Result<Answer> call_as(const access::Principal& caller, std::string_view method, std::string_view id, Json body);
  Result<Answer> call_and_wait_as(const access::Principal& caller, std::string_view method, std::string_view id,
                                  Json body, std::chrono::milliseconds limit);

  // Called with a resource of the type before its document goes, whatever deletes it (itself, its parent, its group):
  // undoes what lives outside the store. Idempotent; may block.
  void on_forget(std::string_view type, std::function<Status(const Resource&)> cleanup);
  // Erases a resource and everything below it (children, extension resources, role assignments), deepest first, with
  // the clean-ups registered for each. What a delete handler ends with. Absent is fine.
  Status forget(const ResourceId& id);

  // TypeSpec::etag of a type whose tag stands in its stored document.
  std::function<std::optional<std::string>(const ResourceId&)> stored_etag();

  Resources& resources();
  Operations& operations();
  const Parts& parts() const;
  std::vector<const TypeSpec*> types() const;  // all that were added, by name

  // "value" and, if `query` asks for pages ($top, $skiptoken), "nextLink".
  static Json page(const Call& call, JsonArray items);
  // Azure's header of authorization and identity answers: x-ms-operation-identifier.
  void add_operation_identifier(Answer& answer, const Call& call) const;

  // The headers of a begun operation: Azure-AsyncOperation and/or Location below
  // /subscriptions/S/providers/NS/locations/L/{status_segment|result_segment}/ID?api-version=V, and Retry-After.
  struct PollStyle {
    std::string provider;                       // namespace
    std::string location;                       // as the provider spells it
    std::string status_segment = "operations";  // empty: no Azure-AsyncOperation
    std::string result_segment;                 // empty: no Location
    std::string api_version;
    std::string id_suffix;  // appended to the operation's id in the URL
    unsigned retry_after = 1;
  };
  void add_poll_headers(Answer& answer, const Operation& operation, const PollStyle& style) const;

  // An ARM error body in the one form there is: {"error":{"code","message","target"?,"details"?}}.
  static Json error_body(const Error& error);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace lazuli::arm
