// validateLinker: whether a connection would work now. The five checks have Azure's names; unlike Azure's, which always
// succeed on a cluster, they look: at the account, the identity, its federated credential and role, and at the secret
// and the service account in the cluster.
#pragma once

#include <string>
#include <vector>

#include "arm/service.h"
#include "cluster/objects.h"
#include "providers/service_linker/linker.h"

namespace lazuli::providers::service_linker {

struct Check {
  std::string name;
  std::string fault;  // empty: passed
};

std::vector<Check> validate(arm::Service& service, const cluster::ObjectsOf& objects, const Linker& linker);

// The report as the operation's "properties" have it: the same twice, as text in Pascal case and in camel case.
JsonObject report(const Linker& linker, const std::vector<Check>& checks, TimePoint began, TimePoint ended,
                  std::string_view auth_type);

}  // namespace lazuli::providers::service_linker
