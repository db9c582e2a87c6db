// Accounts of Microsoft.CognitiveServices: create, update, delete, keys, identity, and the names that they take.
// Writes are made one after the other, because names and subdomains are unique across accounts.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "arm/service.h"
#include "entra/entra.h"
#include "openai/gateway.h"
#include "providers/cognitive_services/deleted_accounts.h"
#include "providers/cognitive_services/kinds.h"

namespace lazuli::providers {

inline constexpr std::string_view kAccountType = "Microsoft.CognitiveServices/accounts";

class Accounts {
 public:
  Accounts(arm::Service& service, openai::Gateway& gateway, entra::Entra* entra);

  void add_to(arm::Service& service);
  void restore();  // tells the gateway of what is stored

  // Why a subdomain cannot be had; empty if it can.
  std::string subdomain_refusal(std::string_view subdomain, const std::string& except_id) const;
  bool subdomain_taken(std::string_view subdomain, const std::string& except_id) const;

 private:
  using Answer = arm::Answer;
  using Call = arm::Call;
  using Resource = arm::Resource;

  Result<Answer> get(const Call& call) const;
  Result<Answer> put(const Call& call);
  Result<Answer> patch(const Call& call);
  Result<Answer> remove(const Call& call);
  Result<Answer> list_keys(const Call& call) const;
  Result<Answer> regenerate_key(const Call& call);
  Result<Answer> list_skus(const Call& call) const;

  Result<Answer> create(const Call& call, const AccountKind& kind, const std::string& sku);
  Result<Answer> bring_back(const Call& call, Resource account);
  Result<Answer> update(const Call& call, Resource account);
  Status apply(const Call& call, Resource& account, bool& asynchronous);
  Status apply_identity(const Json& wanted, Resource& account);
  Status check_subdomain(const Json& properties, const Resource* account, const std::string& id) const;
  Result<Answer> save_and_begin(const Call& call, Resource& account, int status, bool with_result);
  Status save(Resource& account);
  Answer shown(int status, const Resource& account) const;
  Result<Json> settle(const std::string& resource);
  Status clean_up(const Resource& account);

  arm::Service& service_;
  openai::Gateway& gateway_;
  entra::Entra* entra_;
  DeletedAccounts deleted_;
  std::mutex mutex_;
};

}  // namespace lazuli::providers
