// Microsoft Entra as the rest of lazuli uses it: the HTTP doors of the token service and of Microsoft Graph, the
// verifier of its tokens, and the service principals and federated credentials that ARM's identities stand for. State
// lives in the store ("entra.*" collections); everything is read from memory on the hot path. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "access/refused_calls.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "fault/rules.h"
#include "net/client.h"
#include "net/http.h"
#include "store/store.h"

namespace lazuli::entra {

struct ServicePrincipal {
  std::string object_id;  // `oid`, what role assignments name
  std::string client_id;  // `appid`
  std::string display_name;
  access::PrincipalType type = access::PrincipalType::service_principal;
  std::string resource_id;  // of a managed identity: the ARM id (claim xms_mirid); else empty
};

struct FederatedCredential {
  std::string name;
  std::string issuer;
  std::string subject;
  std::vector<std::string> audiences;
  TimePoint changed = TimePoint::min();  // when it was made or last changed
};

// A machine as instance metadata knows it.
struct MetadataNode {
  std::vector<std::string> identities;  // object ids of the managed identities that it has been assigned
  Json instance;                        // what it says of itself: {"compute": {…}}
};

// What a cluster's token proxy knows of those who come through it: its service accounts can be the identities that the
// cluster's identity bindings name, without a federated credential of their own.
struct TokenProxy {
  std::string issuer;                                          // of the tokens of the cluster's service accounts
  std::function<bool(const std::string& client_id)> is_bound;  // by one of the cluster's bindings
  // Whether "system:serviceaccount:NAMESPACE:NAME" may be that client. May block. Errors: a sentence; 503 where the
  // cluster could not be asked.
  std::function<Status(const std::string& client_id, const std::string& subject)> check;
};

// What a new state directory starts with: a service principal and a person, both administrators of the directory and
// meant to be Owners of the subscription. Other secrets are kept as hashes; this one can be read again, so that
// `lazuli credentials` can print it at any time: it stands in the state file, which has mode 0600.
struct InitialCredentials {
  std::string client_id, client_secret, object_id;
  std::string user_name, user_object_id;  // signs in at the loopback page; has no password
};

class Entra {
 public:
  struct Parts {
    store::Store& store;
    const Clock& clock;
    Random& random;
    Log& log;
    net::Client& external;  // for issuers that are not ours
    std::string tenant_id;
    std::string tenant_domain;   // "lazuli.onmicrosoft.com"
    std::string sign_in_origin;  // "http://127.0.0.1:PORT": where sign-in pages live; empty: nobody signs in by browser
    access::RefusedCalls* refused = nullptr;           // where token requests that fail are noted, for the doctor
    fault::Rules* faults = nullptr;                    // what is to go wrong on request
    Seconds key_period = std::chrono::hours(24 * 30);  // between new signing keys
  };
  // Reads the state; at the very first start makes the signing keys, the initial service principal and a user.
  static Result<std::unique_ptr<Entra>> open(Parts parts);
  ~Entra();

  // Doors. Blocking: to be put on a pool.
  net::Response login(const net::Request& request);                                    // login.microsoftonline.com
  net::Response login_by_proxy(const net::Request& request, const TokenProxy& proxy);  // the same, by way of a cluster
  // False: login() answers this request from memory, in about the time of one signature, and needs no pool.
  bool login_blocks(const net::Request& request);
  net::Response graph(const net::Request& request);    // graph.microsoft.com
  net::Response sign_in(const net::Request& request);  // pages below sign_in_origin: /authorize, /devicecode
  // Instance metadata (169.254.169.254) of the node whose door the request came through.
  net::Response metadata(const net::Request& request, const MetadataNode& node);

  // The same by IDENTITY_ENDPOINT: for the identity whose header (below) the request carries.
  net::Response identity_endpoint(const net::Request& request);
  std::string identity_header(std::string_view identity_object_id) const;

  const access::TokenVerifier& verifier() const;
  // The service principal that has this client id and secret (access::SecretCheck).
  Result<access::Principal> with_secret(std::string_view client_id, std::string_view secret) const;
  InitialCredentials initial_credentials() const;

  // A managed identity's service principal, by the ARM id of the resource that has it. ensure() is idempotent.
  Result<ServicePrincipal> ensure_managed_identity(std::string_view resource_id, std::string_view display_name);
  Status remove_managed_identity(std::string_view resource_id);
  std::optional<ServicePrincipal> managed_identity(std::string_view resource_id) const;
  std::optional<ServicePrincipal> find_by_object_id(std::string_view object_id) const;
  std::optional<ServicePrincipal> find_by_client_id(std::string_view client_id) const;
  // What an object id stands for, in the words of role assignments: "User", "Group", "ServicePrincipal"; empty:
  // nothing.
  std::string principal_kind(std::string_view object_id) const;
  std::vector<std::string> groups_of(std::string_view object_id) const;  // directly or through another group

  // Federated credentials of a managed identity, by name. Issuer, subject and audience match exactly, with case.
  Status put_federated_credential(std::string_view identity_resource_id, const FederatedCredential& credential);
  Status remove_federated_credential(std::string_view identity_resource_id, std::string_view name);
  std::vector<FederatedCredential> federated_credentials(std::string_view identity_resource_id) const;
  // Of a managed identity or an application, by its client id.
  std::vector<FederatedCredential> federated_credentials_of_client(std::string_view client_id) const;

  // Publishes a new signing key that takes over in a few minutes; the old one stays until its last token has expired.
  Status rotate_signing_keys();
  // Every key that is published: {"kid", "activeFrom", "signs"}, oldest first.
  JsonArray signing_keys() const;

  // Issuers whose keys lazuli itself holds (its clusters): jwks as {"keys":[…]}. Others are fetched over HTTPS.
  Status publish_issuer(std::string_view issuer, const Json& jwks);
  Status withdraw_issuer(std::string_view issuer);
  std::optional<Json> published_keys(std::string_view issuer) const;

 private:
  struct State;
  explicit Entra(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lazuli::entra
