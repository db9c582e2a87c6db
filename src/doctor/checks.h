// The checks, in the order of the chain. Each looks at one or a few links, adds its findings to the scene's report, and
// leaves what the later ones need. A check that cannot look (because an earlier link is broken) says "unknown".
#pragma once

#include "access/refused_calls.h"
#include "doctor/scene.h"
#include "fault/rules.h"

namespace lazuli::doctor {

// The pod runs at all: scheduled, image pulled, container created and not killed.
void check_start(Scene& scene);
void check_ends(Scene& scene);      // of a container, where no link explains it
void check_creation(Scene& scene);  // of a workload that has no pod
void check_image(Scene& scene, const Container& container, const std::string& message);

// The cluster gives identities, the pod asks for one, the service account names one, and the webhook gave it.
void check_cluster_identity(Scene& scene);
void check_label(Scene& scene);
void check_service_account(Scene& scene);
void check_injection(Scene& scene);
// Where a pod has no identity: false if a new one would not get it either, and why is told.
bool check_webhook(Scene& scene);
void add_webhook_not_reached(Scene& scene, const std::string& message);

// The token service takes the pod's token for the identity.
void check_identity(Scene& scene);
// False: no identity binding has a say, so that a federated credential must match.
bool check_binding(Scene& scene);
void check_credential(Scene& scene);
void check_exchange(Scene& scene);

// The account is there, lets the identity in, and has the deployment.
void check_endpoint(Scene& scene);
bool names_endpoint(const Container& container);
void check_role(Scene& scene);
void check_network(Scene& scene);
void check_keys(Scene& scene);
void check_deployment(Scene& scene);
void check_host(Scene& scene, std::string_view host);              // the account that answers at it
void check_named_deployment(Scene& scene, std::string_view name);  // as a call names it
void check_api_version(Scene& scene);
void check_audience(Scene& scene);

// Service Connector's own things.
void check_connections(Scene& scene);

// Faults on request that strike what was found: the identity, the account, the issuer.
void check_faults(Scene& scene);
// The rule of one of these kinds that strikes the identity at a service, if there is one.
std::optional<fault::Rule> fault_of(const Scene& scene, std::string_view service, std::string_view resource,
                                    std::initializer_list<fault::Kind> kinds);

// What a refused call's code says of it, and what it presented; leaves out what the checks above find out.
void check_refused_call(Scene& scene, const access::RefusedCall& call);

// The newest refusal of a call of the pod's own, where the chain explains none.
void check_refusals(Scene& scene);

// What the containers' logs tell. Evidence only: where the chain itself is seen to be broken, that is the cause.
void check_logs(Scene& scene);

}  // namespace lazuli::doctor
