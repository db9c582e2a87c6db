// Deployments: a model of the catalogue, under a name, with a SKU and a capacity out of the subscription's quota.
#pragma once

#include <mutex>

#include "arm/service.h"
#include "openai/catalogue.h"
#include "openai/gateway.h"

namespace lazuli::providers {

inline constexpr std::string_view kDeploymentType = "Microsoft.CognitiveServices/accounts/deployments";

// "OpenAI.Standard.gpt-4": the name under which a SKU of a model is counted.
std::string usage_name(const openai::Model& model, const openai::SkuFacts& sku);
// How much of each usage name is deployed in a subscription and location.
std::map<std::string, std::int64_t> used_capacity(arm::Service& service, std::string_view subscription,
                                                  std::string_view location);

class Deployments {
 public:
  Deployments(arm::Service& service, openai::Gateway& gateway) : service_(service), gateway_(gateway) {}

  void add_to(arm::Service& service);
  void restore();

 private:
  using Answer = arm::Answer;
  using Call = arm::Call;
  using Resource = arm::Resource;

  // What a deployment is to be.
  struct Plan {
    const openai::Model* model = nullptr;
    const openai::SkuFacts* sku = nullptr;
    std::int64_t capacity = 1;
    JsonObject settings;  // deployment_settings()
  };

  Result<Answer> get(const Call& call) const;
  Result<Answer> put(const Call& call);
  Result<Answer> patch(const Call& call);
  Result<Answer> remove(const Call& call);
  Result<Answer> list(const Call& call) const;
  Result<Answer> list_skus(const Call& call) const;
  Result<Answer> set_state(const Call& call, std::string_view state);  // pause, resume

  Result<Plan> plan(const Call& call, const Resource& account, const Resource* existing) const;
  Status check_quota(const Plan& plan, const Resource& account, const Resource* existing) const;
  void compose(Resource& deployment, const Plan& plan, const Call& call) const;
  Result<Answer> save(const Call& call, Resource& deployment, int status);
  static Answer shown(const Call& call, const Resource& deployment, int status);

  arm::Service& service_;
  openai::Gateway& gateway_;
  std::mutex mutex_;  // quota is counted and taken in one step
};

}  // namespace lazuli::providers
