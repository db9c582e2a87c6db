// Which engine serves which model: the rules of the configuration, first match wins. Engines are made once and shared
// by the deployments that they serve. Thread-safe once constructed.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "openai/engine.h"
#include "openai/gateway.h"

namespace lazuli::openai {

class Engines {
 public:
  // No rules: the managed engine where its files are, else echo. A rule whose settings are wrong is logged, and its
  // deployments answer 503 with the reason: they must not fall to another engine unnoticed.
  Engines(const std::vector<EngineRule>& rules, const EngineParts& parts);

  std::shared_ptr<Engine> find(std::string_view model_name) const;

 private:
  struct Rule {
    std::string pattern;
    std::shared_ptr<Engine> engine;
  };
  std::vector<Rule> rules_;
  std::shared_ptr<Engine> none_;  // for models that no rule names
};

// '*' stands for any text; without regard to case.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace lazuli::openai
