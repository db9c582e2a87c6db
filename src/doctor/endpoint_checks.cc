#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/connections.h"
#include "doctor/doctor.h"
#include "doctor/words.h"
#include "net/http.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kLink = "endpoint";
constexpr std::array<std::string_view, 3> kDomains = {".openai.azure.com", ".cognitiveservices.azure.com",
                                                      ".services.ai.azure.com"};
constexpr std::string_view kRegionalDomain = ".api.cognitive.microsoft.com";

std::string host_in(std::string_view value) {
  auto rest = value;
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) rest.remove_prefix(scheme + 3);
  return to_lower(trim(rest.substr(0, rest.find_first_of("/:?"))));
}

bool is_azure(std::string_view host) {
  for (const auto domain : kDomains) {
    if (host.ends_with(domain)) return true;
  }
  return host.ends_with(kRegionalDomain);
}

// By its name, whatever its value: "AZURE_OPENAI_ENDPOINT", "OPENAI_API_BASE".
bool is_called_endpoint(const Variable& variable) {
  const auto name = to_upper(variable.name);
  const bool service = contains(name, "OPENAI") || contains(name, "COGNITIVE") || contains(name, "AISERVICES");
  return service && (name.ends_with("ENDPOINT") || name.ends_with("BASE") || name.ends_with("URL"));
}

bool names_endpoint(const Variable& variable) {
  return !variable.hidden() && (is_azure(host_in(variable.value)) || is_called_endpoint(variable));
}

// Each once, though several containers may read it.
std::vector<const Variable*> endpoint_variables(const Scene& scene) {
  std::vector<const Variable*> found;
  for (const auto& container : scene.containers) {
    for (const auto& variable : container.environment.variables) {
      const auto same = [&](const Variable* one) { return one->name == variable.name && one->value == variable.value; };
      if (names_endpoint(variable) && std::ranges::none_of(found, same)) found.push_back(&variable);
    }
  }
  return found;
}

std::optional<arm::Resource> account_of(const Scene& scene, std::string_view host) {
  const auto subdomain = host.substr(0, host.find('.'));
  for (auto& account : scene.parts.service.resources().of_type(kAccountType)) {
    if (equals_ignoring_case(account.property_text("customSubDomainName"), subdomain)) return account;
  }
  return std::nullopt;
}

std::string proper_endpoint(const arm::Resource& account) {
  return account.property_text("endpoint");
}

std::string all_endpoints(const Scene& scene) {
  std::string all;
  for (const auto& account : scene.parts.service.resources().of_type(kAccountType)) {
    all += (all.empty() ? "" : ", ") + proper_endpoint(account);
  }
  return all.empty() ? "there are no accounts" : all;
}

// What the variable should say: the account of the pod's connection, or of another variable, or the only one there is.
std::string meant_endpoint(const Scene& scene) {
  for (const auto& connection : connections_of(scene)) {
    const auto target = scene.parts.service.resources().get(connection.target);
    if (target && reads_secret(scene, connection.secret)) return proper_endpoint(*target);
  }
  for (const auto* variable : endpoint_variables(scene)) {
    if (const auto account = account_of(scene, host_in(variable->value))) return proper_endpoint(*account);
  }
  const auto accounts = scene.parts.service.resources().of_type(kAccountType);
  return accounts.size() == 1 ? proper_endpoint(accounts.front()) : std::string();
}

// The command that makes the variable say so; empty if nothing tells what it should be.
std::string use_meant_endpoint(const Scene& scene, const Variable& variable) {
  const auto meant = meant_endpoint(scene);
  return meant.empty() ? std::string() : commands::set_variable(scene, variable, meant);
}

void add_regional(Scene& scene, const Variable& variable, std::string_view host) {
  const auto location = host.substr(0, host.find('.'));
  std::optional<arm::Resource> meant;
  for (auto& account : scene.parts.service.resources().of_type(kAccountType)) {
    if (string_or(account.document.if_contains("location")) == location) meant = std::move(account);
  }
  auto& finding = scene.wrong(std::string(kLink), "regional-endpoint");
  finding.expected = "the account's own host: signing in with a token needs a custom subdomain";
  finding.found = variable.name + "=" + variable.value;
  if (!meant) {
    finding.mend = use_meant_endpoint(scene, variable);
    return;
  }
  const auto id = arm::ResourceId::parse(meant->id()).value_or(arm::ResourceId());
  finding.mend = meant->property_text("customSubDomainName").empty()
                     ? "az cognitiveservices account update " + commands::resource_options(id) + " --custom-domain " +
                           to_lower(id.name())
                     : commands::set_variable(scene, variable, proper_endpoint(*meant));
}

// A base URL is the host alone; the SDKs add the rest. /openai/v1 is the newer form, whole.
bool is_plain_path(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  return path.empty() || path == "/" || path == "/openai/v1" || path == "/openai/v1/";
}

void check_form(Scene& scene, const Variable& variable, const arm::Resource& account) {
  const auto trimmed = trim(variable.value);
  const auto url = net::parse_url(trimmed);
  const auto add = [&](std::string cause, std::string expected) {
    auto& finding = scene.wrong(std::string(kLink), std::move(cause));
    finding.expected = std::move(expected);
    finding.found = variable.name + "='" + variable.value + "' (from " + variable.source + ")";
    finding.mend = commands::set_variable(scene, variable, proper_endpoint(account));
  };
  if (trimmed.size() != variable.value.size() || contains(variable.value, "\"")) {
    return add("endpoint-with-stray-characters", "no blanks, line ends or quotes around the URL");
  }
  if (!url || url->scheme != "https") return add("endpoint-is-no-https-url", "a URL that begins with https://");
  if (!is_plain_path(url->target)) {
    return add("endpoint-with-a-path", "the account's endpoint alone: the SDK adds the path and the api-version");
  }
  scene.good(std::string(kLink), variable.name + "=" + variable.value + " (from " + variable.source + ")");
}

// A host of Azure's form that answers for no account.
void add_no_account(Scene& scene, const Variable& variable, std::string_view host) {
  auto& finding = scene.wrong(std::string(kLink), "endpoint-of-no-account");
  finding.expected = "an account with the subdomain of " + std::string(host);
  finding.found = variable.name + "=" + variable.value + "; the accounts' endpoints: " + all_endpoints(scene);
  finding.mend = commands::recover_account(scene, host.substr(0, host.find('.')));
  if (finding.mend.empty()) {
    finding.mend = use_meant_endpoint(scene, variable);
  } else {
    finding.found += "; there was one, and it is deleted";
  }
}

// It is called an endpoint and is none of Azure's. It may be that of a gateway before Azure, so only what cannot be one
// is wrong.
void check_other_host(Scene& scene, const Variable& variable) {
  const auto host = host_in(variable.value);
  const bool gateway = net::parse_url(trim(variable.value)).ok() && !contains(host, "azure") && host != "localhost";
  auto& finding = gateway ? scene.warning(std::string(kLink), "endpoint-of-another-host")
                          : scene.wrong(std::string(kLink), "endpoint-of-another-host");
  finding.expected = "an account's endpoint: " + all_endpoints(scene);
  finding.found = variable.name + "='" + variable.value + "' (from " + variable.source + ")";
  finding.mend = use_meant_endpoint(scene, variable);
}

// Several that name different accounts: the pod's own are more likely meant than those of a secret.
void choose_account(Scene& scene, const std::vector<const Variable*>& variables) {
  std::string others;
  for (const bool own : {true, false}) {
    for (const auto* variable : variables) {
      const auto host = host_in(variable->value);
      if ((variable->source == "env") != own || !is_azure(host) || host.ends_with(kRegionalDomain)) continue;
      auto account = account_of(scene, host);
      if (!account || (scene.account && scene.account->id() == account->id())) continue;
      if (scene.account) {
        others += (others.empty() ? "" : ", ") + variable->name + "=" + variable->value;
      } else {
        scene.account = std::move(account);
      }
    }
  }
  if (others.empty()) return;
  auto& finding = scene.warning(std::string(kLink), "several-accounts");
  finding.expected = "all variables name one account; checked is " + proper_endpoint(*scene.account);
  finding.found = others;
}

}  // namespace

bool names_endpoint(const Container& container) {
  return std::ranges::any_of(container.environment.variables,
                             [](const Variable& variable) { return names_endpoint(variable); });
}

// Each variable is looked at; what follows is about one account.
void check_endpoint(Scene& scene) {
  const auto variables = endpoint_variables(scene);
  if (variables.empty()) scene.unknown(std::string(kLink), "no variable of the pod names an endpoint of Azure OpenAI");
  for (const auto* variable : variables) {
    const auto host = host_in(variable->value);
    if (!is_azure(host)) {
      check_other_host(scene, *variable);
    } else if (host.ends_with(kRegionalDomain)) {
      add_regional(scene, *variable, host);
    } else if (auto account = account_of(scene, host)) {
      check_form(scene, *variable, *account);
    } else {
      add_no_account(scene, *variable, host);
    }
  }
  choose_account(scene, variables);
}

void check_host(Scene& scene, std::string_view host) {
  scene.account = account_of(scene, host);
  if (scene.account) return;
  auto& finding =
      scene.wrong(std::string(kLink), host.ends_with(kRegionalDomain) ? "regional-endpoint" : "endpoint-of-no-account");
  finding.expected = "an account's own host: " + all_endpoints(scene);
  finding.found = host;
  finding.mend = "az cognitiveservices account list --query \"[].properties.endpoint\" -o tsv";
}

}  // namespace lazuli::doctor
