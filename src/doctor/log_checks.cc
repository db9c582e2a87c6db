// What the logs tell. A sentence in a log is what a client made of an answer, and several causes share one: "Identity
// not found" of the instance metadata mostly means that the pod got no identity at all, and the sentence about audience
// and expiry stands for four faults. So each clue belongs to a link; if that link is seen to be broken, it adds
// nothing, and if it is sound, the clue says what else it can be.
#include <array>

#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

using Mend = std::string (*)(const Scene&);

struct Clue {
  std::string_view text;      // of the log
  std::string_view explains;  // links separated by '|': one of them wrong is the cause, and the clue is its echo
  std::string_view cause;
  std::string_view meaning;
  Mend mend;
};

std::string restart(const Scene& scene) {
  return commands::restart(scene);
}
std::string nothing(const Scene&) {
  return {};
}
std::string older_httpx(const Scene&) {
  return "pip install 'httpx<0.28'  # in the image's requirements, or a newer openai; then build it again";
}
std::string newer_identity(const Scene&) {
  return "pip install -U 'azure-identity>=1.13'  # and DefaultAzureCredential or WorkloadIdentityCredential in the "
         "code";
}
std::string token_provider(const Scene&) {
  return "get_bearer_token_provider(credential, 'https://cognitiveservices.azure.com/.default') as "
         "azure_ad_token_provider  # in the code, then: " +
         std::string("kubectl rollout restart");
}

constexpr std::string_view kNoIdentity = "label|cluster|service account|webhook|identity in the pod";
constexpr std::string_view kFederation =
    "service account|identity|federated credential|issuer|token exchange|projected token|identity in the pod";

constexpr std::array<Clue, 26> kClues = {{
    {"unexpected keyword argument 'proxies'", "", "httpx-too-new-for-openai",
     "openai before 1.55.3 passes an argument to httpx that httpx 0.28 no longer has", older_httpx},
    {"exec format error", "image", "image-for-another-architecture", "the image is built for another processor",
     nothing},
    {"AADSTS700024", kTokenLink, "token-file-read-once",
     "the application kept the projected token; the kubelet renews the file, and the kept one has expired", restart},
    {"AADSTS70023", kTokenLink, "token-of-the-api-server", "the token presented is not the projected one", nothing},
    {"AADSTS90061", kFederation, "issuer-not-reached", "the token service could not fetch the issuer's keys", restart},
    {"AADSTS50166", kFederation, "issuer-not-reached", "the token service could not fetch the issuer's keys", restart},
    {"AADSTS700016", kFederation, "client-id-was-unknown", "the client id was unknown when the pod asked", restart},
    {"AADSTS90002", kFederation, "tenant-was-unknown", "the tenant was unknown when the pod asked", restart},
    {"AADSTS70021", kFederation, "federation-came-later",
     "the federated credential did not match when the pod asked, and does now", restart},
    {"AADSTS700211", kFederation, "federation-came-later",
     "the federated credential did not match when the pod asked, and does now", restart},
    {"AADSTS700213", kFederation, "federation-came-later",
     "the federated credential did not match when the pod asked, and does now", restart},
    {"Identity not found", kNoIdentity, "library-without-workload-identity",
     "the library asks the node's metadata service although the pod has an identity", newer_identity},
    {"identity not assigned", kNoIdentity, "library-without-workload-identity",
     "the library asks the node's metadata service although the pod has an identity", newer_identity},
    {"ManagedIdentityCredential authentication unavailable", kNoIdentity, "library-without-workload-identity",
     "the library asks the node's metadata service although the pod has an identity", newer_identity},
    {"ultiple user assigned identities exist", kNoIdentity, "library-without-workload-identity",
     "the library asks the node's metadata service although the pod has an identity", newer_identity},
    {"AuthenticationTypeDisabled", "key", "key-although-local-auth-is-off", "a key was used; the account refuses keys",
     nothing},
    {"lacks the required data action", "role", "role-came-later",
     "the role was missing when the pod asked, and is there now", restart},
    {"PermissionDenied", "role", "role-came-later", "the role was missing when the pod asked, and is there now",
     restart},
    {"DeploymentNotFound", "deployment", "deployment-name-in-the-code",
     "the code names a deployment that the account does not have", nothing},
    {"API version not supported", "api-version|endpoint", "api-version-in-the-code",
     "the code asks for an API version that is not offered", nothing},
    {"custom subdomain", "endpoint", "regional-endpoint", "signing in with a token needs the account's own host",
     nothing},
    {"Virtual Network/Firewall", "network", "firewall-denies", "the account's firewall denied the call", nothing},
    {"CERTIFICATE_VERIFY_FAILED", "", "certificate-not-trusted",
     "the process does not trust lazuli's authority: it sets its own bundle, or was started before trust was there",
     restart},
    {"certificate signed by unknown authority", "", "certificate-not-trusted",
     "the process does not trust lazuli's authority: it sets its own bundle, or was started before trust was there",
     restart},
    {"Permission denied: '/var/run/secrets/azure", kTokenLink, "token-file-not-readable",
     "the process may not read the projected token", nothing},
    {"unable to get local issuer certificate", "", "certificate-not-trusted",
     "the process does not trust lazuli's authority: it sets its own bundle, or was started before trust was there",
     restart},
}};

constexpr std::string_view kAudienceSentence = "audience is incorrect";
constexpr std::int64_t kTokenLife = 3600;  // of an access token, at least

bool explained(const Scene& scene, std::string_view links) {
  for (const auto& link : split(links, '|')) {
    if (scene.report.is_wrong(link)) return true;
  }
  return false;
}

void add(Scene& scene, std::string_view cause, std::string_view text, std::string_view meaning, std::string mend) {
  if (scene.report.has_cause(cause)) return;
  auto& finding = scene.wrong("log", std::string(cause));
  finding.expected = "a log without '" + std::string(text) + "'";
  finding.found = meaning;
  finding.mend = std::move(mend);
}

// The line of a log that has a text, without what could be a secret.
void check_missing_variable(Scene& scene, const std::string& log) {
  constexpr std::string_view kStart = "KeyError: 'AZURE_";
  const auto at = log.find(kStart);
  if (at == std::string::npos) return;
  const auto from = at + std::string_view("KeyError: '").size();
  const auto name = log.substr(from, log.find('\'', from) - from);
  if (scene.report.is_wrong(kInjectionLink) || scene.report.is_wrong(kLabelLink)) {
    if (name == "AZURE_CLIENT_ID" || name == "AZURE_TENANT_ID" || name == "AZURE_FEDERATED_TOKEN_FILE") return;
  }
  std::string other;
  for (const auto& container : scene.containers) {
    for (const auto& variable : container.environment.variables) {
      if (!variable.hidden() && contains(variable.value, ".azure.com") && contains(variable.value, "https://") &&
          other.empty()) {
        other = variable.name + "=" + variable.value;
      }
    }
  }
  auto& finding = scene.wrong("log", "variable-not-set");
  finding.expected = "the variable " + name + ", which the application reads";
  finding.found = other.empty() ? "no variable names an endpoint" : "there is " + other + " instead";
  const auto mark = other.find('=');
  if (mark == std::string::npos) return;
  finding.mend = "kubectl set env " + commands::workload(scene) + " -n " + scene.name_space + " " + name + "=" +
                 other.substr(mark + 1);
}

// One sentence for: no token, a wrong audience, an expired token, a bad key.
void check_audience_sentence(Scene& scene, const std::string& log) {
  if (!contains(log, kAudienceSentence) || scene.report.is_wrong("token's audience") || explained(scene, kNoIdentity)) {
    return;
  }
  const auto* running = scene.containers.empty() ? nullptr : scene.containers.back().state("running");
  const auto started = running ? string_at(*running, "startedAt") : std::string();
  const auto hour_ago = iso8601(scene.parts.clock.now() - Seconds(kTokenLife), 0);
  if (!started.empty() && started < hour_ago) {
    add(scene, "access-token-kept-too-long", kAudienceSentence,
        "the container runs for more than an hour: it kept its first access token, which has expired",
        token_provider(scene));
    return;
  }
  add(scene, "token-scope-in-the-code", kAudienceSentence,
      "the token is for another service: the scope must be https://cognitiveservices.azure.com/.default", "");
}

}  // namespace

void check_logs(Scene& scene) {
  const auto log = scene.all_logs();
  for (const auto& clue : kClues) {
    if (!contains(log, clue.text) || explained(scene, clue.explains)) continue;
    add(scene, clue.cause, clue.text, clue.meaning, clue.mend(scene));
  }
  check_missing_variable(scene, log);
  check_audience_sentence(scene, log);
}

}  // namespace lazuli::doctor
