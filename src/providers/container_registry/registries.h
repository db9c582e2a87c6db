// registries: create, read, change, delete, list; the admin user's credentials; usages; free names.
#pragma once

#include "arm/service.h"
#include "registry/registry.h"

namespace lazuli::providers {

class Registries {
 public:
  Registries(arm::Service& service, registry::Registry& registry);

  Result<arm::Answer> get(const arm::Call& call) const;
  Result<arm::Answer> list(const arm::Call& call) const;
  Result<arm::Answer> put(const arm::Call& call) const;
  Result<arm::Answer> patch(const arm::Call& call) const;
  Result<arm::Answer> remove(const arm::Call& call) const;
  Result<arm::Answer> credentials(const arm::Call& call) const;
  Result<arm::Answer> regenerate(const arm::Call& call) const;
  Result<arm::Answer> usages(const arm::Call& call) const;
  Result<arm::Answer> status(const arm::Call& call) const;
  Result<arm::Answer> check_name(const arm::Call& call) const;

 private:
  // Whether a registry has this name, whatever its domain name label scope (recorded 2026-09).
  bool taken(const std::string& name) const;
  Status keep(const arm::Resource& resource) const;  // the data plane's settings first, then the document
  arm::Answer shown(const arm::Call& call, const arm::Resource& resource, int status = 200,
                    std::string_view state = {}) const;
  std::string new_password() const;

  arm::Service& service_;
  registry::Registry& registry_;
};

// A refusal in the provider's own form: {"error":{"code","message"},"status":"Failed"}.
arm::Answer registry_refusal(const arm::Call& call, const Error& error);
// The URL at which an operation of a registry is polled.
std::string registry_result_url(const arm::Call& call, std::string_view location, std::string_view operation);

}  // namespace lazuli::providers
