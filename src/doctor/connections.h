// Service Connector's connections of a cluster, as their documents say them, with the names of what they made.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/scene.h"

namespace lazuli::doctor {

struct Connection {
  arm::ResourceId id;
  std::string state, target, name_space, client_id;
  std::string secret;           // "sc-openaiconn-secret"
  std::string service_account;  // "sc-account-" + client id; empty for other ways to authenticate
};

std::vector<Connection> connections_of(const Scene& scene);

// The identity whose federated credential is for exactly this pod's issuer and service account.
std::optional<arm::Resource> federated_identity(const Scene& scene);

// The client id of that one, or of the only identity that somebody made; else a substitution with blanks for a person.
std::string likely_client_id(const Scene& scene);

// A container of the pod reads (or wants to read) the secret.
bool reads_secret(const Scene& scene, const std::string& secret);

}  // namespace lazuli::doctor
