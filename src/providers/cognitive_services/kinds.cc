#include "providers/cognitive_services/kinds.h"

#include <array>
#include <span>

#include "base/text.h"

namespace lazuli::providers {

namespace {

constexpr AccountKind kKinds[] = {
    {"OpenAI", "S0", true},
    {"AIServices", "S0", true},
    {"CognitiveServices", "S0"},
    {"ComputerVision", "F0 S1"},
    {"ContentSafety", "F0 S0"},
    {"ConversationalLanguageUnderstanding", "F0 S"},
    {"CustomVision.Prediction", "F0 S0"},
    {"CustomVision.Training", "F0 S0"},
    {"Face", "F0 S0 E0"},
    {"FormRecognizer", "F0 S0"},
    {"HealthInsights", "F0 S0"},
    {"ImmersiveReader", "S0 S1"},
    {"Language", "F0 S"},
    {"Personalizer", "F0 S0"},
    {"QnAMaker", "F0 S0"},
    {"SpeechServices", "F0 S0"},
    {"TextAnalytics", "F0 S"},
    {"TextTranslation", "F0 S1 S2 S3 S4 C2 C3 C4 D3"},
};

struct Rule {
  std::string_view key;
  int period;
  int count;
  std::string_view patterns;  // "METHOD path, METHOD path"
};

constexpr Rule kOpenAiRules[] = {
    {"openai.dalle.post", 1, 30, "POST dalle/*,POST openai/images/*"},
    {"openai.dalle.other", 1, 30, "* dalle/*,* openai/operations/images/*"},
    {"openai.assistants.list", 60, 120, "GET openai/assistants"},
    {"openai.threads.list", 60, 120, "GET openai/threads"},
    {"openai.vectorstores.list", 60, 120, "GET openai/vector_stores"},
    {"openai.vectorstores.post", 1, 60, "POST openai/vector_stores,POST openai/vector_stores/*"},
    {"openai.assistants.default", 1, 100000,
     "* openai/assistants,* openai/assistants/*,* openai/threads,* openai/threads/*,* openai/vector_stores,"
     "* openai/vector_stores/*"},
    {"openai.responses.default", 1, 100000, "* openai/responses,* openai/responses/*"},
    {"openai.batches.post", 60, 30, "POST openai/v1/batches,POST openai/batches"},
    {"openai.batches.get", 60, 500, "GET openai/v1/batches/*,GET openai/batches/*"},
    {"openai.batches.list", 60, 100, "GET openai/v1/batches,GET openai/batches"},
    {"openai.moderations.post", 60, 120, "POST openai/v1/moderations,POST openai/v1/safeberry/moderations"},
    {"openai", 1, 30, "* openai/*"},
};
constexpr Rule kModelsRule = {"models", 1, 30000, "* models/*"};
constexpr Rule kProjectsRule = {"api.projects.default", 1, 10000, "* api/projects/*"};
constexpr Rule kBillingRule = {"container.billing", 10, 500, "* billing/*"};
constexpr Rule kDefaultRule = {"default", 1, 30, "* *"};

constexpr std::string_view kOpenAiEndpoints[] = {"OpenAI Language Model Instance API",
                                                 "OpenAI Dall-E API",
                                                 "OpenAI Sora API",
                                                 "OpenAI Moderations API",
                                                 "OpenAI Whisper API",
                                                 "OpenAI Model Scaleset API",
                                                 "OpenAI Realtime API",
                                                 "Token Service API",
                                                 "Azure OpenAI Legacy API - Latest moniker"};

constexpr std::string_view kAiServicesEndpoints[] = {"Azure AI Model Inference API",
                                                     "Cohere AI API",
                                                     "Mistral AI API",
                                                     "Content Understanding",
                                                     "Content Safety",
                                                     "Container",
                                                     "Computer Vision",
                                                     "FormRecognizer",
                                                     "Speech Services Speech to Text",
                                                     "Speech Services Speech to Text v3.2",
                                                     "Speech Services Speech to Text 2024-05-15-preview",
                                                     "Speech Services Speech to Text 2024-11-15",
                                                     "Speech Services Speech to Text v3.2_internal.1",
                                                     "Speech Services Custom Voice",
                                                     "Speech Services Custom Voice Trial",
                                                     "Video Translation",
                                                     "Speech Services Audio Content Creation",
                                                     "Speech Services Custom Avatar",
                                                     "Speech Services Batch Avatar",
                                                     "Speech Services Batch Text to Speech",
                                                     "Speech Services Speech to Text (Standard)",
                                                     "Speech Services Text to Speech (Neural)",
                                                     "Speech Services Speaker Verification",
                                                     "Speech Services Speaker Identification",
                                                     "Voice Agent Realtime API",
                                                     "Voice Live Realtime API",
                                                     "Token",
                                                     "Text Analytics",
                                                     "Custom Text Authoring",
                                                     "Conversational Language Understanding Authoring",
                                                     "Custom Question Answering Authoring",
                                                     "Custom Question Answering",
                                                     "ConversationalLURuntime",
                                                     "Language",
                                                     "QnAMaker",
                                                     "Turing",
                                                     "QuestionAnswering",
                                                     "LUIS",
                                                     "TextTranslation-Global",
                                                     "TextTranslation",
                                                     "DocumentTranslation",
                                                     "CustomTranslator"};

struct Capability {
  std::string_view name, value;
};

constexpr Capability kOpenAiCapabilities[] = {
    {"VirtualNetworks", ""},
    {"CustomerManagedKey", ""},
    {"EnableRLSForThrottling", "false"},
    {"MaxFineTuneCount", "500"},
    {"MaxRunningFineTuneCount", "3"},
    {"MaxUserFileCount", "100"},
    {"MaxTrainingFileSize", "512000000"},
    {"MaxUserFileImportDurationInHours", "1"},
    {"MaxFineTuneJobDurationInHours", "720"},
    {"MaxEvaluationRunDurationInHours", "5"},
    {"MaxRunningEvaluationCount", "5"},
    {"MaxRunningGlobalStandardFineTuneCount", "3"},
    {"BypassBilling", ""},
    {"raiLevelOverride", ""},
    {"TrustedServices",
     "Microsoft.CognitiveServices,Microsoft.MachineLearningServices,Microsoft.Search,Microsoft.VideoIndexer"},
    {"NetworkSecurityPerimeter", ""},
    {"RaiMonitor", ""},
    {"FinetunedModelRouterEndpoint", ""},
    {"FinetunedModelRouterScoreThreshold", "0.171"},
    {"quotaRefundsEnabled", "false"},
};

constexpr Capability kAiServicesCapabilities[] = {
    {"VirtualNetworks", ""},
    {"TrustedServices", "Microsoft.CognitiveServices,Microsoft.MachineLearningServices,Microsoft.Search"},
    {"CustomerManagedKey", ""},
    {"MaxFineTuneCount", "500"},
    {"MaxRunningFineTuneCount", "3"},
    {"MaxUserFileCount", "100"},
    {"MaxTrainingFileSize", "512000000"},
    {"MaxUserFileImportDurationInHours", "1"},
    {"MaxFineTuneJobDurationInHours", "720"},
    {"MaxEvaluationRunDurationInHours", "5"},
    {"MaxRunningEvaluationCount", "5"},
};

constexpr Capability kCommonCapabilities[] = {{"VirtualNetworks", ""}, {"CustomerManagedKey", ""}};

JsonObject rule_json(const Rule& rule) {
  JsonArray patterns;
  for (const auto& pattern : split(rule.patterns, ',')) {
    const auto blank = pattern.find(' ');
    patterns.push_back(JsonObject{{"path", pattern.substr(blank + 1)}, {"method", pattern.substr(0, blank)}});
  }
  return JsonObject{
      {"key", rule.key}, {"renewalPeriod", rule.period}, {"count", rule.count}, {"matchPatterns", std::move(patterns)}};
}

bool is_openai(const AccountKind& kind) {
  return kind.name == "OpenAI";
}

std::span<const Capability> capabilities(const AccountKind& kind) {
  if (is_openai(kind)) return kOpenAiCapabilities;
  if (kind.models) return kAiServicesCapabilities;
  return kCommonCapabilities;
}

}  // namespace

bool AccountKind::has_sku(std::string_view sku) const {
  for (const auto& each : split(skus, ' ')) {
    if (each == sku) return true;
  }
  return false;
}

const AccountKind* find_kind(std::string_view name) {
  for (const auto& kind : kKinds) {
    if (equals_ignoring_case(kind.name, name)) return &kind;
  }
  return nullptr;
}

std::string_view tier_of(std::string_view sku) {
  if (sku == "F0") return "Free";
  return sku == "E0" ? "Enterprise" : "Standard";
}

JsonArray sku_list(std::string_view location, std::string_view only_kind) {
  JsonArray list;
  const std::string upper = to_upper(location);
  for (const auto& kind : kKinds) {
    if (!only_kind.empty() && !equals_ignoring_case(kind.name, only_kind)) continue;
    for (const auto& sku : split(kind.skus, ' ')) {
      list.push_back(
          JsonObject{{"resourceType", "accounts"},
                     {"name", sku},
                     {"tier", tier_of(sku)},
                     {"kind", kind.name},
                     {"locations", JsonArray{upper}},
                     {"locationInfo",
                      JsonArray{JsonObject{{"location", upper}, {"zones", JsonArray()}, {"zoneDetails", JsonArray()}}}},
                     {"restrictions", JsonArray()}});
    }
  }
  return list;
}

AccountHosts hosts_of(const AccountKind& kind, std::string_view account, std::string_view location,
                      std::string_view subdomain) {
  AccountHosts hosts;
  hosts.account = account;
  hosts.location = to_lower(replace_all(std::string(location), " ", ""));
  hosts.subdomain = subdomain;
  if (subdomain.empty()) {
    hosts.endpoint = "https://" + hosts.location + ".api.cognitive.microsoft.com/";
  } else {
    hosts.endpoint =
        "https://" + to_lower(subdomain) + (is_openai(kind) ? ".openai.azure.com/" : ".cognitiveservices.azure.com/");
  }
  return hosts;
}

JsonObject endpoints_of(const AccountKind& kind, const AccountHosts& hosts) {
  JsonObject map;
  if (!kind.models) {
    map[kind.name] = hosts.endpoint;
    map["Container"] = hosts.endpoint;
    return map;
  }
  const std::string name = to_lower(hosts.subdomain.empty() ? hosts.account : hosts.subdomain);
  const std::string openai = hosts.subdomain.empty() ? hosts.endpoint : "https://" + name + ".openai.azure.com/";
  if (!is_openai(kind)) map["AI Foundry API"] = "https://" + name + ".services.ai.azure.com/";
  for (const auto key : kOpenAiEndpoints) {
    if (is_openai(kind) || !key.starts_with("Azure OpenAI Legacy")) map[key] = openai;
  }
  if (is_openai(kind)) return map;
  for (const auto key : kAiServicesEndpoints) map[key] = hosts.endpoint;
  map["Speech Services Speech to Text (Standard)"] = "https://" + hosts.location + ".stt.speech.microsoft.com";
  map["Speech Services Text to Speech (Neural)"] = "https://" + hosts.location + ".tts.speech.microsoft.com";
  map["TextTranslation-Global"] = "https://api.cognitive.microsofttranslator.com/";
  return map;
}

JsonArray capabilities_of(const AccountKind& kind) {
  JsonArray list;
  for (const auto& capability : capabilities(kind)) {
    JsonObject item{{"name", capability.name}};
    if (!capability.value.empty()) item["value"] = capability.value;
    list.push_back(std::move(item));
  }
  return list;
}

JsonArray call_rules_of(const AccountKind& kind) {
  JsonArray list;
  if (kind.models && !is_openai(kind)) list.push_back(rule_json(kModelsRule));
  if (kind.models) {
    for (const auto& rule : kOpenAiRules) {
      if (is_openai(kind) || rule.key != "openai.moderations.post") list.push_back(rule_json(rule));
    }
    if (!is_openai(kind)) list.push_back(rule_json(kProjectsRule));
  } else {
    list.push_back(rule_json(kBillingRule));
  }
  list.push_back(rule_json(kDefaultRule));
  return list;
}

}  // namespace lazuli::providers
