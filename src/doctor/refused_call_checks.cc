// What a refused call itself tells. Codes that speak of state (no credential matches, no role) are only the reason to
// look at that state as it is now; codes that speak of what was presented (an expired token, a wrong secret) are the
// finding.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

using access::RefusedCall;
using Mend = std::string (*)(const Scene&, const RefusedCall&);

std::string nothing(const Scene&, const RefusedCall&) {
  return {};
}
std::string new_secret(const Scene& scene, const RefusedCall& call) {
  const auto identity = find_identity(scene.parts, call.client_id);
  if (identity && identity->resource) {  // a managed identity has no secret
    return "eval \"$(lazuli env --identity " + identity->name + ")\" && az login --identity";
  }
  return "az ad app credential reset --id " + commands::quoted(call.client_id);
}
std::string enable(const Scene&, const RefusedCall& call) {
  return "az ad sp update --id " + commands::quoted(call.client_id) + " --set accountEnabled=true";
}
std::string new_principal(const Scene&, const RefusedCall& call) {
  return "az ad sp create --id " + commands::quoted(call.client_id);
}
std::string token_for_models(const Scene&, const RefusedCall&) {
  return "az account get-access-token --scope https://cognitiveservices.azure.com/.default";
}
std::string home_tenant(const Scene& scene, const RefusedCall&) {
  const auto& home = scene.parts.service.parts().tenant_id;
  return scene.service_account_name.empty() ? "az login --tenant " + home
                                            : commands::annotate_account(scene, kTenantIdAnnotation, home);
}
std::string discovery(const Scene&, const RefusedCall& call) {
  const std::string issuer(without_trailing_slashes(call.issuer));
  return "curl -sS " + commands::quoted(issuer + "/.well-known/openid-configuration");
}
std::string credentials(const Scene&, const RefusedCall& call) {
  return "az ad app credential list --id " + commands::quoted(call.client_id) + " --cert";
}
std::string logs(const Scene&, const RefusedCall&) {
  return "lazuli logs";
}
std::string account_option(const RefusedCall& call) {
  const auto id = arm::ResourceId::parse(call.account);
  return id ? commands::resource_options(*id) : "-n <account> -g <group>";
}
std::string keys(const Scene&, const RefusedCall& call) {
  return "az cognitiveservices account keys list " + account_option(call);
}
std::string models(const Scene&, const RefusedCall& call) {
  return "az cognitiveservices account deployment list " + account_option(call) + " -o table";
}
std::string subdomain(const Scene&, const RefusedCall& call) {
  const auto id = arm::ResourceId::parse(call.account);
  return "az cognitiveservices account update " + account_option(call) + " --custom-domain " +
         (id ? to_lower(id->name()) : "<name>");
}
std::string more_quota(const Scene& scene, const RefusedCall& call) {
  const auto id = call.account + "/deployments/" + call.deployment;
  const auto deployment = scene.parts.service.resources().get(id);
  const Json* sku = deployment ? deployment->document.if_contains("sku") : nullptr;
  const auto now = sku ? integer(find(*sku, "capacity")).value_or(1) : 1;
  return "az resource update --ids " + id +
         " --set sku.capacity=" + std::to_string(std::max<std::int64_t>(10, 2 * now));
}
std::string no_key(const Scene&, const RefusedCall& call) {
  return "az resource update --ids " + call.account +
         " --set properties.disableLocalAuth=false  # or better, call with a token";
}

struct Word {
  std::string_view code;
  std::string_view link, cause, expected;
  Mend mend;
};

constexpr std::string_view kSecretLink = "client secret";
constexpr std::string_view kAssertionLink = "assertion";
constexpr std::string_view kScopeLink = "token's audience";

constexpr std::array kTokenWords = std::to_array<Word>({
    {"AADSTS90002", "tenant", "tenant-id-wrong", "the id or domain of the tenant that is here", home_tenant},
    {"AADSTS900023", "tenant", "tenant-id-wrong", "the id or domain of the tenant that is here", home_tenant},
    {"AADSTS50059", "tenant", "tenant-not-named", "an application signs in at its tenant's own endpoint", home_tenant},
    {"AADSTS7000229", "identity", "service-principal-missing", "the application has a service principal",
     new_principal},
    {"AADSTS7000112", "identity", "service-principal-disabled", "the service principal is enabled", enable},
    {"AADSTS7000215", kSecretLink, "secret-wrong", "the value of a secret of the application", new_secret},
    {"AADSTS7000222", kSecretLink, "secret-expired", "a secret that has not expired", new_secret},
    {"AADSTS7000218", kSecretLink, "no-proof-of-client", "a secret or an assertion", new_secret},
    {"AADSTS500011", kScopeLink, "token-scope-of-another-service", "a resource of this tenant", token_for_models},
    {"AADSTS70011", kScopeLink, "scope-malformed", "a scope of the form RESOURCE/.default", token_for_models},
    {"AADSTS1002012", kScopeLink, "scope-malformed", "a scope of the form RESOURCE/.default", token_for_models},
    {"AADSTS50027", kAssertionLink, "assertion-malformed", "a signed token (RS256) with issuer, subject and times",
     nothing},
    {"AADSTS70023", kAssertionLink, "assertion-lives-too-long",
     "a projected token, which lives for a day at the most; the API server's own lives longer", nothing},
    {"AADSTS700024", kAssertionLink, "assertion-outside-its-time",
     "the token file is read again before each request: the kubelet renews it", nothing},
    {"AADSTS700027", kAssertionLink, "assertion-signature-wrong",
     "a signature by a key that the issuer publishes, or by a registered certificate", credentials},
    {"AADSTS700222", "issuer", "issuer-of-another-tenant", "an issuer other than Entra, or this tenant", nothing},
    {"AADSTS50166", "issuer", "issuer-unreachable", "the issuer's discovery document and keys can be fetched",
     discovery},
});

constexpr std::array kDataWords = std::to_array<Word>({
    {"AuthenticationTypeDisabled", "key", "key-although-local-auth-is-off", "a token: the account refuses keys",
     no_key},
    {"BadRequest", "endpoint", "account-without-subdomain", "a custom subdomain: signing in with a token needs one",
     subdomain},
    {"429", "quota", "quota-used-up", "fewer tokens or calls in a minute than the deployment's capacity", more_quota},
    {"ServiceUnavailable", "engine", "engine-unavailable", "the engine that serves the deployment answers", logs},
    {"Timeout", "engine", "engine-timed-out", "the engine that serves the deployment answers in time", logs},
    {"500", "engine", "engine-failed", "an answer of the engine that can be used", logs},
    {"content_filter", "request", "blocked-by-content-filter", "a prompt that the content filter lets through",
     nothing},
    {"context_length_exceeded", "request", "context-too-long", "a prompt that the model's context holds", nothing},
});

template <typename Words>
bool add_word(Scene& scene, const RefusedCall& call, const Words& words) {
  for (const auto& word : words) {
    if (word.code != call.code) continue;
    auto& finding = scene.wrong(std::string(word.link), std::string(word.cause));
    finding.expected = word.expected;
    finding.found = call.code + (call.reason.empty() ? "" : ": " + call.reason);
    finding.mend = word.mend(scene, call);
    return true;
  }
  return false;
}

void add_refusal(Scene& scene, const RefusedCall& call) {
  auto& finding = scene.wrong("request", "request-refused");
  finding.expected = "a request that the service takes";
  finding.found = std::to_string(call.status) + " " + call.code + (call.reason.empty() ? "" : ": " + call.reason);
}

std::string named(std::string_view name, const std::string& value) {
  return value.empty() ? std::string() : ", " + std::string(name) + " " + value;
}

// Always good: the call did arrive. Says what it brought.
void describe(Scene& scene, const RefusedCall& call) {
  const bool token = call.service == RefusedCall::Service::token;
  std::string text = "at " + iso8601(call.time, 0) + " from " + (call.peer.empty() ? "lazuli" : call.peer);
  if (token) {
    text += named("client", call.client_id) + named("for", call.scope.empty() ? "(no scope)" : call.scope);
  } else {
    text += named("to", call.host) + named("operation", call.operation) + named("deployment", call.deployment);
    text += call.with_key ? ", with a key" : named("token for", call.audience);
  }
  text += "; answered " + std::to_string(call.status) + " " + call.code;
  scene.good(token ? "token request" : "call", text);
}

bool about_credentials(std::string_view code) {
  return code == "AADSTS70025" || code == "AADSTS700211" || code == "AADSTS700212" || code == "AADSTS700213" ||
         code == "AADSTS7002138";
}

void check_token_request(Scene& scene, const RefusedCall& call) {
  const bool told = add_word(scene, call, kTokenWords);
  if (scene.report.is_wrong("tenant")) return;
  if (!scene.report.is_wrong("identity")) check_identity(scene);
  if (scene.brought && scene.identity) check_credential(scene);
  if (!told && !about_credentials(call.code) && !scene.report.is_wrong("identity")) add_refusal(scene, call);
}

void add_token(Scene& scene, const RefusedCall& call) {
  const bool meant = contains(call.audience, "cognitiveservices.azure.com") ||
                     contains(call.audience, "ai.azure.com") || contains(call.audience, "openai.azure.com");
  auto& finding = call.audience.empty() ? scene.wrong("token", "token-missing-or-malformed")
                  : meant               ? scene.wrong("token", "access-token-expired-or-foreign")
                                        : scene.wrong(std::string(kScopeLink), "token-scope-of-another-service");
  finding.expected = "a token of this tenant for https://cognitiveservices.azure.com, within its time";
  finding.found = call.reason.empty() ? "another" : call.reason;
  finding.mend = token_for_models(scene, call);
}

void add_operation(Scene& scene, const RefusedCall& call) {
  auto& finding = scene.wrong("deployment", "model-cannot-do-that");
  finding.expected = "a deployment whose model has " + call.operation;
  finding.found = call.deployment;
  const auto deployment = scene.parts.service.resources().get(call.account + "/deployments/" + call.deployment);
  if (const auto* model = deployment ? deployment->property("model") : nullptr) {
    finding.found += ", which is of model " + string_at(*model, "name");
  }
  finding.mend = models(scene, call);
}

void check_call(Scene& scene, const RefusedCall& call) {
  check_host(scene, call.host);
  if (!scene.account) return;
  if (call.code == "PermissionDenied") return check_role(scene);
  if (call.code == "DeploymentNotFound" || call.code == "DeploymentPaused") {
    return check_named_deployment(scene, call.deployment);
  }
  if (call.status == 403 && call.code == "403") return check_network(scene);
  if (call.code == "401" && call.with_key) {
    auto& finding = scene.wrong("key", "key-of-no-account");
    finding.expected = "key 1 or key 2 of " + scene.account->id();
    finding.found = "another key, perhaps one from before it was made anew";
    finding.mend = keys(scene, call);
    return;
  }
  if (call.code == "401") return add_token(scene, call);
  if (call.code == "OperationNotSupported") return add_operation(scene, call);
  if (call.code == "404") {
    auto& finding = scene.wrong("request", "path-or-api-version-unknown");
    finding.expected =
        "a path below /openai (or /models at services.ai.azure.com), with an api-version that there is, such as "
        "2024-10-21";
    finding.found = call.operation.empty() ? "no operation has this path, or the api-version is none" : call.operation;
    return;
  }
  if (!add_word(scene, call, kDataWords)) add_refusal(scene, call);
}

}  // namespace

void check_refused_call(Scene& scene, const access::RefusedCall& call) {
  describe(scene, call);
  if (call.fault != 0) {
    auto& finding = scene.wrong("fault on request", "fault");
    finding.expected = "no fault that was asked for strikes the call";
    finding.found = "fault " + std::to_string(call.fault) + " did";
    for (const auto& rule : scene.parts.faults ? scene.parts.faults->list() : std::vector<fault::Rule>()) {
      if (rule.id != call.fault) continue;
      finding.cause += "-" + std::string(fault::word(rule.kind));
      finding.found = fault::text(rule);
      finding.mend = "lazuli fault clear " + std::to_string(rule.id);
    }
    return;
  }
  if (scene.as_node) return;  // a role for the node would be no remedy: its pod's chain tells why it asked as the node
  if (call.service == RefusedCall::Service::token) {
    check_token_request(scene, call);
  } else {
    check_call(scene, call);
  }
}

}  // namespace lazuli::doctor
