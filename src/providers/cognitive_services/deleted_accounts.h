// Accounts that were deleted and can still be restored: kept for 48 hours, or until they are purged. While one is kept,
// its name and subdomain are taken. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arm/service.h"

namespace lazuli::providers {

class DeletedAccounts {
 public:
  explicit DeletedAccounts(arm::Service& service);

  // Adds the paths and the purge operation to the service.
  void add_to(arm::Service& service);

  Status remember(const arm::Resource& account);
  std::optional<arm::Resource> find(const arm::ResourceId& account) const;
  Status forget(const arm::ResourceId& account);  // restored
  std::vector<arm::Resource> all() const;

 private:
  Result<arm::Answer> show(const arm::Call& call) const;
  Result<arm::Answer> list(const arm::Call& call) const;
  Result<arm::Answer> purge(const arm::Call& call);

  arm::Service& service_;
};

}  // namespace lazuli::providers
