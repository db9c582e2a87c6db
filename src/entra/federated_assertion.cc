#include "entra/federated_assertion.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "crypto/jws.h"
#include "entra/assertion.h"
#include "entra/resources.h"
#include "entra/sts_error.h"

namespace lazuli::entra {

namespace {

constexpr std::size_t kShown = 300;  // bytes of a claim in an error's text

const std::string kSeeDocumentation = " https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

// Quoted, bounded and without control characters: the values come from whoever sent the assertion.
std::string shown(std::string text) {
  if (text.size() > kShown) text = text.substr(0, kShown) + "…";
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return "'" + text + "'";
}

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

// An assertion that was presented: its text, what it says, and who was found to have signed it.
struct Presented {
  const std::string& compact;
  std::optional<crypto::Jws> jws;  // where it had to be read
  SignedAssertions::Pointer known;
  Assertion read;

  const Assertion& says() const { return known ? known->assertion : read; }
};

bool is_signed_by(Context& context, Presented& presented, const crypto::PublicKey& key) {
  if (presented.known && presented.known->signer.handle() == key.handle()) return true;
  if (!presented.jws) {  // known, but the issuer's key is another now
    auto jws = crypto::parse_jws(presented.compact, kAssertionLimit);
    if (!jws) return false;
    presented.jws = std::move(*jws);
  }
  if (!crypto::verify_jws(*presented.jws, key)) return false;
  context.signed_assertions.put(presented.compact, {presented.says(), key});
  return true;
}

// Whether the cluster lets this service account be the client (asked last, of authentic assertions alone).
Status check_binding(const TokenProxy& proxy, const ServicePrincipalRecord& client, const std::string& subject) {
  Status allowed = proxy.check(client.client_id, subject);
  if (allowed.ok()) return allowed;
  return sts_error(allowed.error().status == 503 ? 90033 : 700213, allowed.error().message);
}

Status check_now(Context& context, const ServicePrincipalRecord& client, Presented& presented,
                 const TokenProxy* proxy) {
  const Assertion& assertion = presented.says();
  const auto &issuer = assertion.issuer, &subject = assertion.subject, &audience = assertion.audience;
  const fault::Target target{"token", client.client_id, client.object_id, issuer};
  std::uint64_t hiding = 0;
  const auto credentials = visible_credentials(context, target, hiding);
  const auto matches = [&](const FederatedCredential& c) {
    return c.issuer == issuer && c.subject == subject && std::ranges::find(c.audiences, audience) != c.audiences.end();
  };
  // The match comes first: keys are only ever fetched from issuers that a credential names, or a cluster's own.
  const bool matched = std::ranges::any_of(*credentials, matches);
  const bool bound =
      !matched && proxy && issuer == proxy->issuer && audience == kTokenExchange && proxy->is_bound(client.client_id);
  if (!matched && !bound) {
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
  if (assertion.algorithm != "RS256") {
    return sts_error(50027, "The assertion's algorithm must be RS256, not " + shown(assertion.algorithm) + ".");
  }
  if (Status times = check_assertion_times(assertion, context.clock.now()); !times) return times;
  if (Status fault = struck_issuer(context, target, assertion.key_id); !fault) return fault;
  const auto key = signing_key(context, issuer, assertion.key_id);
  if (!key) return key.error();
  if (!is_signed_by(context, presented, *key)) {
    return sts_error(700027, "The assertion's signature is not right: it was not made with the issuer's key '" +
                                 assertion.key_id.substr(0, kShown) + "'.");
  }
  return bound ? check_binding(*proxy, client, subject) : Status();
}

}  // namespace

Status check_federated_assertion(Context& context, const ServicePrincipalRecord& client, const std::string& compact,
                                 const TokenProxy* proxy) {
  Presented presented{compact, {}, context.signed_assertions.find(compact), {}};
  if (!presented.known) {
    auto jws = crypto::parse_jws(compact, kAssertionLimit);
    if (!jws) return sts_error(50027, "The client assertion is malformed. " + jws.error().message);
    presented.read = read_assertion(*jws);
    presented.jws = std::move(*jws);
  }
  const Assertion& assertion = presented.says();
  if (assertion.issuer.empty() || assertion.subject.empty()) {
    return sts_error(50027, "The assertion is malformed: it must have an issuer and a subject.");
  }
  if (!context.faults) return check_now(context, client, presented, proxy);
  const std::string key = "token " + client.client_id + " " + assertion.issuer + " " + assertion.subject;
  if (auto failed = context.faults->recall(key)) return *std::move(failed);
  Status checked = check_now(context, client, presented, proxy);
  if (checked.ok()) return checked;
  const fault::Target target{"token", client.client_id, client.object_id, assertion.issuer};
  if (const auto rule = context.faults->strike(fault::Kind::negative_cache, target)) {
    Error kept = checked.error();
    kept.details = JsonObject{{"fault", rule->id}};
    context.faults->remember(*rule, key, std::move(kept));
  }
  return checked;
}

}  // namespace lazuli::entra
