#include <array>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/doctor.h"
#include "doctor/words.h"
#include "net/http.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kLink = "endpoint";
constexpr std::array<std::string_view, 3> kDomains = {".openai.azure.com", ".cognitiveservices.azure.com",
                                                      ".services.ai.azure.com"};
constexpr std::string_view kRegionalDomain = ".api.cognitive.microsoft.com";

// A variable that looks as if it were an endpoint of Azure OpenAI: by its value, whatever its name.
struct Endpoint {
  const Variable* variable;
  net::Url url;
};

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

const Variable* endpoint_variable(const Scene& scene) {
  for (const auto& container : scene.containers) {
    for (const auto& variable : container.environment.variables) {
      if (!variable.hidden() && is_azure(host_in(variable.value))) return &variable;
    }
  }
  return nullptr;
}

// Of several that name accounts, and of secrets made by a connection, any will do: they are the same account.
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

void add_regional(Scene& scene, const Variable& variable, std::string_view host) {
  const auto location = host.substr(0, host.find('.'));
  std::optional<arm::Resource> meant;
  for (auto& account : scene.parts.service.resources().of_type(kAccountType)) {
    if (string_or(account.document.if_contains("location")) == location) meant = std::move(account);
  }
  auto& finding = scene.wrong(std::string(kLink), "regional-endpoint");
  finding.expected = "the account's own host: signing in with a token needs a custom subdomain";
  finding.found = variable.name + "=" + variable.value;
  if (!meant) return;
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

void check_form(Scene& scene, const Variable& variable) {
  const auto trimmed = trim(variable.value);
  const auto url = net::parse_url(trimmed);
  const auto add = [&](std::string cause, std::string expected) {
    auto& finding = scene.wrong(std::string(kLink), std::move(cause));
    finding.expected = std::move(expected);
    finding.found = variable.name + "='" + variable.value + "' (from " + variable.source + ")";
    finding.mend = commands::set_variable(scene, variable, proper_endpoint(*scene.account));
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

// Published versions of Azure OpenAI's inference API have this form; a model's version often has it, too.
bool has_version_form(std::string_view text) {
  if (text.ends_with("-preview")) text.remove_suffix(std::string_view("-preview").size());
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 4 || i == 7;
    if (dash ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  }
  return true;
}

std::vector<arm::Resource> deployments_of(const Scene& scene) {
  const auto collection = arm::ResourceId::parse(scene.account->id() + "/deployments");
  return collection ? scene.parts.service.resources().children(*collection) : std::vector<arm::Resource>();
}

std::string model_of(const arm::Resource& deployment, std::string_view field) {
  const auto* model = deployment.property("model");
  return model ? string_at(*model, field) : std::string();
}

std::string name_of(const arm::Resource& deployment) {
  return string_or(deployment.document.if_contains("name"));
}

std::string suggested(const std::vector<arm::Resource>& deployments, std::string_view value) {
  for (const auto& deployment : deployments) {
    if (equals_ignoring_case(model_of(deployment, "name"), value)) return name_of(deployment);
  }
  return deployments.empty() ? "<deployment>" : name_of(deployments.front());
}

void add_paused(Scene& scene, const arm::Resource& deployment) {
  auto& finding = scene.wrong("deployment", "deployment-is-paused");
  finding.expected = "a deployment that runs";
  finding.found = name_of(deployment) + " is paused";
  finding.mend = "az rest --method post --url " +
                 commands::quoted("https://management.azure.com" + deployment.id() + "/resume?api-version=2026-05-01");
}

// Null: the deployment is there, or what is wrong with it has been said.
Finding* find_deployment(Scene& scene, std::string_view where, std::string_view value,
                         const std::vector<arm::Resource>& deployments) {
  const auto named = [&](const arm::Resource& one) { return equals_ignoring_case(name_of(one), value); };
  if (const auto found = std::ranges::find_if(deployments, named); found != deployments.end()) {
    if (found->property_text("deploymentState") == "Paused") {
      add_paused(scene, *found);
    } else {
      scene.good("deployment", std::string(value));
    }
    return nullptr;
  }
  const bool model = std::ranges::any_of(
      deployments, [&](const auto& one) { return equals_ignoring_case(model_of(one, "name"), value); });
  std::string there;
  for (const auto& one : deployments) {
    there += (there.empty() ? "" : ", ") + name_of(one) + " (model " + model_of(one, "name") + ")";
  }
  auto& finding = scene.wrong("deployment", model ? "model-name-instead-of-deployment" : "deployment-does-not-exist");
  finding.expected = "a deployment of the account: " + (there.empty() ? "there are none" : there);
  finding.found = std::string(where) + "=" + std::string(value) + (model ? ", which is a model's name" : "");
  return &finding;
}

void check_deployment_name(Scene& scene, const Variable& variable, const std::vector<arm::Resource>& deployments) {
  if (auto* finding = find_deployment(scene, variable.name, variable.value, deployments)) {
    finding->mend = commands::set_variable(scene, variable, suggested(deployments, variable.value));
  }
}

std::string create_deployment(const arm::ResourceId& account, std::string_view name) {
  return "az cognitiveservices account deployment create " + commands::resource_options(account) +
         " --deployment-name " + commands::quoted(name) +
         " --model-name gpt-4 --model-version 0613 --model-format OpenAI --sku-name Standard --capacity 1";
}

}  // namespace

void check_endpoint(Scene& scene) {
  const auto* variable = endpoint_variable(scene);
  if (!variable) {
    scene.unknown(std::string(kLink), "no variable of the pod names an endpoint of Azure OpenAI");
    return;
  }
  const auto host = host_in(variable->value);
  if (host.ends_with(kRegionalDomain)) return add_regional(scene, *variable, host);
  scene.account = account_of(scene, host);
  if (scene.account) return check_form(scene, *variable);
  auto& finding = scene.wrong(std::string(kLink), "endpoint-of-no-account");
  finding.expected = "an account with the subdomain of " + host;
  finding.found = "none; the accounts' endpoints: " + all_endpoints(scene);
  const auto accounts = scene.parts.service.resources().of_type(kAccountType);
  if (accounts.size() == 1) finding.mend = commands::set_variable(scene, *variable, proper_endpoint(accounts.front()));
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

void check_named_deployment(Scene& scene, std::string_view name) {
  if (auto* finding = find_deployment(scene, "deployment", name, deployments_of(scene))) {
    finding->mend = create_deployment(arm::ResourceId::parse(scene.account->id()).value_or(arm::ResourceId()), name);
  }
}

void check_deployment(Scene& scene) {
  if (!scene.account) return;
  const auto deployments = deployments_of(scene);
  if (deployments.empty()) {
    const auto id = arm::ResourceId::parse(scene.account->id()).value_or(arm::ResourceId());
    auto& finding = scene.wrong("deployment", "account-without-deployments");
    finding.expected = "a deployment in the account " + id.name();
    finding.found = "none";
    finding.mend = create_deployment(id, "MyModel");
    return;
  }
  bool looked = false;
  for (const auto& container : scene.containers) {
    for (const auto* variable : container.environment.with_word({"DEPLOYMENT", "MODEL"})) {
      // MODEL_VERSION and the like name no deployment.
      if (variable->value.empty() || contains(variable->value, "/") || contains(to_upper(variable->name), "VERSION")) {
        continue;
      }
      check_deployment_name(scene, *variable, deployments);
      looked = true;
    }
  }
  if (!looked) scene.unknown("deployment", "no variable of the pod names one");
}

void check_api_version(Scene& scene) {
  if (!scene.account) return;
  const auto deployments = deployments_of(scene);
  for (const auto& container : scene.containers) {
    for (const auto* variable : container.environment.with_word({"VERSION"})) {
      if (!contains(to_upper(variable->name), "API_VERSION") || variable->value.empty()) continue;
      const bool of_model = std::ranges::any_of(
          deployments, [&](const auto& one) { return model_of(one, "version") == variable->value; });
      if (!of_model && has_version_form(variable->value)) continue;
      auto& finding = scene.wrong("api-version", of_model ? "model-version-as-api-version" : "api-version-malformed");
      finding.expected = "a version of the API, such as 2024-10-21";
      finding.found = variable->name + "=" + variable->value + (of_model ? ", which is the model's version" : "");
      finding.mend = commands::set_variable(scene, *variable, "2024-10-21");
    }
  }
}

}  // namespace lazuli::doctor
