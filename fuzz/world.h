// A small directory in memory for the targets of the token service: two managed identities with federated credentials,
// an application with a secret and a certificate, and a user. Its clock stands still and its random numbers repeat, so
// that an input does the same whenever it runs. Inputs are texts that name what they cannot know or compute in braces
// ("{identity}", "{secret}"): a fuzzer will not guess a signature, but it can ask for one over what it made up.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/refused_calls.h"
#include "crypto/keys.h"
#include "entra/entra.h"

namespace lazuli::fuzz {

inline const std::string kTenant = "11111111-2222-3333-4444-555555555555";
inline const std::string kIssuer = "https://eastus.oic.prod-aks.azure.com/" + kTenant + "/abc/";
inline const std::string kSubject = "system:serviceaccount:default:app";
inline const std::string kExchange = "api://AzureADTokenExchange";
inline const std::string kCli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
inline const std::string kVerifier = "the-verifier-of-the-one-who-asked-for-the-code";
inline const std::string kRedirect = "http://localhost:43210";
inline constexpr std::int64_t kNow = 1'790'000'000;

class RepeatingRandom final : public Random {
 public:
  void fill(std::span<char> bytes) override {
    for (char& byte : bytes) byte = static_cast<char>(generator_());
  }

 private:
  std::mt19937 generator_{1};
};

class World {
 public:
  // An assertion that proves a client: whose, by which issuer and subject, signed with which key.
  struct Trust {
    std::string client_id, object_id, issuer, subject, audience;
    const crypto::PublicKey* key;
  };

  World();

  // Puts in what the names in braces stand for; "{code}" is a fresh authorization code of the user's for the Azure CLI.
  std::string expand(std::string text);
  // A signed token of three lines: header, payload, signer ("issuer", "entra", "certificate", "stranger"; "hs256": the
  // issuer's public key as a password; anything else is the signature itself).
  std::string token(std::string_view lines);
  std::string signature(std::string_view signer, const std::string& message);
  const crypto::PublicKey& public_key(std::string_view signer) const {
    return keys_.find(std::string(signer))->second.open;
  }

  ManualClock clock{from_unix(kNow)};
  RepeatingRandom random;
  Log log{-1};
  access::RefusedCalls refused;
  fault::Rules faults{clock, random};
  std::unique_ptr<store::Store> store = store::Store::in_memory();
  net::Client external{{.proxy = "http://127.0.0.1:1"}};  // nobody answers there
  std::unique_ptr<entra::Entra> entra;
  entra::ServicePrincipal identity, other, application;
  entra::InitialCredentials initial;
  std::string key_id;       // of the key that signs lazuli's tokens
  std::string certificate;  // the application's: its thumbprint
  std::string refresh_token;
  std::string code;  // the last that expand() asked for
  std::vector<Trust> trusts;

 private:
  struct Key {
    crypto::PrivateKey secret;
    crypto::PublicKey open;
  };

  void make_keys();
  void open_directory();
  void add_credentials();
  void sign_in();
  std::string fresh_code();

  std::unordered_map<std::string, Key> keys_;
  std::unordered_map<std::string, std::string> signatures_;  // by signer and message: making one is the slow part
};

}  // namespace lazuli::fuzz
