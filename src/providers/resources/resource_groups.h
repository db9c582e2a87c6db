// Resource groups: names, regions, tags, and the listing. Their deletion is in group_deletion.
#pragma once

#include "arm/service.h"
#include "providers/resources/group_deletion.h"

namespace lazuli::providers {

void add_resource_groups(arm::Service& service, std::shared_ptr<GroupDeletion> deletion);

// Error code InvalidResourceGroup (400) in Azure's words.
Status check_group_name(std::string_view name);

}  // namespace lazuli::providers
