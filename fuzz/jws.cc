// The reader of signed tokens and the verifier of lazuli's own. An input is a token in compact form, or the three lines
// of World::token().
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "crypto/jws.h"
#include "rule.h"
#include "world.h"

namespace lazuli::fuzz {
namespace {

constexpr std::size_t kLimit = std::size_t{64} << 10;

bool alike(const Json& one, const Json& other);

bool alike(const JsonArray& one, const JsonArray& other) {
  return std::ranges::equal(one, other, [](const Json& a, const Json& b) { return alike(a, b); });
}

bool alike(const JsonObject& one, const JsonObject& other) {
  return std::ranges::equal(
      one, other, [](const auto& a, const auto& b) { return a.key() == b.key() && alike(a.value(), b.value()); });
}

// Equal, but for the last digits of a fraction: Boost.JSON reads one to within two units in the last place.
bool alike(const Json& one, const Json& other) {
  if (one.is_object() && other.is_object()) return alike(one.get_object(), other.get_object());
  if (one.is_array() && other.is_array()) return alike(one.get_array(), other.get_array());
  if (!one.is_double() || !other.is_double()) return one == other;
  const double a = one.get_double(), b = other.get_double();
  return std::abs(a - b) <= 4 * std::numeric_limits<double>::epsilon() * std::abs(a);
}

// What is read is what was written, byte for byte, and reads the same when it is written again.
void check_reading(World& world, const std::string& compact, const crypto::Jws& jws) {
  rule(compact.size() <= kLimit, "a token has its limit");
  rule(jws.signed_part + "." + base64url(jws.signature) == compact, "a token has one form only", compact);
  const auto dot = jws.signed_part.find('.');
  const std::pair<std::string_view, const JsonObject*> parts[] = {
      {std::string_view(jws.signed_part).substr(0, dot), &jws.header},
      {std::string_view(jws.signed_part).substr(dot + 1), &jws.payload}};
  for (const auto& [encoded, object] : parts) {
    const auto again = parse_json(base64url_decode(encoded).value());
    rule(again.ok() && *again == *object, "a part reads as the JSON it is", to_text(*object));
  }
  const auto resigned =
      crypto::parse_jws(world.token(to_text(jws.header) + "\n" + to_text(jws.payload) + "\nanything"), 2 * kLimit);
  rule(resigned.ok(), "what was read can be written and read again", compact);
  rule(alike(resigned->header, jws.header) && alike(resigned->payload, jws.payload),
       "what was read, written and read again is the same", to_text(jws.payload));
}

// A signature of RSASSA-PKCS1-v1_5 is a function of key and message: there is exactly one that is right.
void check_signature(World& world, const crypto::Jws& jws) {
  int signers = 0;
  for (const char* name : {"issuer", "entra", "certificate", "stranger"}) {
    if (!crypto::verify_jws(jws, world.public_key(name))) continue;
    ++signers;
    rule(jws.algorithm() == "RS256", "no algorithm but RS256 counts", to_text(jws.header));
    rule(world.signature(name, jws.signed_part) == jws.signature, "a signature is the one that the key makes");
  }
  rule(signers <= 1, "a token has one signer");
}

// A token of ours opens a door only with our signature, tenant and time.
void check_door(World& world, const std::string& compact) {
  static const std::vector<std::string> audiences = {"https://management.azure.com"};
  const auto principal = world.entra->verifier().verify(compact, audiences);
  if (!principal) return;
  const auto jws = crypto::parse_jws(compact);
  rule(jws.ok() && crypto::verify_jws(*jws, world.public_key("entra")), "a door opens for our signature only", compact);
  const Json claims = jws->payload;
  const std::string issuer = string_at(claims, "iss");
  rule(issuer == "https://sts.windows.net/" + kTenant + "/" ||
           issuer == "https://login.microsoftonline.com/" + kTenant + "/v2.0",
       "... and our issuer", to_text(claims));
  rule(without_trailing_slashes(string_at(claims, "aud")) == audiences[0], "... and its audience", to_text(claims));
  rule(string_at(claims, "tid") == kTenant && string_at(claims, "oid") == principal->object_id &&
           find(claims, "exp")->as_int64() > kNow && find(claims, "nbf")->as_int64() <= kNow + 300,
       "... within its time, for the one it names", to_text(claims));
}

}  // namespace
}  // namespace lazuli::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace lazuli::fuzz;
  static World world;
  const std::string compact = world.token(world.expand({reinterpret_cast<const char*>(data), size}));
  if (const auto jws = lazuli::crypto::parse_jws(compact, kLimit)) {
    check_reading(world, compact, *jws);
    check_signature(world, *jws);
  }
  check_door(world, compact);
  return 0;
}
