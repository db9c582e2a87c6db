// Microsoft.Authorization: built-in and custom role definitions, role assignments, and the answer to "may this
// principal do that here", read from memory on the hot path. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "access/principal.h"
#include "arm/service.h"
#include "entra/entra.h"
#include "store/store.h"

namespace lazuli::providers {

class Authorization final : public access::Authorizer {
 public:
  Authorization(store::Store& store, const Clock& clock, fault::Rules* faults = nullptr);
  ~Authorization() override;

  access::Decision check(const access::Principal& who, std::string_view action, std::string_view scope,
                         access::Plane plane) const override;
  // At first start: the initial service principal and user are Owner of the subscription. Idempotent.
  Status ensure_owner(std::string_view object_id, access::PrincipalType type, std::string_view subscription_id);
  void add_to(arm::Service& service, const entra::Entra& entra);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lazuli::providers
