#include "entra/signing_keys.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/certificates.h"

namespace lazuli::entra {

namespace {

constexpr std::string_view kCollection = "entra.keys";
constexpr auto kCertificateLifetime = std::chrono::hours(24 * 365 * 5);
constexpr auto kRetry = std::chrono::minutes(1);

Result<std::shared_ptr<const SigningKey>> read_key(const Json& document) {
  auto key = crypto::PrivateKey::from_pem(string_at(document, "key"));
  const std::string der = crypto::der_of(string_at(document, "certificate"));
  if (!key || der.empty()) return Error{"StoreError", "A signing key in the state directory cannot be read.", 500};
  const std::string id = base64url(crypto::sha1(der));
  const JsonObject header = {{"typ", "JWT"}, {"alg", "RS256"}, {"x5t", id}, {"kid", id}};
  return std::make_shared<const SigningKey>(SigningKey{id, base64url(to_text(header)), *key, key->public_key(),
                                                       base64(der),
                                                       from_unix(integer(find(document, "active_from")).value_or(0))});
}

}  // namespace

Result<std::unique_ptr<SigningKeys>> SigningKeys::open(store::Store& store, const Clock& clock, Log& log,
                                                       Seconds period) {
  std::unique_ptr<SigningKeys> out(new SigningKeys(store, clock, log, period));
  const std::lock_guard changing(out->changing_);
  for (const auto& document : store.list(kCollection)) {
    auto key = read_key(document.value);
    if (!key) return std::move(key).error();
    out->keys_.push_back(std::move(*key));
  }
  std::ranges::sort(out->keys_, {}, [](const Key& key) { return key->active_from; });
  const TimePoint now = clock.now();
  if (out->keys_.empty()) {
    if (const Status added = out->add(now); !added) return added.error();
  }
  out->choose(now);
  return out;
}

Status SigningKeys::add(TimePoint active_from) {
  const TimePoint now = clock_.now();
  const crypto::PrivateKey key = crypto::PrivateKey::generate_rsa();
  const JsonObject document = {
      {"key", key.pem()},
      {"certificate", crypto::self_signed("accounts.accesscontrol.windows.net", key, now, kCertificateLifetime)},
      {"active_from", unix_seconds(active_from)}};
  auto read = read_key(document);
  if (!read) return std::move(read).error();
  if (Status stored = store_.put(kCollection, (*read)->id, document); !stored) return stored;
  log_.info("entra", "signing key published", {{"kid", (*read)->id}, {"active_from", iso8601(active_from, 0)}});
  const std::unique_lock lock(mutex_);
  keys_.push_back(std::move(*read));
  std::ranges::sort(keys_, {}, [](const Key& k) { return k->active_from; });
  return {};
}

void SigningKeys::choose(TimePoint now) {
  const std::unique_lock lock(mutex_);
  // A token may be verified until kLongestToken after its key was superseded.
  while (keys_.size() > 1 && keys_[1]->active_from + kLongestToken <= now) {
    (void)store_.erase(kCollection, keys_.front()->id);  // if this fails, the next start drops it
    keys_.erase(keys_.begin());
  }
  signer_ = keys_.front();
  TimePoint due = keys_.back()->active_from + period_ - ahead_;
  for (std::size_t i = 1; i < keys_.size(); ++i) {
    const TimePoint takes_over = keys_[i]->active_from;
    if (takes_over <= now) signer_ = keys_[i];
    due = std::min(due, takes_over > now ? takes_over : takes_over + kLongestToken);
  }
  due_ = unix_seconds(due);
}

void SigningKeys::maintain(TimePoint now) {
  if (unix_seconds(now) < due_) return;
  const std::lock_guard changing(changing_);
  if (unix_seconds(now) < due_) return;
  const TimePoint newest = keys().back()->active_from;
  if (newest + period_ - ahead_ <= now) {
    // After a long pause the time that was planned may have passed; the new key is published ahead all the same.
    if (const Status added = add(std::max(newest + period_, now + ahead_)); !added) {
      log_.error("entra", "no new signing key", {{"reason", added.error().message}});
      due_ = unix_seconds(now + kRetry);  // the present key goes on signing
      return;
    }
  }
  choose(now);
}

std::shared_ptr<const SigningKey> SigningKeys::signer() {
  maintain(clock_.now());
  const std::shared_lock lock(mutex_);
  return signer_;
}

std::shared_ptr<const SigningKey> SigningKeys::find(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = std::ranges::find(keys_, id, [](const Key& key) -> std::string_view { return key->id; });
  return found == keys_.end() ? nullptr : *found;
}

std::vector<SigningKeys::Key> SigningKeys::keys() const {
  const std::shared_lock lock(mutex_);
  return keys_;
}

JsonArray SigningKeys::published() {
  maintain(clock_.now());
  JsonArray out;
  for (const auto& key : keys()) {
    const JsonObject numbers = key->public_key.jwk();
    out.push_back(JsonObject{{"kty", "RSA"},
                             {"use", "sig"},
                             {"kid", key->id},
                             {"x5t", key->id},
                             {"n", numbers.at("n")},
                             {"e", numbers.at("e")},
                             {"x5c", JsonArray{Json(boost::json::string(key->certificate))}}});
  }
  return out;
}

JsonArray SigningKeys::overview() const {
  const std::shared_lock lock(mutex_);
  JsonArray out;
  for (const auto& key : keys_) {
    out.push_back(
        JsonObject{{"kid", key->id}, {"activeFrom", iso8601(key->active_from, 0)}, {"signs", key->id == signer_->id}});
  }
  return out;
}

Status SigningKeys::rotate() {
  const std::lock_guard changing(changing_);
  const TimePoint now = clock_.now();
  if (Status added = add(now + kPublishedBeforeCommand); !added) return added;
  choose(now);
  return {};
}

}  // namespace lazuli::entra
