#include "crypto/jws.h"

#include <boost/json/basic_parser_impl.hpp>
#include <unordered_set>

#include "base/text.h"

namespace lazuli::crypto {

namespace {

constexpr std::size_t kDepth = 16;  // tokens nest two or three levels

Error malformed(std::string reason) {
  return Error{"MalformedToken", std::move(reason), 400};
}

// Sees a JSON text go by and stops at an object that names a member twice: two readers of such a token could each see
// another value of the claim. Boost.JSON's own parser would keep the last one without a word.
class DuplicateFinder {
 public:
  static constexpr std::size_t max_object_size = -1;
  static constexpr std::size_t max_array_size = -1;
  static constexpr std::size_t max_key_size = -1;
  static constexpr std::size_t max_string_size = -1;
  using Failure = boost::system::error_code;

  bool on_document_begin(Failure&) { return true; }
  bool on_document_end(Failure&) { return true; }
  bool on_object_begin(Failure&) {
    open_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, Failure&) {
    open_.pop_back();
    return true;
  }
  bool on_array_begin(Failure&) { return true; }
  bool on_array_end(std::size_t, Failure&) { return true; }
  bool on_key_part(boost::json::string_view part, std::size_t, Failure&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(boost::json::string_view part, std::size_t, Failure& failure) {
    key_.append(part.data(), part.size());
    found = !open_.back().insert(std::move(key_)).second;
    key_.clear();
    if (found) failure = boost::json::error::syntax;
    return !found;
  }
  bool on_string_part(boost::json::string_view, std::size_t, Failure&) { return true; }
  bool on_string(boost::json::string_view, std::size_t, Failure&) { return true; }
  bool on_number_part(boost::json::string_view, Failure&) { return true; }
  bool on_int64(std::int64_t, boost::json::string_view, Failure&) { return true; }
  bool on_uint64(std::uint64_t, boost::json::string_view, Failure&) { return true; }
  bool on_double(double, boost::json::string_view, Failure&) { return true; }
  bool on_bool(bool, Failure&) { return true; }
  bool on_null(Failure&) { return true; }
  bool on_comment_part(boost::json::string_view, Failure&) { return true; }
  bool on_comment(boost::json::string_view, Failure&) { return true; }

  bool found = false;

 private:
  std::vector<std::unordered_set<std::string>> open_;
  std::string key_;
};

bool has_duplicates(std::string_view text) {
  boost::json::basic_parser<DuplicateFinder> parser(boost::json::parse_options{});
  boost::system::error_code failure;
  parser.write_some(false, text.data(), text.size(), failure);
  return parser.handler().found;
}

Result<JsonObject> read_object(std::string_view encoded, const std::string& what) {
  const auto text = base64url_decode(encoded);
  if (!text) return malformed("The token's " + what + " is not base64url.");
  auto json = parse_json(*text, {.depth = kDepth});
  if (!json) return malformed("The token's " + what + " is not JSON, or nested too deeply.");
  if (!json->is_object()) return malformed("The token's " + what + " is not a JSON object.");
  if (has_duplicates(*text)) return malformed("The token's " + what + " names a member twice.");
  return std::move(json->get_object());
}

}  // namespace

std::string Jws::algorithm() const {
  return string_or(header.if_contains("alg"));
}

std::string Jws::key_id() const {
  return string_or(header.if_contains("kid"));
}

std::string Jws::shown_claim(std::string_view name) const {
  const Json* value = payload.if_contains(name);
  if (!value || !value->is_array()) return string_or(value);
  std::string all;
  for (const auto& one : value->get_array()) all += (all.empty() ? "" : ", ") + string_or(&one);
  return all;
}

Result<Jws> parse_jws(std::string_view compact, std::size_t limit) {
  if (compact.size() > limit) return malformed("The token is larger than " + std::to_string(limit) + " bytes.");
  const auto first = compact.find('.');
  const auto second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos) {
    return malformed("The token does not have the three parts of a signed token.");
  }
  auto header = read_object(compact.substr(0, first), "header");
  if (!header) return std::move(header).error();
  if (header->contains("crit")) return malformed("The token's header has critical extensions, which are not known.");
  auto payload = read_object(compact.substr(first + 1, second - first - 1), "payload");
  if (!payload) return std::move(payload).error();
  auto signature = base64url_decode(compact.substr(second + 1));
  if (!signature) return malformed("The token's signature is not base64url.");
  if (signature->empty()) return malformed("The token is not signed.");
  return Jws{std::move(*header), std::move(*payload), std::string(compact.substr(0, second)), std::move(*signature)};
}

bool verify_jws(const Jws& jws, const PublicKey& key) {
  return jws.algorithm() == "RS256" && key.verify_rs256(jws.signed_part, jws.signature);
}

std::string sign_jws(JsonObject header, const JsonObject& payload, const PrivateKey& key) {
  header["alg"] = "RS256";
  std::string token = base64url(to_text(header)) + "." + base64url(to_text(payload));
  token += "." + base64url(key.sign_rs256(token));
  return token;
}

}  // namespace lazuli::crypto
