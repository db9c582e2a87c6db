// The Azure OpenAI data plane: https://NAME.openai.azure.com and NAME.cognitiveservices.azure.com. Checks the caller
// (Entra token and role, or key), finds the deployment, holds its quota, sends the request to the engine that serves
// the model, and answers in Azure's form, streamed or not. Accounts and deployments are kept by
// providers/cognitive_services. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "access/refused_calls.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "fault/rules.h"
#include "net/exchange.h"
#include "openai/identity_limits.h"
#include "openai/traces.h"

namespace lazuli::openai {

struct Account {
  std::string resource_id;
  std::string subdomain;  // lower case, without domain
  std::string location;
  std::string kind;                            // "OpenAI", "AIServices"
  std::vector<std::string> keys;               // key1, key2
  bool local_auth = true;                      // false: keys are refused (disableLocalAuth)
  bool public_access = true;                   // false: every call is refused (publicNetworkAccess is Disabled)
  bool deny_by_default = false;                // only from allowed_addresses (networkAcls)
  std::vector<std::string> allowed_addresses;  // IPv4 addresses and ranges
};

struct Deployment {
  std::string resource_id;
  std::string account_id;  // the account's resource id
  std::string name;
  std::string model_name, model_version, model_format;
  std::string sku_name;
  std::int64_t capacity = 1;  // thousands of tokens per minute
  bool paused = false;        // refuses all inference
};

struct EngineRule {
  std::string model_pattern;  // "gpt-4*", "*"
  std::string kind;           // "llama", "url", "echo"
  Json settings = nullptr;    // of that kind
};

class Gateway {
 public:
  struct Parts {
    const Clock& clock;
    Random& random;
    Log& log;
    const access::TokenVerifier& tokens;
    const access::Authorizer& authorizer;
    std::vector<EngineRule> engines;  // first match wins; empty: llama where its files are in the cache, else echo
    std::string state_directory;      // engine logs, audit
    std::string engine_directory;     // what scripts/fetch-engine.sh made; empty: looked up in the cache
    Json content_filter = nullptr;    // see content_filter.h, filter_service.h; null: on, with no terms
    std::vector<IdentityLimit> limits = {};
    access::RefusedCalls* refused = nullptr;  // where calls that fail are noted, for the doctor
    fault::Rules* faults = nullptr;           // what is to go wrong on request
    TraceCollector traces = {};
  };
  explicit Gateway(Parts parts);
  ~Gateway();  // stops managed engines

  void put(const Account& account);
  void remove_account(std::string_view resource_id);  // with its deployments and what is kept for it
  // warm: its engine may begin to start, so that the first call does not wait for a model to be loaded.
  void put(const Deployment& deployment, bool warm = true);
  void remove_deployment(std::string_view resource_id);

  net::Task<void> serve(net::Exchange& exchange);
  std::string metrics() const;  // Prometheus text
  // What `lazuli usage` shows: {"since": …, "usage": [a row for each account, deployment and identity]}.
  JsonObject usage() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lazuli::openai
