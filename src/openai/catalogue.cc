#include "openai/catalogue.h"

#include "base/text.h"

namespace lazuli::openai {

namespace {

constexpr unsigned kProvisionedAll = kProvisioned | kGlobalProvisioned | kDataZoneProvisioned;
constexpr unsigned kModern =
    kGlobalStandard | kDataZoneStandard | kStandard | kGlobalBatch | kDataZoneBatch | kProvisionedAll;
constexpr unsigned kGlobalOnly = kGlobalStandard | kDataZoneStandard;
constexpr unsigned kTalk = kChat | kResponses | kAssistants;
constexpr unsigned kThink = kChat | kResponses | kReasoning;
constexpr unsigned kTunable = kTalk | kFineTuning;

constexpr std::string_view kGa = "GenerallyAvailable";
constexpr std::string_view kOld = "Deprecated";
constexpr std::string_view kPreview = "Preview";

// Capacities and units: recorded model lists of 2023-07 and 2025-10 for the ones that they show, Azure's documentation
// of quotas and limits for the others.
constexpr SkuFacts kSkus[] = {
    {"Standard", 1000000, 100, 0, 0, 240, kStandard, true},
    {"GlobalStandard", 1000000, 10, 0, 0, 30000, kGlobalStandard, true},
    {"DataZoneStandard", 1000000, 10, 0, 0, 10000, kDataZoneStandard, true},
    {"GlobalBatch", 10000000, 10, 0, 0, 5000000, kGlobalBatch, true},
    {"DataZoneBatch", 10000000, 10, 0, 0, 500000, kDataZoneBatch, true},
    {"ProvisionedManaged", 100000, 50, 25, 25, 500, kProvisioned, false},
    {"GlobalProvisionedManaged", 100000, 15, 15, 5, 500, kGlobalProvisioned, false},
    {"DataZoneProvisionedManaged", 100000, 15, 15, 5, 500, kDataZoneProvisioned, false},
};

// clang-format off
constexpr Model kModels[] = {
    // name, version, abilities, context, output, skus, requests per period, default, published, retires, lifecycle
    {"gpt-35-turbo", "0301", kChat, 4096, 4096, kStandard, 1, 10, false, "2023-03-09", "2025-02-13", kOld},
    {"gpt-35-turbo", "0613", kChat, 4096, 4096, kStandard | kProvisioned, 1, 10, false, "2023-06-19", "2025-02-13",
     kOld},
    {"gpt-35-turbo", "1106", kChat | kAssistants, 16385, 4096, kStandard | kProvisioned, 1, 10, false, "2023-11-17",
     "2027-01-31", kOld},
    {"gpt-35-turbo", "0125", kChat | kAssistants | kFineTuning, 16385, 4096, kStandard | kGlobalBatch | kProvisioned, 1, 10, true,
     "2024-02-15", "2027-01-31", kGa},
    {"gpt-35-turbo-16k", "0613", kChat, 16384, 16384, kStandard, 1, 10, true, "2023-06-19", "2025-04-30", kOld},
    {"gpt-35-turbo-instruct", "0914", kCompletion, 4097, 4097, kStandard, 1, 10, true, "2023-09-14", "2027-01-31", kGa},
    {"text-davinci-003", "1", kCompletion, 4097, 4097, kStandard, 1, 10, true, "2022-11-28", "2024-07-05", kOld},
    {"davinci-002", "1", kCompletion, 16384, 16384, kStandard, 1, 10, true, "2023-08-22", "2027-01-31", kGa},
    {"babbage-002", "1", kCompletion, 16384, 16384, kStandard, 1, 10, true, "2023-08-22", "2027-01-31", kGa},

    {"gpt-4", "0314", kChat, 8192, 8192, kStandard, 1, 10, false, "2023-03-14", "2025-06-06", kOld},
    {"gpt-4", "0613", kTalk, 8192, 8192, kStandard | kGlobalBatch | kProvisioned, 1, 10, true, "2023-06-19",
     "2025-06-06", kOld},
    {"gpt-4", "1106-Preview", kTalk, 128000, 4096, kStandard | kProvisioned, 1, 10, false, "2023-11-06", "2025-11-11",
     kPreview},
    {"gpt-4", "0125-Preview", kTalk, 128000, 4096, kStandard | kProvisioned, 1, 10, false, "2024-02-01", "2025-11-11",
     kPreview},
    {"gpt-4", "vision-preview", kChat | kVision, 128000, 4096, kStandard, 1, 10, false, "2023-12-01", "2025-11-11",
     kPreview},
    {"gpt-4", "turbo-2024-04-09", kTalk | kVision, 128000, 4096,
     kStandard | kGlobalStandard | kGlobalBatch | kProvisioned, 1, 10, false, "2024-04-29", "2027-06-01", kGa},
    {"gpt-4-32k", "0613", kChat, 32768, 32768, kStandard | kProvisioned, 1, 10, true, "2023-06-19", "2025-06-06", kOld},

    {"gpt-4o", "2024-05-13", kTalk | kVision, 128000, 4096, kModern, 10, 60, false, "2024-05-13", "2027-03-31", kGa},
    {"gpt-4o", "2024-08-06", kTunable | kVision, 128000, 16384, kModern, 10, 60, false, "2024-08-06", "2027-03-31", kGa},
    {"gpt-4o", "2024-11-20", kTalk | kVision, 128000, 16384, kModern, 10, 60, true, "2024-11-20", "2027-04-30", kGa},
    {"gpt-4o-mini", "2024-07-18", kTunable | kVision, 128000, 16384, kModern, 10, 60, true, "2024-07-18", "2027-03-31",
     kGa},
    {"gpt-4.1", "2025-04-14", kTunable | kVision, 1047576, 32768, kModern, 1, 60, true, "2025-04-14", "2027-10-14", kGa},
    {"gpt-4.1-mini", "2025-04-14", kTunable | kVision, 1047576, 32768, kModern, 1, 60, true, "2025-04-14", "2027-10-14",
     kGa},
    {"gpt-4.1-nano", "2025-04-14", kTunable | kVision, 1047576, 32768, kModern, 1, 60, true, "2025-04-14", "2027-10-14",
     kGa},

    {"o1", "2024-12-17", kThink | kVision, 200000, 100000, kModern, 1, 60, true, "2024-12-17", "2027-07-15", kGa},
    {"o1-mini", "2024-09-12", kChat | kReasoning, 128000, 65536, kGlobalOnly, 1, 60, true, "2024-09-12", "2025-10-27",
     kOld},
    {"o3", "2025-04-16", kThink | kVision, 200000, 100000, kModern, 1, 60, true, "2025-04-16", "2027-10-16", kGa},
    {"o3-mini", "2025-01-31", kThink, 200000, 100000, kModern, 1, 10, true, "2025-01-31", "2027-08-02", kGa},
    {"o4-mini", "2025-04-16", kThink | kFineTuning | kVision, 200000, 100000, kModern, 1, 60, true, "2025-04-16", "2027-10-16", kGa},
    {"gpt-5", "2025-08-07", kThink | kVision, 400000, 128000, kModern, 10, 60, true, "2025-08-07", "2028-02-07", kGa},
    {"gpt-5-mini", "2025-08-07", kThink | kVision, 400000, 128000, kModern, 1, 60, true, "2025-08-07", "2028-02-07",
     kGa},
    {"gpt-5-nano", "2025-08-07", kThink | kVision, 400000, 128000, kModern, 1, 60, true, "2025-08-07", "2028-02-07",
     kGa},
    {"gpt-5-chat", "2025-10-03", kTalk | kVision, 128000, 16384, kGlobalOnly, 10, 60, true, "2025-10-03", "2027-12-31",
     kPreview},
    {"gpt-5-codex", "2025-09-15", kResponses | kReasoning | kVision, 400000, 128000, kGlobalOnly, 10, 60, true,
     "2025-09-15", "2028-03-15", kGa},
    {"gpt-5.1", "2025-11-13", kThink | kVision, 400000, 128000, kModern, 10, 60, true, "2025-11-13", "2028-05-15", kGa},
    {"gpt-5.2", "2025-12-11", kThink | kVision, 400000, 128000, kModern, 10, 60, true, "2025-12-11", "2028-06-11", kGa},

    {"text-embedding-ada-002", "1", kEmbedding, 2046, 0, kStandard, 1, 10, false, "2022-12-15", "2027-04-30", kOld},
    {"text-embedding-ada-002", "2", kEmbedding, 8192, 0, kStandard | kGlobalStandard | kProvisioned, 1, 10, true,
     "2023-04-03", "2027-04-30", kGa},
    {"text-embedding-3-small", "1", kEmbedding, 8192, 0, kStandard | kGlobalStandard | kDataZoneStandard, 1, 10, true,
     "2024-01-25", "2027-04-30", kGa},
    {"text-embedding-3-large", "1", kEmbedding, 8192, 0, kStandard | kGlobalStandard | kDataZoneStandard, 1, 10, true,
     "2024-01-25", "2027-04-30", kGa},

    {"dall-e-3", "3.0", kImage, 0, 0, kStandard, 6, 60, true, "2023-11-06", "2027-03-31", kGa},
    {"gpt-image-1", "2025-04-15", kImage, 0, 0, kGlobalStandard, 3, 60, true, "2025-04-15", "2027-10-15", kPreview},
    {"whisper", "001", kAudio, 0, 0, kStandard, 3, 60, true, "2023-09-15", "2027-03-31", kGa},
    {"gpt-4o-transcribe", "2025-03-20", kAudio, 16000, 2000, kGlobalStandard, 10, 60, true, "2025-03-20", "2027-06-30",
     kGa},
    {"tts", "001", kAudio, 0, 0, kStandard, 3, 60, true, "2023-11-06", "2027-03-31", kGa},
    {"tts-hd", "001", kAudio, 0, 0, kStandard, 3, 60, true, "2023-11-06", "2027-03-31", kGa},
};

}  // namespace

std::span<const SkuFacts> skus() {
  return kSkus;
}

const SkuFacts* find_sku(std::string_view name) {
  for (const auto& sku : kSkus) {
    if (equals_ignoring_case(sku.name, name)) return &sku;
  }
  return nullptr;
}

std::span<const Model> models() {
  return kModels;
}

std::string Model::answer_name() const {
  return abilities & kEmbedding ? std::string(name) : std::string(name) + "-" + std::string(version);
}

const Model* find_model(std::string_view format, std::string_view name, std::string_view version) {
  for (const auto& model : kModels) {
    if (equals_ignoring_case(model.format, format) && equals_ignoring_case(model.name, name) &&
        (version.empty() ? model.is_default : equals_ignoring_case(model.version, version))) {
      return &model;
    }
  }
  return nullptr;
}

bool supports(const Model* model, Operation operation) {
  if (model == nullptr) return true;
  switch (operation) {
    case Operation::chat:
      return model->can(kChat);
    case Operation::completion:
      return model->can(kCompletion);
    case Operation::embedding:
      return model->can(kEmbedding);
    case Operation::responses:
    case Operation::response_tokens:
    case Operation::response_compact:
      return model->can(kResponses);
    default:
      return true;
  }
}

}  // namespace lazuli::openai
