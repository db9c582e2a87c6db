// `az group delete`: a long-running operation that deletes what is in the group, each resource by its own provider and
// those that refer to others before those others, and then the group with all that is left below it. The group shows
// Deleting meanwhile; a failure leaves it standing with what could not be deleted. Idempotent after a crash.
#pragma once

#include <optional>
#include <string>

#include "arm/service.h"

namespace lazuli::providers {

class GroupDeletion {
 public:
  explicit GroupDeletion(arm::Service& service);

  Result<arm::Answer> begin(const arm::Call& call);
  // /subscriptions/S/operationresults/TOKEN
  Result<arm::Answer> poll(const arm::Call& call) const;

 private:
  Result<Json> run(arm::OperationContext& context);
  Result<arm::Answer> remove(const arm::ResourceId& id);
  arm::Answer accepted(const arm::Call& call, const std::string& token) const;

  arm::Service& service_;
};

// Azure's name of the job: base64url of {"jobId":"RESOURCEGROUPDELETIONJOB-NAME-REGION","jobLocation":"region"}.
std::string deletion_token(const std::string& group, const std::string& location);

}  // namespace lazuli::providers
