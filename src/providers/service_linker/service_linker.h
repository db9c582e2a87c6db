// Microsoft.ServiceLinker (Service Connector): connections from a cluster to Azure OpenAI and AI Services. Creating one
// turns on what is missing (issuer, workload identity), makes the federated credential, the role assignment, the
// Kubernetes objects and the sc-extension; every step is idempotent and asks other providers only through arm.
//
// Where it differs from Azure: a request whose target or identity does not exist is refused at once instead of being
// accepted and failing later; deleting a connection takes its Kubernetes objects, its federated credential and its role
// assignment with it, unless another connection needs them (Azure leaves the objects); and validateLinker tells
// what the doctor finds (Azure answers success always).
#pragma once

#include "arm/service.h"
#include "cluster/objects.h"
#include "providers/service_linker/validation.h"

namespace lazuli::providers {

void add_service_linker(arm::Service& service, cluster::ObjectsOf objects, service_linker::Examine examine);

}  // namespace lazuli::providers
