// Everything that the checks look at, read once: the pod and what owns it, its service account, its containers with
// their environments and logs, the cluster's document and webhook. Checks add to the report and pass on what they found
// out (the identity, the account).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arm/resources.h"
#include "doctor/environment.h"
#include "doctor/identities.h"
#include "doctor/report.h"

namespace lazuli::doctor {

struct Parts;

struct Container {
  std::string name;
  bool init = false;
  Json spec;
  Json status;  // of containerStatuses; null if there is none yet
  Environment environment;
  std::string log;  // the last lines, those of the run before when it was restarted

  const Json* state(std::string_view name) const;  // "waiting", "terminated" (or the last one), "running"
};

struct Owner {
  std::string kind;  // "Deployment"
  Json object;
};

struct Scene {
  const Parts& parts;
  arm::ResourceId cluster;
  arm::Resource cluster_document;
  std::string name_space;
  std::string pod_name;
  std::shared_ptr<cluster::Objects> objects;

  Json pod;                   // or the template of a workload that has none
  bool planned = false;       // there is no pod: what it would be is looked at
  std::string why_no_pod;     // what stands in its way, as the events of its workload say
  std::vector<Owner> owners;  // nearest first: ReplicaSet, Deployment
  std::string service_account_name;
  std::optional<Json> service_account;
  std::vector<std::string> events;  // messages about the pod
  std::vector<Container> containers;
  bool identity_injected = false;  // into one of them at least
  std::optional<Json> webhook;
  std::string architecture;  // of the pod's node

  // Found out on the way.
  std::string client_id;                 // that the pod signs in with
  std::optional<Identity> identity;      // the one with it
  std::optional<arm::Resource> account;  // that the pod's endpoint names
  std::string action = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";
  bool bound = false;                // an identity binding stands for the federated credential
  bool as_node = false;              // a refused call came from a pod, with a token of its node's identity
  std::optional<Presented> brought;  // by a refused call, which need not be a pod's

  Report report;

  std::string pod_text(std::string_view field) const;  // of metadata
  std::string label(std::string_view name) const;
  std::string annotation(std::string_view name) const;
  std::string account_annotation(std::string_view name) const;  // of the service account
  std::string subscription() const;                             // "/subscriptions/ID" of the cluster
  std::string issuer() const;                                   // of the cluster; empty if off
  std::string token_subject() const;                            // of the pod's own token
  Presented presented() const;  // what the pod's token says, or what a refused call brought
  std::string all_logs() const;
  // The pod's template, in the object nearest to it; null: nothing makes it.
  const Json* pod_template() const;
  bool template_sets(const Container& container, std::string_view variable) const;  // so that a new pod has it again

  Finding& good(std::string link, std::string found);
  Finding& unknown(std::string link, std::string found);
  Finding& wrong(std::string link, std::string cause);
  Finding& warning(std::string link, std::string cause);
};

// Error 404 if there is no such pod or workload.
Result<Scene> read_scene(const Parts& parts, const arm::ResourceId& cluster, std::string_view name_space,
                         std::string_view subject);

}  // namespace lazuli::doctor
