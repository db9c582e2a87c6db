#include "entra/federated_assertion.h"

#include <algorithm>

#include "base/text.h"
#include "entra/resources.h"
#include "entra/sts_error.h"

namespace lazuli::entra {

namespace {

constexpr std::int64_t kSkew = 60;                                // seconds by which an issuer's clock may be ahead
constexpr std::int64_t kLongest = std::int64_t{24} * 3600 + 300;  // of an assertion's life
constexpr std::size_t kShown = 300;                               // bytes of a claim in an error's text

const std::string kSeeDocumentation = " https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

std::string claim(const crypto::Jws& jws, std::string_view name) {
  return string_or(jws.payload.if_contains(name));
}

// Quoted, bounded and without control characters: the values come from whoever sent the assertion.
std::string shown(std::string text) {
  if (text.size() > kShown) text = text.substr(0, kShown) + "…";
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return "'" + text + "'";
}

// RFC 7519 allows `aud` to be a list; Kubernetes always sends one. More than one entry is a token for several services,
// and any of them could replay it here, so only a list of one counts.
std::string single_audience(const crypto::Jws& jws) {
  const Json* audience = jws.payload.if_contains("aud");
  if (audience && audience->is_array() && audience->get_array().size() == 1)
    return string_or(&audience->get_array()[0]);
  return string_or(audience);
}

// NumericDate (RFC 7519, section 2) may have a fraction. What lies beyond any calendar reads as "not there".
std::optional<std::int64_t> time_claim(const crypto::Jws& jws, std::string_view name) {
  constexpr double kEnd = 9e9;  // the year 2255; TimePoint ends in 2262
  const Json* value = jws.payload.if_contains(name);
  if (!value || !value->is_number()) return std::nullopt;
  const double seconds = value->to_number<double>();
  return seconds >= 0 && seconds < kEnd ? std::optional(static_cast<std::int64_t>(seconds)) : std::nullopt;
}

struct Presented {
  std::string issuer, subject, audience;
};

Error no_match(int number, const std::string& what, const std::string& value, const std::string& hint) {
  return sts_error(number, "No matching federated identity record found for presented assertion " + what + " " +
                               shown(value) + ". " + hint +
                               "Check your federated identity credential Subject, Audience and Issuer against the "
                               "presented assertion." +
                               kSeeDocumentation);
}

// The credential that comes nearest decides what is said to be wrong.
Error explain(const std::vector<FederatedCredential>& credentials, const std::string& issuer,
              const std::string& subject, const std::string& audience) {
  const auto any = [&](auto test) { return std::ranges::any_of(credentials, test); };
  const auto same_issuer = [&](const FederatedCredential& c) { return c.issuer == issuer; };
  if (any([&](const auto& c) { return same_issuer(c) && c.subject == subject; })) {
    return no_match(700212, "audience", audience, "");
  }
  if (any([&](const auto& c) { return same_issuer(c) && equals_ignoring_case(c.subject, subject); })) {
    return no_match(7002138, "subject", subject,
                    "The subject matches with case-insensitive comparison, but not with case-sensitive comparison. ");
  }
  if (any(same_issuer)) return no_match(700213, "subject", subject, "");
  const auto without_slash = [](std::string_view text) { return text.substr(0, text.find_last_not_of('/') + 1); };
  const bool nearly =
      any([&](const auto& c) { return equals_ignoring_case(without_slash(c.issuer), without_slash(issuer)); });
  return no_match(700211, "issuer", issuer, nearly ? "It differs only in letter case or in the closing slash. " : "");
}

// Entra's own tokens serve as assertions within their tenant (a managed identity that acts for an application).
Result<crypto::PublicKey> signing_key(Context& context, const std::string& issuer, const std::string& key_id) {
  if (issuer == context.tokens.issuer_v1() || issuer == context.tokens.issuer_v2()) {
    const auto key = context.keys.find(key_id);
    if (!key) return sts_error(700027, "The assertion was not signed with a key of this tenant.");
    return key->public_key;
  }
  if (starts_with_ignoring_case(issuer, "https://login.microsoftonline.com/") ||
      starts_with_ignoring_case(issuer, "https://sts.windows.net/")) {
    return sts_error(700222,
                     "Tokens that Entra issued in another tenant may not be used for federated identity flows.");
  }
  return context.issuers.key(issuer, key_id);
}

// Those that the token service has taken in: all of them, unless a rule delays new ones.
Directory::Credentials visible_credentials(Context& context, const fault::Target& target, std::uint64_t& hiding) {
  auto all = context.directory.federated_credentials(target.client_id);
  const auto rule = context.faults ? context.faults->find(fault::Kind::credential_delay, target) : std::nullopt;
  if (!rule) return all;
  auto seen = std::make_shared<std::vector<FederatedCredential>>();
  const TimePoint settled = context.clock.now() - rule->delay;
  std::ranges::copy_if(*all, std::back_inserter(*seen),
                       [&](const FederatedCredential& one) { return one.changed <= settled; });
  if (seen->size() < all->size()) hiding = rule->id;
  return seen;
}

// What a rule does to the issuer's keys.
Status struck_issuer(Context& context, const fault::Target& target, const std::string& key_id) {
  if (!context.faults) return {};
  const std::string issuer(target.resource);
  Error refusal;
  auto rule = context.faults->strike(fault::Kind::issuer_unreachable, target);
  if (rule) {
    refusal = sts_error(
        50166, "The request to the external OIDC endpoint of issuer '" + issuer + "' failed: it cannot be reached.");
  } else if ((rule = context.faults->strike(fault::Kind::key_rollover, target))) {
    refusal = sts_error(700027, "The assertion's signature cannot be checked: issuer '" + issuer +
                                    "' publishes no key with the id '" + key_id.substr(0, kShown) + "'.");
  } else {
    return {};
  }
  refusal.details = JsonObject{{"fault", rule->id}};
  return refusal;
}

Status check_now(Context& context, const ServicePrincipalRecord& client, const crypto::Jws& assertion,
                 const Presented& presented) {
  const auto& [issuer, subject, audience] = presented;
  const fault::Target target{"token", client.client_id, client.object_id, issuer};
  std::uint64_t hiding = 0;
  const auto credentials = visible_credentials(context, target, hiding);
  const auto matches = [&](const FederatedCredential& c) {
    return c.issuer == issuer && c.subject == subject && std::ranges::find(c.audiences, audience) != c.audiences.end();
  };
  // The match comes first: keys are only ever fetched from issuers that a credential names.
  if (std::ranges::none_of(*credentials, matches)) {
    Error refusal = credentials->empty()
                        ? sts_error(70025, "The client '" + client.client_id + "'(" + client.display_name +
                                               ") has no configured federated identity credentials.")
                        : explain(*credentials, issuer, subject, audience);
    if (hiding != 0) {
      context.faults->count(hiding);
      refusal.details = JsonObject{{"fault", hiding}};
    }
    return refusal;
  }
  if (assertion.algorithm() != "RS256") {
    return sts_error(50027, "The assertion's algorithm must be RS256, not " + shown(assertion.algorithm()) + ".");
  }
  if (Status times = check_assertion_times(assertion, context.clock.now()); !times) return times;
  if (Status fault = struck_issuer(context, target, assertion.key_id()); !fault) return fault;
  const auto key = signing_key(context, issuer, assertion.key_id());
  if (!key) return key.error();
  if (!context.signed_assertions.verify(assertion, *key)) {
    return sts_error(700027, "The assertion's signature is not right: it was not made with the issuer's key '" +
                                 assertion.key_id().substr(0, kShown) + "'.");
  }
  return {};
}

}  // namespace

bool is_self_issued(const crypto::Jws& assertion, std::string_view client_id) {
  return equals_ignoring_case(claim(assertion, "iss"), client_id) &&
         equals_ignoring_case(claim(assertion, "sub"), client_id);
}

Status check_assertion_times(const crypto::Jws& assertion, TimePoint now) {
  const std::int64_t present = unix_seconds(now);
  const auto expires = time_claim(assertion, "exp");
  const auto not_before = time_claim(assertion, "nbf");
  if (!expires || (assertion.payload.contains("nbf") && !not_before)) {
    return sts_error(50027, "The assertion is malformed: 'exp' must be there, and 'exp' and 'nbf' must be times.");
  }
  const bool late = *expires <= present;
  if (late || (not_before && *not_before > present + kSkew)) {
    return sts_error(700024, "Client assertion is not within its valid time range. Current time: " + iso8601(now) +
                                 ", " +
                                 (late ? "expiry time of assertion " + iso8601(from_unix(*expires))
                                       : "start time of assertion " + iso8601(from_unix(*not_before))) +
                                 ". Read the token file again before each request.");
  }
  const std::int64_t from = not_before.value_or(time_claim(assertion, "iat").value_or(present));
  if (*expires - std::min(from, present) > kLongest) {
    return sts_error(70023, "The assertion's lifetime must not be longer than a day. It expires at " +
                                iso8601(from_unix(*expires)) + ".");
  }
  return {};
}

Status check_federated_assertion(Context& context, const ServicePrincipalRecord& client, const crypto::Jws& assertion) {
  const Presented presented{claim(assertion, "iss"), claim(assertion, "sub"),
                            credential_audience(single_audience(assertion))};
  if (presented.issuer.empty() || presented.subject.empty()) {
    return sts_error(50027, "The assertion is malformed: it must have an issuer and a subject.");
  }
  if (!context.faults) return check_now(context, client, assertion, presented);
  const std::string key = "token " + client.client_id + " " + presented.issuer + " " + presented.subject;
  if (auto failed = context.faults->recall(key)) return *std::move(failed);
  Status checked = check_now(context, client, assertion, presented);
  if (checked.ok()) return checked;
  const fault::Target target{"token", client.client_id, client.object_id, presented.issuer};
  if (const auto rule = context.faults->strike(fault::Kind::negative_cache, target)) {
    Error kept = checked.error();
    kept.details = JsonObject{{"fault", rule->id}};
    context.faults->remember(*rule, key, std::move(kept));
  }
  return checked;
}

}  // namespace lazuli::entra
