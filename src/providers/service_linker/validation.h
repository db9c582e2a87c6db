// validateLinker: what the doctor finds of a connection, told in Azure's own five checks ("az aks connection
// validate"). Unlike Azure's, which always succeed on a cluster, they are true. What is wrong in a link makes its check
// fail; what could not be looked at, because of that, is a warning. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "arm/service.h"
#include "providers/service_linker/linker.h"

namespace lazuli::providers::service_linker {

enum class Outcome { success, failure, warning };  // in the order of Azure's numbers

// A link of the chain, by the doctor's name for it ("network", "federated credential").
struct Finding {
  std::string link;
  Outcome outcome = Outcome::success;
  std::string text;
};

// The doctor on a connection. It stands above the providers, so it is handed to them.
using Examine = std::function<Result<std::vector<Finding>>(const arm::ResourceId& connection)>;

struct Check {
  std::string name;
  Outcome outcome = Outcome::success;
  std::string description;  // empty: none
};

// A keyless connection has two checks more than others.
std::vector<Check> checks_of(const Linker& linker, const std::vector<Finding>& findings);

// The report as the operation's "properties" have it: the same twice, as text in Pascal case and in camel case.
JsonObject report(const Linker& linker, const std::vector<Check>& checks, TimePoint began, TimePoint ended,
                  std::string_view auth_type);

}  // namespace lazuli::providers::service_linker
