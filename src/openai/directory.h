// Accounts and deployments as the gateway knows them, found by host name or key. Reads take one short lock and get a
// snapshot that stays valid; changes replace the account's entry. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "net/http.h"
#include "openai/catalogue.h"
#include "openai/engine.h"
#include "openai/gateway.h"
#include "openai/quota.h"

namespace lazuli::openai {

struct ServedDeployment {
  Deployment info;
  const Model* model = nullptr;                // null: not in the catalogue
  std::string answer_model;                    // "gpt-4-0613"
  std::shared_ptr<Quota> quota;                // lives on when the deployment is updated
  std::shared_ptr<Engine> engine;              // never null
  net::Headers engine_headers, quota_headers;  // that are the same for each answer, see headers.cc
  void set_headers();                          // of what stands above
};

struct ServedAccount {
  Account info;
  std::string region;                                                                       // "East US"
  std::map<std::string, std::shared_ptr<const ServedDeployment>, std::less<>> deployments;  // by lower-case name

  std::shared_ptr<const ServedDeployment> find(std::string_view name) const;
  const std::string* key_named(std::string_view presented) const;  // compared in constant time; null: none
};

class Directory {
 public:
  // Gives the engine that serves a model.
  using EngineFor = std::function<std::shared_ptr<Engine>(const Deployment&)>;
  explicit Directory(EngineFor engine_for) : engine_for_(std::move(engine_for)) {}

  void put(const Account& account);
  void remove_account(std::string_view resource_id);
  std::shared_ptr<const ServedDeployment> put(const Deployment& deployment);  // null: its account is not known
  void remove_deployment(std::string_view resource_id);

  // By host name: NAME.openai.azure.com and its siblings, or a regional host with a key of the account.
  std::shared_ptr<const ServedAccount> find(std::string_view host, std::string_view key) const;
  std::vector<std::shared_ptr<const ServedAccount>> all() const;

 private:
  using Accounts = std::map<std::string, std::shared_ptr<const ServedAccount>, std::less<>>;

  mutable std::mutex mutex_;
  EngineFor engine_for_;
  Accounts by_id_;  // lower-case resource id
  Accounts by_subdomain_;
};

}  // namespace lazuli::openai
