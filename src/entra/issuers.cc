#include "entra/issuers.h"

#include "base/text.h"
#include "entra/sts_error.h"

namespace lazuli::entra {

namespace {

constexpr std::string_view kCollection = "entra.issuers";
constexpr auto kConnectTimeout = std::chrono::seconds(3);
constexpr auto kTimeout = std::chrono::seconds(5);

Error unreachable(const std::string& issuer, const std::string& why) {
  return sts_error(50166, "The request to the external OIDC endpoint of issuer '" + issuer + "' failed: " + why);
}

Error no_such_key(const std::string& issuer, const std::string& key_id) {
  return sts_error(700027, "The assertion's signature cannot be checked: issuer '" + issuer +
                               "' publishes no key with the id '" + key_id + "'.");
}

}  // namespace

Issuers::Issuers(store::Store& store, net::Client& client, const Clock& clock)
    : store_(store), client_(client), clock_(clock) {
  for (const auto& document : store.list(kCollection)) {
    apply({std::string(kCollection), document.key, std::make_shared<const Json>(document.value)});
  }
  watch_ = store.watch(std::string(kCollection), [this](const store::Change& change) { apply(change); });
}

void Issuers::apply(const store::Change& change) {
  std::shared_ptr<const Published> entry;
  if (change.value) entry = std::make_shared<const Published>(Published{*change.value, read_keys(*change.value)});
  const std::unique_lock lock(mutex_);
  if (entry) {
    published_.insert_or_assign(change.key, std::move(entry));
  } else {
    published_.erase(change.key);
  }
}

Issuers::Keys Issuers::read_keys(const Json& jwks) {
  Keys out;
  const Json* keys = find(jwks, "keys");
  if (!keys || !keys->is_array()) return out;
  for (const auto& jwk : keys->get_array()) {
    if (out.size() >= kMostKeys) break;
    const std::string use = string_at(jwk, "use");
    if (!use.empty() && use != "sig") continue;
    auto key = crypto::PublicKey::from_jwk(jwk);  // keys of other kinds are none of ours
    if (key) out.insert_or_assign(string_at(jwk, "kid"), std::move(*key));
  }
  return out;
}

Status Issuers::publish(std::string_view issuer, const Json& jwks) {
  if (read_keys(jwks).empty()) return Error{"InvalidKeySet", "The key set holds no RSA key.", 400};
  return store_.put(kCollection, issuer, jwks);
}

Status Issuers::withdraw(std::string_view issuer) {
  return store_.erase(kCollection, issuer);
}

std::optional<Json> Issuers::published(std::string_view issuer) const {
  const std::shared_lock lock(mutex_);
  const auto found = published_.find(issuer);
  return found == published_.end() ? std::nullopt : std::optional(found->second->jwks);
}

Result<crypto::PublicKey> Issuers::key(const std::string& issuer, const std::string& key_id) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = published_.find(issuer); found != published_.end()) {
      const auto key = found->second->keys.find(key_id);
      if (key == found->second->keys.end()) return no_such_key(issuer, key_id);
      return key->second;
    }
  }
  const auto entry = external(issuer);
  const std::lock_guard fetching(entry->fetching);
  const TimePoint now = clock_.now();
  const bool known = entry->keys.contains(key_id);
  const bool fresh = entry->fetched != TimePoint::min() && now - entry->fetched < kFresh;
  const bool may_fetch = entry->tried == TimePoint::min() || now - entry->tried >= kBetweenFetches;
  if ((!known || !fresh) && may_fetch) {
    entry->tried = now;
    auto keys = fetch(issuer);
    entry->failure = keys ? "" : keys.error().message;
    if (keys) {
      entry->keys = std::move(*keys);
      entry->fetched = now;
    }
  }
  const auto key = entry->keys.find(key_id);
  if (key != entry->keys.end()) return key->second;
  if (!entry->failure.empty()) return unreachable(issuer, entry->failure);
  return no_such_key(issuer, key_id);
}

bool Issuers::at_hand(const std::string& issuer, const std::string& key_id) {
  std::shared_ptr<External> entry;
  {
    const std::shared_lock lock(mutex_);
    if (published_.contains(issuer)) return true;
    const auto found = external_.find(issuer);
    if (found == external_.end()) return false;
    entry = found->second;
  }
  const std::unique_lock fetching(entry->fetching, std::try_to_lock);
  return fetching && entry->keys.contains(key_id) && clock_.now() - entry->fetched < kFresh;
}

std::shared_ptr<Issuers::External> Issuers::external(const std::string& issuer) {
  const std::unique_lock lock(mutex_);
  auto& entry = external_[issuer];
  if (!entry) entry = std::make_shared<External>();
  return entry;
}

Result<Issuers::Keys> Issuers::fetch(const std::string& issuer) {
  const std::string base(without_trailing_slashes(issuer));
  auto discovery = fetch_document(base + "/.well-known/openid-configuration");
  if (!discovery) return std::move(discovery).error();
  if (string_at(*discovery, "issuer") != issuer) {
    return Error{"IssuerMismatch", "its discovery document names another issuer, '" +
                                       string_at(*discovery, "issuer").substr(0, 200) + "'."};
  }
  auto jwks = fetch_document(string_at(*discovery, "jwks_uri"));
  if (!jwks) return std::move(jwks).error();
  Keys keys = read_keys(*jwks);
  if (keys.empty()) return Error{"NoKeys", "its key set holds no usable RSA key."};
  return keys;
}

Result<Json> Issuers::fetch_document(const std::string& url) {
  const auto parsed = net::parse_url(url);
  if (!parsed || !parsed->tls()) return Error{"InvalidUrl", "'" + url.substr(0, 200) + "' is not an https address."};
  net::ClientRequest request;
  request.url = url;
  request.headers.set("Accept", "application/json");
  request.connect_timeout = kConnectTimeout;
  request.timeout = kTimeout;
  request.limit = kDocumentLimit;
  auto response = client_.fetch(std::move(request));
  if (!response) return Error{response.error().code, url + ": " + response.error().message};
  if (response->status != 200) {
    return Error{"BadStatus", url + " answered " + std::to_string(response->status) + "."};
  }
  auto json = parse_json(response->body, {.depth = 16});
  if (!json || !json->is_object()) return Error{"BadDocument", url + " is not a JSON object."};
  return json;
}

}  // namespace lazuli::entra
