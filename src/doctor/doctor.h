// The doctor: walks the whole keyless chain for a pod and names the broken link and the command that mends it. It reads
// the cluster, Resource Manager's documents and the token service, changes nothing, and trusts no message where it can
// look at the thing itself: texts of errors are evidence, the state of each link is the proof.
//
//   doctor::Doctor doctor(doctor::parts_of(service, clusters, entra, registry, authorizer, clock));
//   const auto report = doctor.check(cluster_id, "default", "pod/app");   // or "deploy/app", "job/app"
//
// Thread-safe as its parts are.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "access/principal.h"
#include "arm/service.h"
#include "base/clock.h"
#include "cluster/objects.h"
#include "doctor/identities.h"
#include "doctor/report.h"
#include "entra/entra.h"
#include "registry/registry.h"

namespace lazuli::doctor {

// A token exchange as an SDK in the pod makes it. The error's code is Azure's ("AADSTS700213").
struct TokenExchange {
  std::string tenant_id, client_id, assertion;
};

struct Parts {
  arm::Service& service;
  cluster::ObjectsOf objects;
  const access::Authorizer& authorizer;
  const Clock& clock;
  std::function<std::optional<Json>(std::string_view issuer)> published_keys;
  std::function<Status(const TokenExchange&)> exchange;
  // An application or another service principal of the directory, by client id or object id.
  std::function<std::optional<Identity>(std::string_view id)> application = {};
  std::function<std::vector<std::string>(std::string_view object_id)> groups_of = {};
  const access::RefusedCalls* refused = nullptr;
  fault::Rules* faults = nullptr;
  // Of a repository, newest first.
  std::function<std::vector<std::string>(std::string_view login_server, std::string_view repository)> tags = {};
};

Parts parts_of(arm::Service& service, cluster::Clusters& clusters, entra::Entra& entra,
               const registry::Registry& registry, const access::Authorizer& authorizer, const Clock& clock,
               const access::RefusedCalls* refused = nullptr, fault::Rules* faults = nullptr);

class Doctor {
 public:
  explicit Doctor(Parts parts) : parts_(std::move(parts)) {}

  // subject: "pod/NAME", "NAME" (a pod), "deploy/NAME", "job/NAME", …: of a workload the newest pod is looked at.
  // Errors only when nothing can be looked at: no such cluster (404), not running (409), no such object (404, with the
  // names that there are).
  Result<Report> check(std::string_view cluster_id, std::string_view name_space, std::string_view subject) const;

  // A call that the token service or the data plane refused, by any of its ids: what it presented, why that was not
  // enough, and the chain of the pod that most likely sent it. "last" is the newest. Error 404 names the newest ones.
  Result<Report> check_request(std::string_view id) const;

  // What a connection of Service Connector made, and whether a pod gets through with it. Error 404.
  Result<Report> check_connection(const arm::ResourceId& id) const;

  // A pod by its name alone.
  Result<Report> check_pod(std::string_view cluster_id, std::string_view name_space, std::string_view pod) const;

 private:
  Parts parts_;
};

}  // namespace lazuli::doctor
