// Resource Manager's own errors, in Azure's words: codes, statuses and the structure of the sentences as recorded.
#pragma once

#include <string_view>
#include <vector>

#include "access/principal.h"
#include "arm/resource_id.h"
#include "base/clock.h"
#include "base/result.h"

namespace lazuli::arm {

Error subscription_not_found(std::string_view id);
Error invalid_subscription(std::string_view id);
Error invalid_namespace(std::string_view provider);
Error invalid_type(const ResourceId& id, std::string_view api_version);
Error path_not_found(std::string_view path);
Error method_not_allowed(std::string_view method);
Error type_not_made(std::string_view type);
Error missing_api_version();
Error invalid_api_version(std::string_view version, const std::vector<std::string>& supported);
Error no_registered_provider(std::string_view version, const ResourceId& id, const std::vector<std::string>& supported,
                             const std::vector<std::string>& locations);
Error not_registered(std::string_view provider);
Error authorization_failed(const access::Principal& who, std::string_view action, std::string_view scope);
Error parent_not_found(const ResourceId& id, std::string_view verb, const ResourceId& parent);
Error group_being_deleted(std::string_view name);
Error scope_locked(const ResourceId& id, std::string_view verb, const std::vector<std::string>& locked);
Error invalid_content(std::string_view why);
Error location_required();
Error location_not_available(std::string_view location, std::string_view type,
                             const std::vector<std::string>& locations);
Error location_taken(const ResourceId& id, std::string_view existing, std::string_view asked);
Error expired_token(TimePoint expiry, TimePoint now);

}  // namespace lazuli::arm
