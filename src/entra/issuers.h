// The keys of those who issue assertions. Three kinds of issuers: ours (a managed identity's token as an assertion),
// the ones whose keys lazuli holds itself (its clusters; published, "entra.issuers" in the store), and all others,
// whose discovery document and key set are fetched over HTTPS: bounded in size, time and frequency, kept for a day,
// fetched again when a token names a `kid` that is not among them (key roll-over), and kept in use while the issuer
// cannot be reached. An assertion's own words (jku, x5u, jwk) never decide where keys come from. Thread-safe; may
// block.
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "crypto/keys.h"
#include "entra/signing_keys.h"
#include "entra/string_map.h"
#include "net/client.h"
#include "store/store.h"

namespace lazuli::entra {

class Issuers {
 public:
  static constexpr auto kFresh = std::chrono::hours(24);
  static constexpr auto kBetweenFetches = std::chrono::seconds(30);  // of one issuer, whatever comes in
  static constexpr std::size_t kDocumentLimit = std::size_t{256} << 10;
  static constexpr std::size_t kMostKeys = 100;

  Issuers(store::Store& store, net::Client& client, const Clock& clock);

  Status publish(std::string_view issuer, const Json& jwks);
  Status withdraw(std::string_view issuer);
  std::optional<Json> published(std::string_view issuer) const;

  // Whether key() would answer from memory, without asking anybody.
  bool at_hand(const std::string& issuer, const std::string& key_id);
  // The key with this id. Errors 700027 (no such key) and 50166 (the issuer's documents cannot be had, and why).
  Result<crypto::PublicKey> key(const std::string& issuer, const std::string& key_id);

 private:
  using Keys = StringMap<crypto::PublicKey>;
  struct Published {
    Json jwks;
    Keys keys;
  };
  struct External {
    std::mutex fetching;  // one fetch at a time; the others wait for its result
    Keys keys;
    TimePoint fetched = TimePoint::min(), tried = TimePoint::min();
    std::string failure;
  };

  void apply(const store::Change& change);
  static Keys read_keys(const Json& jwks);
  std::shared_ptr<External> external(const std::string& issuer);
  Result<Keys> fetch(const std::string& issuer);
  Result<Json> fetch_document(const std::string& url);

  store::Store& store_;
  net::Client& client_;
  const Clock& clock_;
  mutable std::shared_mutex mutex_;  // of the maps
  StringMap<std::shared_ptr<const Published>> published_;
  StringMap<std::shared_ptr<External>> external_;
  std::shared_ptr<void> watch_;
};

}  // namespace lazuli::entra
