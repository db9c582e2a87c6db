#include "providers/resources/resources.h"

#include "base/text.h"
#include "providers/resources/deployments.h"
#include "providers/resources/group_deletion.h"
#include "providers/resources/locks.h"
#include "providers/resources/provider_list.h"
#include "providers/resources/resource_groups.h"
#include "providers/resources/resource_list.h"
#include "providers/resources/subscriptions.h"
#include "providers/resources/tags.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;

// Trademarks that Azure keeps out of names.
Result<Answer> check_resource_name(const Call& call) {
  const std::string name = string_at(call.body, "name");
  const std::string type = string_at(call.body, "type");
  for (const std::string_view reserved : {"microsoft", "windows", "login"}) {
    if (to_lower(name).find(reserved) != std::string::npos) {
      return arm::bad_request("ReservedResourceName", "The resource name '" + name +
                                                          "' or a part of the name is a "
                                                          "trademarked or reserved word.");
    }
  }
  return Answer::json(200, JsonObject{{"name", name}, {"type", type}, {"status", "Allowed"}});
}

}  // namespace

void add_resources(arm::Service& service, const Subscription& subscription) {
  const auto deletion = std::make_shared<GroupDeletion>(service);
  add_subscriptions(service, subscription);
  add_provider_list(service);
  add_resource_groups(service, deletion);
  add_resource_list(service);
  add_tags(service);
  add_locks(service);
  add_deployments(service, subscription);
  service.add_path({"GET", "/subscriptions/*/operationresults/*", "",
                    [deletion](const Call& call) { return deletion->poll(call); }});
  service.add_provider_path("Microsoft.Resources", "checkResourceName", check_resource_name);
}

}  // namespace lazuli::providers
