// The token service as bench/token measures it (logging on), and the measure that it is held against.
//
//   token_bench serve CERTIFICATE KEY CREDENTIALS BODIES   a directory with so many federated credentials, twenty for
//       each identity, behind TLS and on one thread, as the program serves it. Writes the forms of a thousand pods into
//       the file BODIES, a line each, with assertions that a cluster's issuer signed; prints its port.
//   token_bench sign SECONDS   how fast one thread signs with an RSA key of 2048 bits, by OpenSSL alone: signatures a
//       second, and microseconds of processor for each.
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "announce.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/jws.h"
#include "entra/directory.h"
#include "entra/entra.h"
#include "entra/objects.h"
#include "net/server.h"

using namespace lazuli;

namespace {

constexpr std::size_t kEach = 20;  // credentials of an identity, Azure's limit
constexpr std::size_t kPods = 1000;
const std::string kTenant = "11111111-2222-3333-4444-555555555555";
const std::string kIssuer = "https://eastus.oic.prod-aks.azure.com/" + kTenant + "/abc/";
const std::string kExchange = "api://AzureADTokenExchange";

double processor_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

int sign(double seconds) {
  using Watch = std::chrono::steady_clock;
  const auto key = crypto::PrivateKey::generate_rsa();
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key.handle(), nullptr);
  const unsigned char digest[32] = {};
  unsigned char signature[256];
  if (EVP_PKEY_sign_init(context) != 1 || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) != 1) {
    return 1;
  }
  const auto begin = Watch::now();
  const double before = processor_seconds();
  double elapsed = 0;
  int count = 0;
  for (; elapsed < seconds; ++count) {
    std::size_t size = sizeof signature;
    if (EVP_PKEY_sign(context, signature, &size, digest, sizeof digest) != 1) return 1;
    elapsed = std::chrono::duration<double>(Watch::now() - begin).count();
  }
  EVP_PKEY_CTX_free(context);
  std::printf("%.0f %.1f\n", count / elapsed, (processor_seconds() - before) * 1e6 / count);
  return 0;
}

std::string subject(std::size_t number) {
  return "system:serviceaccount:namespace-" + std::to_string(number / kEach) + ":app-" + std::to_string(number % kEach);
}

// As Entra itself stores them, but in one transaction. Returns the identities' client ids.
std::vector<std::string> fill(store::Store& store, const Clock& clock, Random& random, std::size_t credentials) {
  std::vector<std::string> clients;
  const Status filled = store.transact([&](store::Transaction& transaction) -> Status {
    clients.clear();
    for (std::size_t i = 0; i < credentials; ++i) {
      if (i % kEach == 0) {
        const std::string name = "identity-" + std::to_string(clients.size());
        const std::string resource =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name;
        const entra::NewObject object{random.uuid(),           random.uuid(), name,
                                      iso8601(clock.now(), 0), kTenant,       "lazuli.onmicrosoft.com"};
        clients.push_back(object.client_id);
        transaction.put(entra::kServicePrincipals, object.object_id,
                        JsonObject{{"graph", entra::new_service_principal(object, true)}, {"resourceId", resource}});
      }
      const std::string name = "credential-" + std::to_string(i);
      transaction.put(entra::kFederated, entra::federated_key(clients.back(), name),
                      JsonObject{{"name", name},
                                 {"issuer", kIssuer},
                                 {"subject", subject(i)},
                                 {"audiences", JsonArray{Json(std::string_view(kExchange))}},
                                 {"changed", unix_seconds(clock.now())}});
    }
    return {};
  });
  if (!filled) std::abort();
  return clients;
}

// A pod's request, with the claims that a projected token of Kubernetes has.
std::string body(const std::string& client_id, std::size_t number, const crypto::PrivateKey& key, const Clock& clock) {
  const std::int64_t now = unix_seconds(clock.now());
  const std::string name = "app-" + std::to_string(number % kEach);
  const JsonObject kubernetes = {
      {"namespace", "namespace-" + std::to_string(number / kEach)},
      {"node", JsonObject{{"name", "node-1"}, {"uid", "0f0f8d0c-6a53-4a0c-9a52-6d8f8c0f4b5e"}}},
      {"pod", JsonObject{{"name", name + "-7d9c5b8f6-x2x4q"}, {"uid", "5a8f0a64-31b2-4f3f-9c0a-0d2f7f0f9e11"}}},
      {"serviceaccount", JsonObject{{"name", name}, {"uid", "c1a4a0e2-7a55-4d0b-8f7e-2b1d6a0c9f33"}}}};
  const std::string assertion = crypto::sign_jws(JsonObject{{"kid", "k1"}},
                                                 JsonObject{{"aud", JsonArray{Json(std::string_view(kExchange))}},
                                                            {"exp", now + 3600},
                                                            {"iat", now},
                                                            {"iss", kIssuer},
                                                            {"jti", "0b7c1c3e-90f1-4b1e-8a4b-6f1f2f3f4f5f"},
                                                            {"kubernetes.io", kubernetes},
                                                            {"nbf", now},
                                                            {"sub", subject(number)}},
                                                 key);
  return "grant_type=client_credentials&client_id=" + client_id +
         "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=" +
         assertion + "&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default";
}

int serve(const char* certificate_file, const char* key_file, std::size_t credentials, const char* bodies_file) {
  const auto certificate = read_file(certificate_file);
  const auto tls_key = read_file(key_file);
  if (!certificate || !tls_key) return 2;
  SystemClock clock;
  SystemRandom random;
  Log log{2};
  net::Client external;
  access::RefusedCalls refused;
  fault::Rules faults{clock, random};
  const auto store = store::Store::in_memory();
  const auto clients = fill(*store, clock, random, credentials);
  const auto opened = entra::Entra::open(
      {*store, clock, random, log, external, kTenant, "lazuli.onmicrosoft.com", "", &refused, &faults});
  if (!opened) return 1;
  entra::Entra& entra = **opened;
  const auto issuer_key = crypto::PrivateKey::generate_rsa();
  JsonObject jwk = issuer_key.public_key().jwk();
  jwk["kid"] = "k1";
  if (!entra.publish_issuer(kIssuer, JsonObject{{"keys", JsonArray{jwk}}})) return 1;
  std::string bodies;
  std::mt19937_64 chosen(1);
  for (std::size_t pod = 0; pod < kPods; ++pod) {
    const std::size_t number = chosen() % credentials;
    bodies += body(clients[number / kEach], number, issuer_key, clock) + "\n";
  }
  if (!write_file(bodies_file, bodies)) return 1;
  WorkerPool pool("requests", 1);
  net::Router router;
  router.otherwise(net::on_pool_if([&](const net::Request& request) { return entra.login_blocks(request); }, pool,
                                   [&](const net::Request& request) { return entra.login(request); }));
  net::Server server(router, log, 1);
  return bench::serve_until_ended(server, {*certificate, *tls_key});
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view what = count > 1 ? arguments[1] : "";
  if (what == "sign" && count == 3) return sign(std::atof(arguments[2]));
  if (what == "serve" && count == 6) {
    return serve(arguments[2], arguments[3], std::strtoul(arguments[4], nullptr, 10), arguments[5]);
  }
  return 2;
}
