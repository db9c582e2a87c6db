// How connections and their operations are answered: the linker resource in its two orders, its entity tag, the
// status of an operation by its kind, and the headers that begin one (recordings of 2024).
#pragma once

#include "arm/service.h"
#include "providers/service_linker/linker.h"

namespace lazuli::providers::service_linker {

std::string entity_tag(const arm::Resource& linker);
arm::Answer shown(const arm::Resource& linker);
arm::Answer begun_put(arm::Service& service, const arm::Resource& linker, const arm::Operation& operation);
// Of validate and delete: 202 and the body "null".
arm::Answer begun(arm::Service& service, const arm::Operation& operation);

void add_operation_forms(arm::Service& service);

}  // namespace lazuli::providers::service_linker
