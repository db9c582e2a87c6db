#include <algorithm>

#include "base/text.h"
#include "crypto/jws.h"
#include "doctor/checks.h"
#include "doctor/commands.h"
#include "doctor/connections.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kIdentityLink = "identity";
constexpr std::string_view kCredentialLink = "federated credential";
constexpr std::string_view kExchangeLink = "token exchange";
constexpr std::size_t kCredentialLimit = 20;  // of one identity

// Another identity that has exactly the credential: then the annotation names the wrong identity.
std::optional<Identity> identity_with_credential(const Scene& scene) {
  for (auto& other : user_assigned_identities(scene.parts)) {
    for (const auto& credential : other.credentials) {
      if (miss_of(credential, scene.presented()).distance == 0) return std::move(other);
    }
  }
  return std::nullopt;
}

void add_none_near(Scene& scene, const std::optional<Identity>& other) {
  const auto& identity = *scene.identity;
  const auto presented = scene.presented();
  const std::string expected = "a federated credential of " + identity.name + " for issuer " + presented.issuer +
                               " and subject " + presented.subject;
  if (other) {
    auto& finding = scene.wrong(std::string(kCredentialLink), "credential-on-another-identity");
    finding.expected = expected;
    finding.found = "the identity " + other->shown() + " has it";
    finding.mend = scene.service_account_name.empty()
                       ? commands::create_credential(scene, identity, presented)
                       : commands::annotate_account(scene, kClientIdAnnotation, other->client_id);
    return;
  }
  const auto count = identity.credentials.size();
  const bool full = count >= kCredentialLimit;
  auto& finding = scene.wrong(std::string(kCredentialLink), full         ? "identity-has-no-room-for-credentials"
                                                            : count == 0 ? "no-federated-credential"
                                                                         : "subject-not-federated");
  finding.expected = expected;
  finding.found = full ? "all " + std::to_string(kCredentialLimit) + " places are taken by others"
                       : std::to_string(count) + " others";
  finding.mend = !full ? commands::create_credential(scene, identity, presented)
                 : identity.resource
                     ? "az identity create -n " + identity.name + "-2 -g " + identity.resource->resource_group()
                     : "az ad app create --display-name " + commands::quoted(identity.name + "-2");
}

void add_near_miss(Scene& scene, const entra::FederatedCredential& nearest, const Miss& miss) {
  const auto presented = scene.presented();
  auto& finding = scene.wrong(std::string(kCredentialLink), miss.cause);
  finding.expected = "issuer " + presented.issuer + ", subject " + presented.subject + ", audience " +
                     (presented.audience.empty() ? "(none)" : presented.audience);
  finding.found = "nearest is '" + nearest.name + "': issuer " + nearest.issuer + ", subject " + nearest.subject +
                  ", audience " + join(nearest.audiences, ",");
  if (miss.cause == "token-for-another-audience") {
    finding.mend = scene.service_account_name.empty() ? std::string()
                                                      : "kubectl create token " + scene.service_account_name + " -n " +
                                                            scene.name_space + " --audience " + std::string(kAudience);
    return;
  }
  // A credential that serves something else is left to it: another cluster, or another service account.
  const bool elsewhere = miss.distance >= 3;
  finding.mend = elsewhere ? commands::create_credential(scene, *scene.identity, presented)
                           : commands::update_credential(*scene.identity, nearest.name, presented);
}

Result<std::string> request_token(Scene& scene) {
  JsonArray audiences;
  audiences.push_back(Json(kAudience));
  const JsonObject request{{"apiVersion", "authentication.k8s.io/v1"},
                           {"kind", "TokenRequest"},
                           {"spec", JsonObject{{"audiences", std::move(audiences)}, {"expirationSeconds", 600}}}};
  const auto made = scene.objects->create(
      "/api/v1/namespaces/" + scene.name_space + "/serviceaccounts/" + scene.service_account_name + "/token", request);
  if (!made) return made.error();
  return string_at(*made, "status", "token");
}

bool has_key(const Json& keys, const std::string& key_id) {
  const Json* list = find(keys, "keys");
  if (!list || !list->is_array()) return false;
  return std::ranges::any_of(list->get_array(), [&](const Json& key) { return string_at(key, "kid") == key_id; });
}

// Whether the token service can check the cluster's signatures: it knows the issuer, and the key that signs now.
bool check_keys_of_issuer(Scene& scene, const std::string& token) {
  const auto keys = scene.parts.published_keys ? scene.parts.published_keys(scene.issuer()) : std::nullopt;
  const auto read = crypto::parse_jws(token);
  const auto mend = "az resource update --ids " + scene.cluster.text();
  if (!keys) {
    auto& finding = scene.wrong("issuer", "issuer-keys-not-published");
    finding.expected = "the keys of " + scene.issuer() + " can be fetched";
    finding.found = "nothing is published there";
    finding.mend = mend;
    return false;
  }
  if (read && !has_key(*keys, read->key_id())) {
    auto& finding = scene.wrong("issuer", "signing-key-not-published");
    finding.expected = "the key that signs the cluster's tokens (kid " + read->key_id() + ") is published";
    finding.found = "other keys only";
    finding.mend = mend;
    return false;
  }
  scene.good("issuer", "its keys are published");
  return true;
}

}  // namespace

void check_identity(Scene& scene) {
  if (!is_guid(scene.client_id)) {
    scene.unknown(std::string(kIdentityLink), "no client id to look for");
    return;
  }
  scene.identity = find_identity(scene.parts, scene.client_id);
  if (scene.identity && equals_ignoring_case(scene.identity->client_id, scene.client_id)) {
    scene.good(std::string(kIdentityLink), scene.identity->shown());
    return;
  }
  scene.identity.reset();
  if (scene.report.is_wrong(kAccountLink)) {
    scene.unknown(std::string(kIdentityLink), "the service account names none");
    return;
  }
  auto& finding = scene.wrong(std::string(kIdentityLink), "identity-does-not-exist");
  finding.expected = "a user-assigned identity or an application with client id " + scene.client_id;
  finding.found = "none: it was deleted, or made again (a new one has new ids), or the id is another's";
  if (scene.service_account_name.empty()) {
    finding.mend = "az identity list --query \"[].{name:name,clientId:clientId}\" -o table";
    return;
  }
  finding.mend = commands::annotate_account(scene, kClientIdAnnotation, likely_client_id(scene));
}

void check_credential(Scene& scene) {
  const auto presented = scene.presented();
  if (!scene.identity || presented.issuer.empty()) {
    scene.unknown(std::string(kCredentialLink), "no identity or no issuer to look with");
    return;
  }
  const auto& credentials = scene.identity->credentials;
  const entra::FederatedCredential* nearest = nullptr;
  Miss miss;
  for (const auto& credential : credentials) {
    const auto one = miss_of(credential, presented);
    if (!nearest || one.distance < miss.distance) {
      nearest = &credential;
      miss = one;
    }
  }
  if (nearest && miss.distance == 0) {
    scene.good(std::string(kCredentialLink), nearest->name + " matches issuer, subject and audience");
    return;
  }
  scene.bound = check_binding(scene);
  if (scene.bound) return;
  constexpr int kUnrelated = 5;
  const auto other = identity_with_credential(scene);
  if (!nearest || miss.distance >= kUnrelated || credentials.size() >= kCredentialLimit || other) {
    add_none_near(scene, other);
  } else {
    add_near_miss(scene, *nearest, miss);
  }
}

// The proof: a token as the pod's is asked of the cluster and presented to the token service.
void check_exchange(Scene& scene) {
  if (!scene.identity || scene.issuer().empty() || !scene.service_account || !scene.parts.exchange) {
    scene.unknown(std::string(kExchangeLink), "not tried");
    return;
  }
  if (scene.bound) {
    scene.unknown(std::string(kExchangeLink), "not tried: only the cluster's token proxy can");
    return;
  }
  const auto token = request_token(scene);
  if (!token) {
    scene.unknown(std::string(kExchangeLink), "the cluster gives no token: " + token.error().message);
    return;
  }
  if (!check_keys_of_issuer(scene, *token)) return;
  const auto& tenant = scene.parts.service.parts().tenant_id;
  const auto exchanged = scene.parts.exchange({tenant, scene.client_id, *token});
  if (exchanged) {
    scene.good(std::string(kExchangeLink), "a token of this service account is taken for the identity");
    return;
  }
  if (scene.report.is_wrong(kCredentialLink)) {
    scene.unknown(std::string(kExchangeLink), exchanged.error().code);
    return;
  }
  using fault::Kind;
  if (const auto rule = fault_of(scene, "token", scene.issuer(),
                                 {Kind::credential_delay, Kind::negative_cache, Kind::issuer_unreachable,
                                  Kind::key_rollover, Kind::throttle, Kind::error})) {
    auto& finding = scene.wrong(std::string(kExchangeLink), "exchange-refused-by-fault");
    finding.expected = "the token service takes a token of this service account";
    finding.found = exchanged.error().code + "; it was asked for: " + fault::text(*rule);
    finding.mend = "lazuli fault clear " + std::to_string(rule->id);
    return;
  }
  auto& finding = scene.wrong(std::string(kExchangeLink), "exchange-refused");
  finding.expected = "the token service takes a token of this service account";
  finding.found = exchanged.error().code + ": " + exchanged.error().message;
  finding.mend = commands::list_credentials(*scene.identity);
}

}  // namespace lazuli::doctor
