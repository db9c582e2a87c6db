#include "openai/engines.h"

#include "base/text.h"
#include "openai/errors.h"
#include "openai/llama_engine.h"

namespace lazuli::openai {

namespace {

class MissingEngine final : public Engine {
 public:
  explicit MissingEngine(std::string reason) : reason_(std::move(reason)) {}
  std::string_view kind() const override { return "none"; }
  bool sees() const override { return true; }  // what it says is why there is no engine
  net::Task<Result<EngineAnswer>> open(const EngineCall&) override {
    co_return engine_unavailable(reason_, std::chrono::seconds(30));
  }

 private:
  std::string reason_;
};

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
  const auto same = [&] { return equals_ignoring_case(pattern.substr(p, 1), text.substr(t, 1)); };
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && same()) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Engines::Engines(const std::vector<EngineRule>& rules, const EngineParts& parts)
    : none_(std::make_shared<MissingEngine>("No engine is configured for this model.")) {
  for (const auto& rule : rules) {
    auto engine = make_engine(rule.kind, rule.settings, parts);
    if (engine) {
      rules_.push_back({rule.model_pattern, std::shared_ptr<Engine>(*std::move(engine))});
    } else {
      parts.log.error("openai", "An engine rule is wrong: " + engine.error().message,
                      {{"models", rule.model_pattern}, {"engine", rule.kind}});
      rules_.push_back({rule.model_pattern, std::make_shared<MissingEngine>(engine.error().message)});
    }
  }
  if (!rules.empty()) return;
  auto managed = make_llama_engine(nullptr, parts);
  rules_.push_back({"*", managed ? std::shared_ptr<Engine>(*std::move(managed)) : make_echo_engine()});
}

std::shared_ptr<Engine> Engines::find(std::string_view model_name) const {
  for (const auto& rule : rules_) {
    if (matches_pattern(rule.pattern, model_name)) return rule.engine;
  }
  return none_;
}

}  // namespace lazuli::openai
