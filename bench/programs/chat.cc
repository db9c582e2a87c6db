// The gateway with everything on, as bench/chat, bench/stream and bench/engine measure it: tokens of RS256 that are
// really verified, a role, quota, metering and audit, TLS to the client and to the upstream. Arguments: certificate,
// key, the upstream's base URL or "llama" for the managed engine, number of threads, state directory. Prints its port
// and a token.
#include <cstdlib>

#include "announce.h"
#include "base/files.h"
#include "crypto/jws.h"
#include "net/server.h"
#include "openai/gateway.h"

using namespace lazuli;

namespace {

constexpr std::string_view kAccount =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/bench";

class Verifier final : public access::TokenVerifier {
 public:
  explicit Verifier(crypto::PublicKey key) : key_(std::move(key)) {}
  Result<access::Principal> verify(std::string_view token, const std::vector<std::string>&) const override {
    const auto jws = crypto::parse_jws(token);
    if (!jws || !crypto::verify_jws(*jws, key_)) return Error{"TokenSignature", "The signature is wrong.", 401};
    access::Principal principal;
    principal.object_id = string_or(jws->payload.if_contains("oid"));
    principal.claims = jws->payload;
    return principal;
  }

 private:
  crypto::PublicKey key_;
};

openai::EngineRule engine_rule(std::string_view upstream, const char* trust) {
  if (upstream == "llama") return {"*", "llama"};
  return {"*", "url", JsonObject{{"url", upstream}, {"served_model", "bench"}, {"trust", trust}}};
}

class OneRole final : public access::Authorizer {
 public:
  access::Decision check(const access::Principal& who, std::string_view, std::string_view,
                         access::Plane) const override {
    return {who.object_id == "bench", "Cognitive Services OpenAI User", std::string(kAccount)};
  }
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return 2;
  const auto certificate = read_file(arguments[1]);
  const auto key = read_file(arguments[2]);
  if (!certificate || !key) return 2;
  SystemClock clock;
  SystemRandom random;
  Log log{2, Level::warning};
  const auto signing_key = crypto::PrivateKey::generate_rsa();
  const Verifier verifier(signing_key.public_key());
  const OneRole role;
  openai::Gateway gateway(openai::Gateway::Parts{
      clock, random, log, verifier, role, {engine_rule(arguments[3], arguments[1])}, arguments[5], {}, nullptr});
  openai::Account account;
  account.resource_id = kAccount;
  account.subdomain = "bench";
  account.location = "eastus";
  account.kind = "OpenAI";
  gateway.put(account);
  openai::Deployment deployment;
  deployment.resource_id = std::string(kAccount) + "/deployments/bench";
  deployment.account_id = kAccount;
  deployment.name = "bench";
  deployment.model_name = "gpt-4o";
  deployment.model_version = "2024-08-06";
  deployment.model_format = "OpenAI";
  deployment.capacity = 100'000'000;
  gateway.put(deployment);
  net::Router router;
  router.otherwise([&](net::Exchange& exchange) { return gateway.serve(exchange); });
  net::Server server(router, log, static_cast<unsigned>(std::atoi(arguments[4])));
  const std::string token = crypto::sign_jws(
      JsonObject{{"typ", "JWT"}},
      JsonObject{
          {"oid", "bench"}, {"aud", "https://cognitiveservices.azure.com"}, {"exp", unix_seconds(clock.now()) + 86400}},
      signing_key);
  return bench::serve_until_ended(server, {*certificate, *key}, token);
}
