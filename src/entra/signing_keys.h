// The keys that sign Entra's tokens. They rotate by themselves (a new one every 30 days, or as lazuli.yaml says) and by
// command; a new key is published a while before it signs, so that whoever caches the key set has it by then, and an
// old one stays published until the last token that it signed has expired. Kept in the store ("entra.keys"). The key in
// use is parsed once and stays warm. Thread-safe; changes are made by whichever caller finds them due.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "crypto/keys.h"
#include "store/store.h"

namespace lazuli::entra {

struct SigningKey {
  std::string id;              // `kid` and `x5t`: the certificate's SHA-1 thumbprint, as Azure names its keys
  std::string encoded_header;  // of the tokens it signs: {"typ","alg","x5t","kid"}, base64url
  crypto::PrivateKey key;
  crypto::PublicKey public_key;
  std::string certificate;  // base64 DER, for `x5c`
  TimePoint active_from;
};

class SigningKeys {
 public:
  static constexpr Seconds kPublishedBefore = std::chrono::hours(24);  // on schedule: clients cache key sets for a day
  static constexpr auto kPublishedBeforeCommand = std::chrono::minutes(5);
  static constexpr auto kLongestToken = std::chrono::hours(25);

  // Reads the keys; makes the first one if there is none.
  static Result<std::unique_ptr<SigningKeys>> open(store::Store& store, const Clock& clock, Log& log,
                                                   Seconds period = std::chrono::hours(24 * 30));

  std::shared_ptr<const SigningKey> signer();
  bool due() const { return unix_seconds(clock_.now()) >= due_; }  // the next signer() makes a change, and takes long
  std::shared_ptr<const SigningKey> find(std::string_view id) const;
  // Public keys, as the entries of a JWKS: {"kty","use","kid","x5t","n","e","x5c"}.
  JsonArray published();
  JsonArray overview() const;  // {"kid", "activeFrom", "signs"}, oldest first
  // Publishes a new key that takes over soon (kPublishedBeforeCommand).
  Status rotate();

 private:
  using Key = std::shared_ptr<const SigningKey>;
  SigningKeys(store::Store& store, const Clock& clock, Log& log, Seconds period)
      : store_(store), clock_(clock), log_(log), period_(period), ahead_(std::min(kPublishedBefore, period / 2)) {}

  Status add(TimePoint active_from);  // with changing_ held
  void maintain(TimePoint now);
  void choose(TimePoint now);  // with changing_ held: what signs, and when something is due next
  std::vector<Key> keys() const;

  store::Store& store_;
  const Clock& clock_;
  Log& log_;
  Seconds period_, ahead_;           // between new keys; from a key's publication until it signs
  std::mutex changing_;              // one change at a time
  mutable std::shared_mutex mutex_;  // of the members below
  std::vector<Key> keys_;            // by active_from
  Key signer_;
  std::atomic<std::int64_t> due_{0};  // unix seconds at which maintain() has something to do
};

}  // namespace lazuli::entra
