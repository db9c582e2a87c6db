#include "entra/client_authentication.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/jws.h"
#include "entra/assertion.h"
#include "entra/certificate_assertion.h"
#include "entra/federated_assertion.h"
#include "entra/sts_error.h"

namespace lazuli::entra {

namespace {

constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

struct MicrosoftClient {
  std::string_view id, name;
  bool portal = false;
};

// Public clients that every tenant knows; their ids are published.
constexpr MicrosoftClient kMicrosoftClients[] = {
    {"04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI"},
    {"1950a258-227b-4e31-a9cf-717495945fc2", "Microsoft Azure PowerShell"},
    {"aebc6443-996d-45c2-90f0-388ff96faa56", "Visual Studio Code"},
    {"872cd9fa-d31f-45e0-9eab-6e460a02d1f1", "Visual Studio"},
    {"80faf920-1908-4b52-b5ef-a8e7bedfc67a", "Azure Kubernetes Service AAD Client"},
    {"c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal", true},
};

struct Presented {
  std::string id, secret;
};

// RFC 6749, section 2.3.1: in the body, or as HTTP Basic with both parts form-encoded.
Presented presented(const TokenRequest& request) {
  constexpr std::string_view kBasic = "Basic ";
  const std::string_view authorization = request.http.headers.get("Authorization");
  if (starts_with_ignoring_case(authorization, kBasic)) {
    const auto text = base64_decode(trim(authorization.substr(kBasic.size())));
    const auto colon = text ? text->find(':') : std::string::npos;
    if (colon != std::string::npos) {
      return {percent_decode(text->substr(0, colon), true), percent_decode(text->substr(colon + 1), true)};
    }
  }
  return {request.form.get("client_id"), request.form.get("client_secret")};
}

// The application's and the service principal's own together.
ClientCredentials credentials_of(const Client& client) {
  ClientCredentials out;
  if (client.application) out = client.application->credentials;
  if (client.principal) {
    const auto& own = client.principal->credentials;
    out.secrets.insert(out.secrets.end(), own.secrets.begin(), own.secrets.end());
    out.certificates.insert(out.certificates.end(), own.certificates.begin(), own.certificates.end());
  }
  return out;
}

Status check_secret(const Context& context, const Client& client, std::string_view secret) {
  const TimePoint now = context.clock.now();
  bool expired = false;
  for (const auto& stored : credentials_of(client).secrets) {
    if (!secret_matches(stored, secret)) continue;
    if (stored.until > now && stored.from <= now) return {};
    expired = true;
  }
  if (expired) {
    return sts_error(7000222, "The provided client secret keys for app '" + client.id +
                                  "' are expired. Make a new one: az ad app credential reset --id " + client.id + ".");
  }
  return sts_error(7000215,
                   "Invalid client secret provided. Ensure the secret being sent in the request is the client "
                   "secret value, not the client secret ID, for a secret added to app '" +
                       client.id + "'.");
}

Status check_assertion(Context& context, const Client& client, const TokenRequest& request) {
  if (request.form.get("client_assertion_type") != kJwtBearer) {
    return sts_error(900144, "The request body must contain the parameter 'client_assertion_type' with the value '" +
                                 std::string(kJwtBearer) + "'.");
  }
  const std::string compact = request.form.get("client_assertion");
  if (client.application) {
    const auto own = crypto::parse_jws(compact, kAssertionLimit);
    if (own && is_self_issued(read_assertion(*own), client.id)) {
      return check_certificate_assertion(context, client.id, credentials_of(client).certificates, *own);
    }
  }
  return check_federated_assertion(context, *client.principal, compact, request.proxy);
}

Status check_usable(const Context& context, const Client& client) {
  if (!client.principal) {
    return sts_error(7000229, "The client application '" + client.id +
                                  "' is missing its service principal in the tenant '" + context.tenant_id +
                                  "'. Make it: az ad sp create --id " + client.id + ".");
  }
  if (!client.principal->enabled)
    return sts_error(7000112, "Application '" + client.id + "'(" + client.name + ") is disabled.");
  return {};
}

}  // namespace

Result<Client> find_client(const Context& context, std::string_view client_id) {
  Client client;
  client.application = context.directory.application(client_id);
  client.principal = context.directory.service_principal(client_id);
  if (client.principal || client.application) {
    client.id = client.principal ? client.principal->client_id : client.application->client_id;
    client.name = client.principal ? client.principal->display_name : client.application->display_name;
    return client;
  }
  for (const auto& known : kMicrosoftClients) {
    if (!equals_ignoring_case(known.id, client_id)) continue;
    client.id = known.id;
    client.name = known.name;
    client.microsoft = true;
    client.portal = known.portal;
    return client;
  }
  return sts_error(700016, "Application with identifier '" + std::string(client_id.substr(0, 100)) +
                               "' was not found in the directory '" + context.tenant_domain +
                               "'. Was it deleted and made again, or is it the object id or resource id of an identity "
                               "instead of its client id?");
}

Result<Client> authenticate_client(Context& context, const TokenRequest& request, bool proof_required) {
  const Presented given = presented(request);
  if (given.id.empty()) return request.form.require("client_id").error();
  auto client = find_client(context, given.id);
  if (!client) return client;
  const bool has_assertion = request.form.has("client_assertion");
  if (!has_assertion && given.secret.empty()) {
    const bool keeps_secrets =
        client->application && !client->application->public_client &&
        (!client->application->credentials.secrets.empty() || !client->application->credentials.certificates.empty());
    if (proof_required || keeps_secrets) {
      return sts_error(7000218,
                       "The request body must contain the following parameter: 'client_assertion' or "
                       "'client_secret'.");
    }
    return client;
  }
  if (client->microsoft) return sts_error(70002, "The client '" + client->id + "' is public and has no credentials.");
  if (Status usable = check_usable(context, *client); !usable) return usable.error();
  Status proven =
      has_assertion ? check_assertion(context, *client, request) : check_secret(context, *client, given.secret);
  if (!proven) return proven.error();
  client->proof = has_assertion ? ClientProof::assertion : ClientProof::secret;
  return client;
}

Result<Client> client_with_secret(const Context& context, std::string_view client_id, std::string_view secret) {
  auto client = find_client(context, client_id);
  if (!client) return client;
  if (Status usable = check_usable(context, *client); !usable) return usable.error();
  if (Status proven = check_secret(context, *client, secret); !proven) return proven.error();
  client->proof = ClientProof::secret;
  return client;
}

bool may_redirect(const Context& context, const Client& client, std::string_view redirect_uri) {
  if (client.portal) return redirect_uri == context.sign_in_origin + "/";
  const auto wanted = net::parse_url(redirect_uri);
  if (!wanted || redirect_uri.find('#') != std::string_view::npos) return false;
  const auto loopback = [](const net::Url& url) {
    return url.scheme == "http" && (url.host == "localhost" || url.host == "127.0.0.1" || url.host == "::1");
  };
  if (client.microsoft) {
    return loopback(*wanted) || redirect_uri == "https://login.microsoftonline.com/common/oauth2/nativeclient";
  }
  if (!client.application) return false;
  return std::ranges::any_of(client.application->redirect_uris, [&](const std::string& registered) {
    if (registered == redirect_uri) return true;
    const auto url = net::parse_url(registered);
    return url && loopback(*url) && loopback(*wanted) && url->host == wanted->host && url->target == wanted->target;
  });
}

}  // namespace lazuli::entra
