// The models that a deployment may name: Azure's names, versions, formats, SKUs, limits and capabilities, in a compact
// table of our own. The resource provider validates deployments and lists models by it; the gateway asks it which
// operations a model has. It says nothing about engines: any of these may be served by any engine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "openai/vocabulary.h"

namespace lazuli::openai {

// What a model can do, as bits.
enum Ability : unsigned {
  kChat = 1,
  kCompletion = 2,  // the legacy operation
  kEmbedding = 4,
  kResponses = 8,
  kReasoning = 16,  // takes max_completion_tokens, no sampling parameters
  kImage = 32,
  kAudio = 64,
  kAssistants = 128,
  kVision = 256,
  kFineTuning = 512,
};

// SKUs of deployments, as bits, in the order in which kSkus names them.
enum Sku : unsigned {
  kStandard = 1,
  kGlobalStandard = 2,
  kDataZoneStandard = 4,
  kGlobalBatch = 8,
  kDataZoneBatch = 16,
  kProvisioned = 32,
  kGlobalProvisioned = 64,
  kDataZoneProvisioned = 128,
};

struct SkuFacts {
  std::string_view name;
  std::int64_t maximum;   // capacity that one deployment may have
  std::int64_t standard;  // default capacity
  std::int64_t minimum;   // 0: not stated
  std::int64_t step;
  std::int64_t quota;  // of a subscription and region, when none is configured
  Sku bit;
  bool quota_for_each_model;  // usageName "OpenAI.Standard.gpt-4", or "OpenAI.GlobalProvisionedManaged"
};
std::span<const SkuFacts> skus();
const SkuFacts* find_sku(std::string_view name);  // in any case

struct Model {
  std::string_view name, version;
  unsigned abilities;
  std::int64_t context_tokens, output_tokens;  // 0: not stated
  unsigned skus;
  int requests, period;  // request limit of one unit of capacity: this many in so many seconds
  bool is_default;
  std::string_view published;  // date
  std::string_view retires;    // date of inference; empty: not announced
  std::string_view lifecycle;  // "GenerallyAvailable", "Preview", "Deprecated"
  std::string_view format = "OpenAI";

  bool can(unsigned bits) const { return (abilities & bits) == bits; }
  // As answers name it: "gpt-4-0613", and embeddings by the bare name.
  std::string answer_name() const;
  std::int64_t requests_per_minute(std::int64_t capacity) const { return capacity * requests * 60 / period; }
};

std::span<const Model> models();
// Name in any case; an empty version is the model's default one. Null: no such model.
const Model* find_model(std::string_view format, std::string_view name, std::string_view version);
// Whether the model has an operation. Unknown models have all of them: an engine knows better.
bool supports(const Model* model, Operation operation);

}  // namespace lazuli::openai
