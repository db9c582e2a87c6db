// graph.microsoft.com: the part of Microsoft Graph that the Azure CLI and Terraform need of a directory.
#pragma once

#include "entra/context.h"
#include "net/http.h"

namespace lazuli::entra {

net::Response answer_graph(Context& context, const net::Request& request);

}  // namespace lazuli::entra
