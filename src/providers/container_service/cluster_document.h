// A managed cluster's document: from a request to what Azure answers, in Azure's order of members. Pure: what a new
// cluster is given by chance or by other services comes in as Given.
#pragma once

#include <string>

#include "arm/resources.h"
#include "base/json.h"
#include "base/result.h"
#include "providers/container_service/versions.h"

namespace lazuli::providers::container_service {

struct Given {
  std::string id;  // as answered
  std::string group, name, location;
  std::string label;   // of the API server's host name
  std::string issuer;  // URL, kept in "private" until the issuer is turned on
  std::string uid;     // resourceUID
  std::string digits;  // of node names
};

// A new cluster in state Creating, with "private". The identity's principal is filled in by the caller.
Result<arm::Resource> new_cluster(const Json& asked, const Given& given, const Version& version);

// An existing cluster changed by the whole body of a PUT; state Updating. Refuses what cannot change.
Status change_cluster(arm::Resource& cluster, const Json& asked, const Version& version);

// Puts state into the cluster and all of its pools.
void set_state(arm::Resource& cluster, std::string_view state);

// The members of a finished operation's document: etags, and what appears only then.
struct Settled {
  std::string kubelet_id, kubelet_client, kubelet_object;
  std::string outbound_ip;  // resource id
  std::string etag;
};
void settle(arm::Resource& cluster, const Settled& settled);

// What is answered to a PUT: as stored, without the etags.
JsonObject put_answer(const arm::Resource& cluster);

Json* find_pool(arm::Resource& cluster, std::string_view name);
bool issuer_enabled(const arm::Resource& cluster);
// The features that were asked for and are only recorded here, in words; empty if everything is real.
std::vector<std::string> only_recorded(const arm::Resource& cluster);

}  // namespace lazuli::providers::container_service
