#include "openai/directory.h"

#include "base/text.h"
#include "crypto/keys.h"
#include "openai/regions.h"

namespace lazuli::openai {

namespace {

Limits limits_of(const Deployment& deployment, const Model* model) {
  const auto capacity = std::max<std::int64_t>(1, deployment.capacity);
  // 1 request for 10 s and 1000 tokens a minute for each unit, where the catalogue has no other numbers.
  return {capacity * 1000, model ? model->requests_per_minute(capacity) : capacity * 6};
}

constexpr std::string_view kRegionalDomain = ".api.cognitive.microsoft.com";

}  // namespace

std::shared_ptr<const ServedDeployment> ServedAccount::find(std::string_view name) const {
  const auto found = deployments.find(to_lower(name));
  return found == deployments.end() ? nullptr : found->second;
}

const std::string* ServedAccount::key_named(std::string_view presented) const {
  const std::string* match = nullptr;
  for (const auto& key : info.keys) {
    if (!key.empty() && crypto::equal_in_constant_time(presented, key)) match = &key;
  }
  return match;
}

void Directory::put(const Account& account) {
  auto served = std::make_shared<ServedAccount>();
  served->info = account;
  served->region = region_display_name(account.location);
  const std::string id = to_lower(account.resource_id);
  const std::lock_guard lock(mutex_);
  if (const auto old = by_id_.find(id); old != by_id_.end()) {
    served->deployments = old->second->deployments;
    by_subdomain_.erase(to_lower(old->second->info.subdomain));
  }
  by_id_[id] = served;
  if (!account.subdomain.empty()) by_subdomain_[to_lower(account.subdomain)] = served;
}

void Directory::remove_account(std::string_view resource_id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(to_lower(resource_id));
  if (found == by_id_.end()) return;
  by_subdomain_.erase(to_lower(found->second->info.subdomain));
  by_id_.erase(found);
}

std::shared_ptr<const ServedDeployment> Directory::put(const Deployment& deployment) {
  auto served = std::make_shared<ServedDeployment>();
  served->info = deployment;
  served->model = find_model(deployment.model_format, deployment.model_name, deployment.model_version);
  served->answer_model = served->model ? served->model->answer_name() : deployment.model_name;
  served->engine = engine_for_(deployment);
  served->set_headers();
  const Limits limits = limits_of(deployment, served->model);
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(to_lower(deployment.account_id));
  if (found == by_id_.end()) return nullptr;
  auto account = std::make_shared<ServedAccount>(*found->second);
  if (const auto old = account->find(deployment.name)) {
    served->quota = old->quota;
    served->quota->set(limits);
  } else {
    served->quota = std::make_shared<Quota>(limits);
  }
  account->deployments[to_lower(deployment.name)] = served;
  if (!account->info.subdomain.empty()) by_subdomain_[to_lower(account->info.subdomain)] = account;
  found->second = std::move(account);
  return served;
}

void Directory::remove_deployment(std::string_view resource_id) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, known] : by_id_) {
    for (const auto& [name, deployment] : known->deployments) {
      if (!equals_ignoring_case(deployment->info.resource_id, resource_id)) continue;
      auto account = std::make_shared<ServedAccount>(*known);
      account->deployments.erase(name);
      if (!account->info.subdomain.empty()) by_subdomain_[to_lower(account->info.subdomain)] = account;
      known = std::move(account);
      return;
    }
  }
}

std::shared_ptr<const ServedAccount> Directory::find(std::string_view host, std::string_view key) const {
  const std::lock_guard lock(mutex_);
  if (host.ends_with(kRegionalDomain)) {
    for (const auto& [id, account] : by_id_) {
      const bool here = host.substr(0, host.size() - kRegionalDomain.size()) == to_lower(account->info.location);
      if (here && account->key_named(key)) return account;
    }
    return nullptr;
  }
  const auto found = by_subdomain_.find(host.substr(0, host.find('.')));
  return found == by_subdomain_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const ServedAccount>> Directory::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const ServedAccount>> accounts;
  for (const auto& [id, account] : by_id_) accounts.push_back(account);
  return accounts;
}

}  // namespace lazuli::openai
