#include "entra/entra.h"

#include "base/text.h"
#include "entra/client_authentication.h"
#include "entra/context.h"
#include "entra/federated_credentials.h"
#include "entra/graph.h"
#include "entra/login.h"
#include "entra/metadata.h"
#include "entra/objects.h"
#include "entra/sign_in.h"

namespace lazuli::entra {

namespace {

constexpr std::string_view kState = "entra.state";
constexpr std::string_view kInitial = "initial";
constexpr std::string_view kGrantKey = "grant_key";
constexpr auto kInitialSecretLifetime = std::chrono::hours(24 * 365 * 10);

// The first start: one transaction, so that a second try after a crash finds all of it or nothing.
Status make_initial_state(const Entra::Parts& parts) {
  if (parts.store.get(kState, kInitial)) return {};
  const TimePoint now = parts.clock.now();
  const std::string client_id = parts.random.uuid();
  const std::string secret = new_secret(parts.random);
  const std::string user_name = "admin@" + parts.tenant_domain;
  const auto object = [&](std::string name) {
    return NewObject{parts.random.uuid(), client_id,       std::move(name),
                     iso8601(now, 0),     parts.tenant_id, parts.tenant_domain};
  };
  const NewObject application = object("lazuli");
  const NewObject principal = object("lazuli");
  const NewObject user = object("Administrator");
  JsonObject stored = stored_secret(secret, parts.random.bytes(16), now, now + kInitialSecretLifetime);
  stored["keyId"] = parts.random.uuid();
  stored["displayName"] = "initial";
  stored["hint"] = secret.substr(0, 3);
  const JsonArray administrator = {"Global Administrator"};
  return parts.store.transact([&](store::Transaction& transaction) -> Status {
    transaction.put(kApplications, application.object_id,
                    JsonObject{{"graph", new_application(application)}, {"secrets", JsonArray{stored}}});
    transaction.put(kServicePrincipals, principal.object_id,
                    JsonObject{{"graph", new_service_principal(principal, false)}, {"directoryRoles", administrator}});
    transaction.put(kUsers, user.object_id,
                    JsonObject{{"graph", new_user(user, user_name)}, {"directoryRoles", administrator}});
    transaction.put(kState, kGrantKey, JsonObject{{"key", base64url(parts.random.bytes(32))}});
    transaction.put(kState, kInitial,
                    JsonObject{{"client_id", client_id},
                               {"client_secret", secret},
                               {"object_id", principal.object_id},
                               {"user_name", user_name},
                               {"user_object_id", user.object_id}});
    return {};
  });
}

std::string read_grant_key(const store::Store& store) {
  const auto document = store.get(kState, kGrantKey);
  return document ? base64url_decode(string_at(document->value, "key")).value_or("") : "";
}

}  // namespace

struct Entra::State {
  State(const Parts& given, std::unique_ptr<SigningKeys> signing_keys)
      : parts(given),
        directory(parts.store),
        keys(std::move(signing_keys)),
        issuers(parts.store, parts.external, parts.clock),
        tokens(*keys, parts.clock, parts.random, parts.tenant_id),
        verifier(directory, *keys, parts.clock, parts.tenant_id),
        pending(parts.clock, parts.random),
        context{parts.store,
                parts.clock,
                parts.random,
                parts.log,
                directory,
                *keys,
                issuers,
                tokens,
                verifier,
                pending,
                signed_assertions,
                parts.tenant_id,
                parts.tenant_domain,
                parts.sign_in_origin,
                read_grant_key(parts.store),
                parts.refused,
                parts.faults} {}

  Parts parts;
  Directory directory;
  std::unique_ptr<SigningKeys> keys;
  Issuers issuers;
  Tokens tokens;
  Verifier verifier;
  PendingSignIns pending;
  SignedAssertions signed_assertions;
  Context context;
};

Entra::Entra(std::unique_ptr<State> state) : state_(std::move(state)) {}
Entra::~Entra() = default;

Result<std::unique_ptr<Entra>> Entra::open(Parts parts) {
  if (const Status made = make_initial_state(parts); !made) return made.error();
  auto keys = SigningKeys::open(parts.store, parts.clock, parts.log, parts.key_period);
  if (!keys) return std::move(keys).error();
  auto state = std::make_unique<State>(parts, std::move(*keys));
  if (state->context.grant_key.empty()) {
    return Error{"StoreError", "The key of refresh tokens is missing in the state directory.", 500};
  }
  return std::unique_ptr<Entra>(new Entra(std::move(state)));
}

net::Response Entra::login(const net::Request& request) {
  return answer_login(state_->context, request);
}

net::Response Entra::login_by_proxy(const net::Request& request, const TokenProxy& proxy) {
  return answer_login(state_->context, request, &proxy);
}

bool Entra::login_blocks(const net::Request& request) {
  return entra::login_blocks(state_->context, request);
}

net::Response Entra::graph(const net::Request& request) {
  return answer_graph(state_->context, request);
}

net::Response Entra::sign_in(const net::Request& request) {
  return answer_sign_in(state_->context, request);
}

net::Response Entra::metadata(const net::Request& request, const MetadataNode& node) {
  return answer_metadata(state_->context, request, node);
}

// The first secret is the state's own: whoever has it needs no identity's token.
net::Response Entra::identity_endpoint(const net::Request& request) {
  return answer_identity_endpoint(state_->context, request, initial_credentials().client_secret);
}

std::string Entra::identity_header(std::string_view identity_object_id) const {
  return entra::identity_header(initial_credentials().client_secret, identity_object_id);
}

const access::TokenVerifier& Entra::verifier() const {
  return state_->verifier;
}

Result<access::Principal> Entra::with_secret(std::string_view client_id, std::string_view secret) const {
  const auto client = client_with_secret(state_->context, client_id, secret);
  if (!client) return client.error();
  access::Principal who;
  who.object_id = client->principal->object_id;
  who.tenant_id = state_->parts.tenant_id;
  who.app_id = client->id;
  who.groups = groups_of(who.object_id);
  return who;
}

InitialCredentials Entra::initial_credentials() const {
  const auto document = state_->parts.store.get(kState, kInitial);
  if (!document) return {};
  const Json& value = document->value;
  return {string_at(value, "client_id"), string_at(value, "client_secret"), string_at(value, "object_id"),
          string_at(value, "user_name"), string_at(value, "user_object_id")};
}

Status Entra::rotate_signing_keys() {
  return state_->keys->rotate();
}

JsonArray Entra::signing_keys() const {
  return state_->keys->overview();
}

Status Entra::publish_issuer(std::string_view issuer, const Json& jwks) {
  return state_->issuers.publish(issuer, jwks);
}

Status Entra::withdraw_issuer(std::string_view issuer) {
  return state_->issuers.withdraw(issuer);
}

std::optional<Json> Entra::published_keys(std::string_view issuer) const {
  return state_->issuers.published(issuer);
}

std::optional<ServicePrincipal> Entra::find_by_object_id(std::string_view object_id) const {
  const auto found = state_->directory.service_principals.find(object_id);
  return found ? std::optional<ServicePrincipal>(*found) : std::nullopt;
}

std::optional<ServicePrincipal> Entra::find_by_client_id(std::string_view client_id) const {
  const auto found = state_->directory.service_principal(client_id);
  return found ? std::optional<ServicePrincipal>(*found) : std::nullopt;
}

std::string Entra::principal_kind(std::string_view object_id) const {
  if (state_->directory.service_principals.find(object_id)) return "ServicePrincipal";
  if (state_->directory.users.find(object_id)) return "User";
  return state_->directory.groups.find(object_id) ? "Group" : "";
}

std::vector<std::string> Entra::groups_of(std::string_view object_id) const {
  return state_->directory.groups_of(object_id);
}

std::optional<ServicePrincipal> Entra::managed_identity(std::string_view resource_id) const {
  const auto found = state_->directory.managed_identity(resource_id);
  return found ? std::optional<ServicePrincipal>(*found) : std::nullopt;
}

Result<ServicePrincipal> Entra::ensure_managed_identity(std::string_view resource_id, std::string_view display_name) {
  return entra::ensure_managed_identity(state_->context, resource_id, display_name);
}

Status Entra::remove_managed_identity(std::string_view resource_id) {
  return entra::remove_managed_identity(state_->context, resource_id);
}

Status Entra::put_federated_credential(std::string_view identity_resource_id, const FederatedCredential& credential) {
  return put_identity_credential(state_->context, identity_resource_id, credential);
}

Status Entra::remove_federated_credential(std::string_view identity_resource_id, std::string_view name) {
  return remove_identity_credential(state_->context, identity_resource_id, name);
}

std::vector<FederatedCredential> Entra::federated_credentials(std::string_view identity_resource_id) const {
  const auto identity = state_->directory.managed_identity(identity_resource_id);
  if (!identity) return {};
  return *state_->directory.federated_credentials(identity->client_id);
}

std::vector<FederatedCredential> Entra::federated_credentials_of_client(std::string_view client_id) const {
  return *state_->directory.federated_credentials(client_id);
}

}  // namespace lazuli::entra
