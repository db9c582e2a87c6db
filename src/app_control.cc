// The control socket: what lazuli's own commands ask of the running program. Whoever can open the socket (mode 0600, in
// a directory of mode 0700) owns the state, so there is no further check.
#include <unistd.h>

#include "app.h"
#include "app_names.h"
#include "app_ports.h"
#include "base/text.h"
#include "doctor/doctor.h"

namespace lazuli {

namespace {

constexpr std::string_view kIdentityType = "Microsoft.ManagedIdentity/userAssignedIdentities";
constexpr std::string_view kClusterType = "Microsoft.ContainerService/managedClusters";

net::Response failure(const Error& error) {
  return net::Response::json(error.status, JsonObject{{"error", {{"code", error.code}, {"message", error.message}}}});
}

net::Response told(const Result<doctor::Report>& report) {
  if (!report) return failure(report.error());
  return net::Response::json(200, JsonObject{{"text", report->text()}, {"report", report->json()}});
}

}  // namespace

net::Response App::control(const net::Request& request) {
  const std::string what = request.method + " " + request.path;
  if (what == "GET /status") return net::Response::json(200, status());
  if (what == "GET /credentials") return net::Response::json(200, credentials());
  if (what == "GET /environment") return net::Response::json(200, environment());
  if (what == "GET /usage") return net::Response::json(200, usage());
  if (what == "GET /metrics") return net::Response::text(200, gateway_->metrics());
  if (what == "POST /doctor") return examine(request);
  if (what == "POST /doctor/request") return explain(request);
  if (what == "GET /faults") return net::Response::json(200, list_faults());
  if (what == "POST /faults") return add_fault(request);
  if (what == "POST /faults/clear") return clear_faults(request);
  if (what == "GET /keys") return net::Response::json(200, JsonObject{{"keys", entra_->signing_keys()}});
  if (what == "POST /keys/rotate") return rotate_keys();
  if (what == "POST /identity") return identity(request);
  if (what == "POST /trust") return add_trust(request);
  if (what == "POST /image/import") return import_image(request);
  if (what == "POST /shutdown") {
    settings_.on_shutdown();
    return net::Response::empty(202);
  }
  return failure(Error{"NotFound", "The control socket has no " + what + ".", 404});
}

net::Response App::add_trust(const net::Request& request) {
  const auto body = parse_json(request.body);
  if (!body) return failure(body.error());
  std::vector<std::string> files;
  for (const auto& file : array_at(*body, "files")) files.push_back(string_or(&file));
  if (auto added = trust_->add_sources(files); !added) return failure(added.error());
  if (auto remembered = remember(); !remembered) return failure(remembered.error());
  return net::Response::empty(204);
}

// The door of one managed identity, found by name, resource id or client id.
net::Response App::identity(const net::Request& request) {
  const auto body = parse_json(request.body);
  if (!body) return failure(body.error());
  const auto wanted = string_at(*body, "identity");
  std::vector<std::string> found;
  for (const auto& identity : service_->resources().of_type(kIdentityType)) {
    if (equals_ignoring_case(identity.id(), wanted) || identity.property_text("clientId") == wanted ||
        equals_ignoring_case(string_or(identity.document.if_contains("name")), wanted))
      found.push_back(identity.id());
  }
  if (found.size() > 1)
    return failure(Error{"BadRequest", "Which " + wanted + "? Give its id: " + join(found, ", "), 400});
  const auto principal = found.empty() ? std::nullopt : entra_->managed_identity(found.front());
  if (!principal)
    return failure(
        Error{"NotFound", "There is no managed identity " + wanted + ". Those there are: az identity list", 404});
  return net::Response::json(200, JsonObject{{"endpoint", origin_of(portal_) + std::string(kIdentityPath)},
                                             {"header", entra_->identity_header(principal->object_id)}});
}

net::Response App::import_image(const net::Request& request) {
  const auto body = parse_json(request.body);
  if (!body) return failure(body.error());
  if (auto imported = registry_->import_image(string_at(*body, "name"), string_at(*body, "archive")); !imported)
    return failure(imported.error());
  return net::Response::empty(204);
}

// The doctor on a pod or workload of the named cluster, or of the only one.
net::Response App::examine(const net::Request& request) {
  const auto body = parse_json(request.body);
  if (!body) return failure(body.error());
  const auto wanted = string_at(*body, "cluster");
  std::vector<std::string> ids;
  std::string names;
  for (const auto& cluster : service_->resources().of_type(kClusterType)) {
    const auto name = string_or(cluster.document.if_contains("name"));
    names += (names.empty() ? "" : ", ") + name;
    if (wanted.empty() || equals_ignoring_case(name, wanted)) ids.push_back(cluster.id());
  }
  if (ids.empty())
    return failure(
        Error{"NotFound", "There is no such cluster. There " + (names.empty() ? "are none." : "is: " + names), 404});
  if (ids.size() > 1) return failure(Error{"BadRequest", "Which cluster? Say it with --cluster: " + names, 400});
  const auto report = doctor().check(ids.front(), string_at(*body, "namespace"), string_at(*body, "subject"));
  if (report) pod_events_->write(*report);
  return told(report);
}

// The doctor on a call that was refused.
net::Response App::explain(const net::Request& request) {
  const auto body = parse_json(request.body);
  if (!body) return failure(body.error());
  return told(doctor().check_request(string_at(*body, "id")));
}

doctor::Doctor App::doctor() {
  return doctor::Doctor(
      doctor::parts_of(*service_, *clusters_, *entra_, *registry_, *authorization_, clock_, &refused_, &faults_));
}

net::Response App::add_fault(const net::Request& request) {
  const auto body = parse_json(request.body);
  if (!body) return failure(body.error());
  auto rule = fault::read_rule(*body, clock_.now());
  if (!rule) return failure(rule.error());
  const auto added = faults_.add(*std::move(rule));
  if (!added) return failure(added.error());
  log_.info("fault", "added", fault::json(*added));
  return net::Response::json(200, JsonObject{{"fault", fault::json(*added)}, {"text", fault::text(*added)}});
}

net::Response App::clear_faults(const net::Request& request) {
  const auto body = parse_json(request.body);
  if (!body) return failure(body.error());
  const auto id = integer(find(*body, "id"));
  const std::size_t cleared = id ? (faults_.clear(static_cast<std::uint64_t>(*id)) ? 1 : 0) : faults_.clear();
  log_.info("fault", "cleared", {{"count", cleared}});
  return net::Response::json(200, JsonObject{{"cleared", cleared}});
}

Json App::list_faults() {
  JsonArray rules, lines;
  for (const auto& rule : faults_.list()) {
    rules.push_back(fault::json(rule));
    lines.emplace_back(fault::text(rule));
  }
  return JsonObject{{"faults", std::move(rules)}, {"lines", std::move(lines)}};
}

net::Response App::rotate_keys() {
  if (auto rotated = entra_->rotate_signing_keys(); !rotated) return failure(rotated.error());
  return net::Response::json(200, JsonObject{{"keys", entra_->signing_keys()}});
}

Json App::credentials() const {
  const auto initial = entra_->initial_credentials();
  return JsonObject{{"servicePrincipal",
                     {{"clientId", initial.client_id},
                      {"clientSecret", initial.client_secret},
                      {"objectId", initial.object_id},
                      {"tenantId", tenant_id_},
                      {"subscriptionId", subscription_id_}}},
                    {"tenantId", tenant_id_},
                    {"subscriptionId", subscription_id_}};
}

Json App::environment() const {
  JsonArray own;
  for (const auto& name : names::all()) own.emplace_back(name);
  const auto& state = settings_.state;
  return JsonObject{{"proxy", origin_of(proxy_)},
                    {"trustBundle", state.trust_bundle().string()},
                    {"javaTrustStore", state.java_trust_store().string()},
                    {"azureConfig", state.azure_config().string()},
                    {"kubeconfig", state.kubeconfig().string()},
                    {"state", state.path().string()},
                    {"names", std::move(own)}};
}

Json App::status() const {
  return JsonObject{{"pid", ::getpid()},
                    {"version", LAZULI_VERSION},
                    {"state", settings_.state.path().string()},
                    {"proxy", origin_of(proxy_)},
                    {"portal", origin_of(portal_)},
                    {"metrics", metrics_ ? Json(origin_of(*metrics_) + "/metrics") : Json(nullptr)},
                    {"offline", proxy_settings_.offline},
                    {"tenantId", tenant_id_},
                    {"subscriptionId", subscription_id_},
                    {"clusters", clusters_status()},
                    {"operations", operations_status()}};
}

// The gateway's table, with the names of the service principals whose object ids it holds.
Json App::usage() const {
  JsonObject said = gateway_->usage();
  for (auto& row : said["usage"].as_array()) {
    const auto known = entra_->find_by_object_id(string_at(row, "identity"));
    row.as_object()["name"] = known ? known->display_name : std::string();
  }
  return said;
}

Json App::clusters_status() const {
  JsonArray list;
  for (const auto& cluster : service_->resources().of_type(kClusterType))
    list.push_back(JsonObject{{"id", cluster.id()},
                              {"name", string_or(cluster.document.if_contains("name"))},
                              {"provisioningState", cluster.property_text("provisioningState")},
                              {"running", clusters_->running(cluster.id())}});
  return list;
}

Json App::operations_status() const {
  JsonArray list;
  for (const auto& operation : service_->operations().unfinished())
    list.push_back(JsonObject{{"id", operation.id},
                              {"kind", operation.kind},
                              {"resource", operation.resource},
                              {"started", iso8601(operation.started, 3)},
                              {"progress", service_->operations().progress_of(operation.id)}});
  return list;
}

}  // namespace lazuli
