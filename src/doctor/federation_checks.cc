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

struct Credential {
  arm::ResourceId id;
  std::string issuer, subject;
  std::vector<std::string> audiences;
};

std::vector<Credential> credentials_of(const Scene& scene, const arm::Resource& identity) {
  std::vector<Credential> found;
  const auto collection = arm::ResourceId::parse(identity.id() + "/federatedIdentityCredentials");
  if (!collection) return found;
  for (const auto& held : scene.parts.service.resources().children(*collection)) {
    Credential made{arm::ResourceId::parse(held.id()).value_or(arm::ResourceId()),
                    held.property_text("issuer"),
                    held.property_text("subject"),
                    {}};
    const auto* audiences = held.property("audiences");
    if (audiences && audiences->is_array()) {
      for (const auto& one : audiences->get_array()) made.audiences.push_back(string_or(&one));
    }
    found.push_back(std::move(made));
  }
  return found;
}

std::string subject_of(const Scene& scene) {
  return "system:serviceaccount:" + scene.name_space + ":" + scene.service_account_name;
}

// Slashes doubled or at the end do not count.
std::string without_slashes(std::string_view issuer) {
  std::string plain;
  for (const char c : issuer) {
    const bool doubled = c == '/' && !plain.empty() && plain.back() == '/' && !plain.ends_with(":/");
    if (!doubled) plain += c;
  }
  while (plain.ends_with('/')) plain.pop_back();
  return plain;
}

// How a credential misses; the fewer the points, the nearer it is.
struct Miss {
  std::string cause;
  int distance = 0;
};

Miss issuer_miss(std::string_view given, std::string_view wanted) {
  if (given == wanted) return {};
  if (without_slashes(given) == without_slashes(wanted)) return {"issuer-differs-by-a-slash", 1};
  if (equals_ignoring_case(given, wanted)) return {"issuer-differs-in-case", 1};
  if (equals_ignoring_case(without_slashes(given), without_slashes(wanted))) return {"issuer-differs-in-case", 2};
  return {"issuer-of-another-cluster", 4};
}

Miss subject_miss(std::string_view given, std::string_view wanted) {
  if (given == wanted) return {};
  if (equals_ignoring_case(given, wanted)) return {"subject-differs-in-case", 1};
  const auto mine = split(wanted, ':', true);
  const auto other = split(given, ':', true);
  if (other.size() != 4) return {"subject-not-federated", 5};
  if (other[3] == mine[3]) return {"subject-of-another-namespace", 3};
  if (other[2] == mine[2]) return {"subject-of-another-service-account", 3};
  return {"subject-not-federated", 5};
}

Miss audience_miss(const Credential& credential) {
  if (std::ranges::find(credential.audiences, kAudience) != credential.audiences.end()) return {};
  return {"audience-not-federated", 1};
}

Miss miss_of(const Credential& credential, const std::string& issuer, const std::string& subject) {
  const Miss parts[] = {issuer_miss(credential.issuer, issuer), subject_miss(credential.subject, subject),
                        audience_miss(credential)};
  Miss whole;
  for (const auto& part : parts) {
    if (whole.cause.empty()) whole.cause = part.cause;
    whole.distance += part.distance;
  }
  return whole;
}

// Another identity that has exactly the credential: then the annotation names the wrong identity.
std::string identity_with_credential(const Scene& scene, const std::string& issuer, const std::string& subject) {
  for (const auto& other : scene.parts.service.resources().of_type(kIdentityType)) {
    for (const auto& credential : credentials_of(scene, other)) {
      if (miss_of(credential, issuer, subject).distance == 0) return other.id();
    }
  }
  return {};
}

void add_none_near(Scene& scene, const arm::ResourceId& identity, std::size_t count) {
  const auto subject = subject_of(scene);
  const auto other = identity_with_credential(scene, scene.issuer(), subject);
  const std::string expected =
      "a federated credential of " + identity.name() + " for issuer " + scene.issuer() + " and subject " + subject;
  if (!other.empty()) {
    const auto meant = scene.parts.service.resources().get(other);
    auto& finding = scene.wrong(std::string(kCredentialLink), "credential-on-another-identity");
    finding.expected = expected;
    finding.found = "the identity " + other + " has it";
    finding.mend = commands::annotate_account(scene, kClientIdAnnotation, meant->property_text("clientId"));
    return;
  }
  const bool full = count >= kCredentialLimit;
  auto& finding = scene.wrong(std::string(kCredentialLink), full         ? "identity-has-no-room-for-credentials"
                                                            : count == 0 ? "no-federated-credential"
                                                                         : "subject-not-federated");
  finding.expected = expected;
  finding.found = full ? "all " + std::to_string(kCredentialLimit) + " places are taken by others"
                       : std::to_string(count) + " others";
  finding.mend = full ? "az identity create -n " + identity.name() + "-2 -g " + identity.resource_group()
                      : commands::create_credential(scene, identity, scene.issuer(), subject);
}

void add_near_miss(Scene& scene, const Credential& nearest, const Miss& miss) {
  const auto subject = subject_of(scene);
  auto& finding = scene.wrong(std::string(kCredentialLink), miss.cause);
  finding.expected = "issuer " + scene.issuer() + ", subject " + subject + ", audience " + std::string(kAudience);
  finding.found = "nearest is '" + nearest.id.name() + "': issuer " + nearest.issuer + ", subject " + nearest.subject +
                  ", audience " + join(nearest.audiences, ",");
  // A credential that serves something else is left to it: another cluster, or another service account.
  const auto identity = nearest.id.parent().value_or(nearest.id);
  const bool elsewhere = miss.distance >= 3;
  finding.mend = elsewhere ? commands::create_credential(scene, identity, scene.issuer(), subject)
                           : commands::update_credential(nearest.id, scene.issuer(), subject);
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
  for (auto& identity : scene.parts.service.resources().of_type(kIdentityType)) {
    if (equals_ignoring_case(identity.property_text("clientId"), scene.client_id)) {
      scene.good(std::string(kIdentityLink), identity.id());
      scene.identity = std::move(identity);
      return;
    }
  }
  auto& finding = scene.wrong(std::string(kIdentityLink), "identity-does-not-exist");
  finding.expected = "a user-assigned identity with client id " + scene.client_id;
  finding.found = "none: it was deleted, or made again (a new one has new ids), or the id is another's";
  const auto federated = federated_identity(scene);
  finding.mend =
      commands::annotate_account(scene, kClientIdAnnotation,
                                 federated ? federated->property_text("clientId")
                                           : "$(az identity show -n <identity> -g <group> --query clientId -o tsv)");
}

void check_credential(Scene& scene) {
  if (!scene.identity || scene.issuer().empty()) {
    scene.unknown(std::string(kCredentialLink), "no identity or no issuer to look with");
    return;
  }
  const auto credentials = credentials_of(scene, *scene.identity);
  const auto id = arm::ResourceId::parse(scene.identity->id()).value_or(arm::ResourceId());
  const Credential* nearest = nullptr;
  Miss miss;
  for (const auto& credential : credentials) {
    const auto one = miss_of(credential, scene.issuer(), subject_of(scene));
    if (!nearest || one.distance < miss.distance) {
      nearest = &credential;
      miss = one;
    }
  }
  constexpr int kUnrelated = 5;
  if (nearest && miss.distance == 0) {
    scene.good(std::string(kCredentialLink), nearest->id.name() + " matches issuer, subject and audience");
  } else if (!nearest || miss.distance >= kUnrelated || credentials.size() >= kCredentialLimit ||
             !identity_with_credential(scene, scene.issuer(), subject_of(scene)).empty()) {
    add_none_near(scene, id, credentials.size());
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
  auto& finding = scene.wrong(std::string(kExchangeLink), "exchange-refused");
  finding.expected = "the token service takes a token of this service account";
  finding.found = exchanged.error().code + ": " + exchanged.error().message;
  finding.mend = "az identity federated-credential list " +
                 commands::resource_options(*arm::ResourceId::parse(scene.identity->id()), "--identity-name");
}

}  // namespace lazuli::doctor
