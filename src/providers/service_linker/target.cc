#include "providers/service_linker/target.h"

#include "base/text.h"

namespace lazuli::providers::service_linker {

namespace {

// Azure's built-in role definitions have the same ids in every tenant.
constexpr Role kOpenAiUser = {"Cognitive Services OpenAI User", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
                              "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"};
constexpr Role kCognitiveUser = {"Cognitive Services User", "a97b65f3-24c7-4388-baec-2e87135dc908",
                                 "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"};

constexpr std::string_view kFirstWithEndpoint = "2024-07-01-preview";

enum class Kind { openai, ai_services, cognitive };

Kind kind_of(const arm::Resource& account) {
  const auto kind = string_or(account.document.if_contains("kind"));
  if (equals_ignoring_case(kind, "OpenAI")) return Kind::openai;
  if (equals_ignoring_case(kind, "AIServices")) return Kind::ai_services;
  return Kind::cognitive;
}

std::string_view prefix_of(Kind kind) {
  switch (kind) {
    case Kind::openai:
      return "AZURE_OPENAI_";
    case Kind::ai_services:
      return "AZURE_AISERVICES_";
    case Kind::cognitive:
      break;
  }
  return "AZURE_COGNITIVESERVICES_";
}

// Slash at the end, host by kind, as recorded.
std::string host_of(const arm::Resource& account, std::string_view domain) {
  return "https://" + to_lower(account.property_text("customSubDomainName")) + "." + std::string(domain) + "/";
}

std::string endpoint_of(const arm::Resource& account) {
  auto endpoint = account.property_text("endpoint");
  if (!endpoint.empty() && !endpoint.ends_with('/')) endpoint += '/';
  return endpoint;
}

struct Wanted {
  bool base, endpoint;  // which names of Azure OpenAI's endpoint
};

std::vector<Configuration> endpoints(const arm::Resource& account, Kind kind, Wanted wanted) {
  std::vector<Configuration> made;
  switch (kind) {
    case Kind::openai:
      if (wanted.base) made.push_back({"AZURE_OPENAI_BASE", endpoint_of(account)});
      if (wanted.endpoint) made.push_back({"AZURE_OPENAI_ENDPOINT", endpoint_of(account)});
      break;
    case Kind::ai_services:
      made.push_back({"AZURE_AISERVICES_OPENAI_BASE", host_of(account, "openai.azure.com")});
      made.push_back({"AZURE_AISERVICES_COGNITIVESERVICES_ENDPOINT", host_of(account, "cognitiveservices.azure.com")});
      made.push_back({"AZURE_AISERVICES_SPEECH_ENDPOINT", host_of(account, "cognitiveservices.azure.com")});
      break;
    case Kind::cognitive:
      made.push_back({"AZURE_COGNITIVESERVICES_ENDPOINT", endpoint_of(account)});
      break;
  }
  return made;
}

std::vector<Configuration> all(const Linker& linker, const arm::Resource& account, Wanted wanted,
                               const Credentials& credentials) {
  const Kind kind = kind_of(account);
  const std::string prefix(prefix_of(kind));
  auto made = endpoints(account, kind, wanted);
  switch (linker.auth) {
    case Auth::identity:
      made.push_back({prefix + "CLIENTID", linker.client_id});
      break;
    case Auth::secret:
      made.push_back({prefix + "KEY", credentials.key, true});
      break;
    case Auth::service_principal:
      made.push_back({prefix + "CLIENTID", linker.client_id});
      made.push_back({prefix + "CLIENTSECRET", credentials.secret, true});
      made.push_back({prefix + "TENANTID", credentials.tenant_id});
      break;
  }
  for (auto& one : made) {
    if (const auto other = string_or(linker.customized_keys.if_contains(one.name)); !other.empty()) one.name = other;
  }
  for (const auto& extra : linker.additional) made.push_back({std::string(extra.key()), string_or(&extra.value())});
  return made;
}

}  // namespace

Role role_for(const arm::Resource& account) {
  return kind_of(account) == Kind::openai ? kOpenAiUser : kCognitiveUser;
}

std::vector<Configuration> listed_configurations(const Linker& linker, const arm::Resource& account,
                                                 std::string_view api_version, const Credentials& credentials) {
  const bool later = api_version >= kFirstWithEndpoint;
  return all(linker, account, Wanted{!later, later}, credentials);
}

std::vector<Configuration> secret_configurations(const Linker& linker, const arm::Resource& account,
                                                 const Credentials& credentials) {
  return all(linker, account, Wanted{true, true}, credentials);
}

}  // namespace lazuli::providers::service_linker
