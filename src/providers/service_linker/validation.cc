#include "providers/service_linker/validation.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace lazuli::providers::service_linker {

namespace {

// Azure's checks, in its order, and the links that each is about. The one without links takes what is left.
struct Known {
  std::string_view name;
  std::array<std::string_view, 5> links;
  bool identities;  // of a keyless connection alone
};

constexpr std::array<Known, 5> kChecks = {
    Known{"Target resource existence validated.", {"target"}, false},
    Known{"Target service firewall validated.", {"network"}, false},
    Known{"Configured connection information validated.", {}, false},
    Known{"Managed Identity existence validated.", {"identity"}, true},
    Known{"Managed Identity permissions validated.",
          {"cluster", "federated credential", "issuer", "token exchange", "role"},
          true},
};
constexpr std::size_t kInformation = 2;

std::size_t check_about(std::string_view link) {
  for (std::size_t i = 0; i < kChecks.size(); ++i)
    if (std::ranges::find(kChecks[i].links, link) != kChecks[i].links.end()) return i;
  return kInformation;
}

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::failure:
      return "failure";
    case Outcome::warning:
      return "warning";
    case Outcome::success:
      break;
  }
  return "success";
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

}  // namespace

std::vector<Check> checks_of(const Linker& linker, const std::vector<Finding>& findings) {
  std::array<Check, kChecks.size()> told;
  for (const auto& finding : findings) {
    auto& check = told[check_about(finding.link)];
    const bool worse = finding.outcome == Outcome::failure && check.outcome != Outcome::failure;
    const bool first = finding.outcome == Outcome::warning && check.outcome == Outcome::success;
    if (!worse && !first) continue;
    check.outcome = finding.outcome;
    check.description = finding.text;
  }
  std::vector<Check> checks;
  for (std::size_t i = 0; i < kChecks.size(); ++i) {
    if (kChecks[i].identities && linker.auth != Auth::identity) continue;
    told[i].name = kChecks[i].name;
    checks.push_back(std::move(told[i]));
  }
  return checks;
}

JsonObject report(const Linker& linker, const std::vector<Check>& checks, TimePoint began, TimePoint ended,
                  std::string_view auth_type) {
  const bool available =
      std::ranges::none_of(checks, [](const Check& check) { return check.outcome == Outcome::failure; });
  JsonArray pascal, camel;
  for (const auto& check : checks) {
    const auto description = text_or_null(check.description);
    pascal.push_back(
        JsonObject{{"Name", check.name}, {"Description", description}, {"Result", static_cast<int>(check.outcome)}});
    camel.push_back(JsonObject{{"name", check.name}, {"description", description}, {"result", word(check.outcome)}});
  }
  const JsonObject message{{"ConnectionName", linker.name()},
                           {"IsConnectionAvailable", available},
                           {"ValidationDetail", std::move(pascal)},
                           {"ReportStartTimeUtc", iso8601(began)},
                           {"ReportEndTimeUtc", iso8601(ended)},
                           {"SourceId", nullptr},
                           {"TargetId", nullptr},
                           {"AuthType", auth_type}};
  return JsonObject{{"Message", to_text(message)},
                    {"linkerName", linker.name()},
                    {"isConnectionAvailable", available},
                    {"validationDetail", std::move(camel)},
                    {"reportStartTimeUtc", iso8601(began)},
                    {"reportEndTimeUtc", iso8601(ended)},
                    {"sourceId", nullptr},
                    {"targetId", nullptr},
                    {"authType", auth_type}};
}

}  // namespace lazuli::providers::service_linker
