#include "entra/graph_credentials.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "crypto/certificates.h"

namespace lazuli::entra {

namespace {

constexpr auto kLifetime = std::chrono::hours(24 * 365 * 2);  // where the caller names no end
constexpr std::size_t kMostCredentials = 100;

Json text_or_null(const Json& object, std::string_view name) {
  const Json* value = find(object, name);
  return value && value->is_string() ? *value : Json(nullptr);
}

JsonObject shown_password(const Json& stored) {
  return {{"customKeyIdentifier", nullptr},
          {"displayName", text_or_null(stored, "displayName")},
          {"endDateTime", text_or_null(stored, "endDateTime")},
          {"hint", text_or_null(stored, "hint")},
          {"keyId", text_or_null(stored, "keyId")},
          {"secretText", nullptr},
          {"startDateTime", text_or_null(stored, "startDateTime")}};
}

JsonObject shown_certificate(const Json& stored) {
  return {{"customKeyIdentifier", text_or_null(stored, "customKeyIdentifier")},
          {"displayName", text_or_null(stored, "displayName")},
          {"endDateTime", text_or_null(stored, "endDateTime")},
          {"key", nullptr},
          {"keyId", text_or_null(stored, "keyId")},
          {"startDateTime", text_or_null(stored, "startDateTime")},
          {"type", "AsymmetricX509Cert"},
          {"usage", "Verify"}};
}

JsonArray& list_at(Json& document, std::string_view name) {
  Json& list = document.as_object()[name];
  if (!list.is_array()) list = JsonArray{};
  return list.get_array();
}

// The body's `key`: base64 of DER (az sends it with its line breaks), or of a PEM text.
std::string certificate_pem(const Json& credential) {
  std::string encoded = string_at(credential, "key");
  std::erase_if(encoded, [](unsigned char c) { return std::isspace(c) != 0; });
  std::string der = base64_decode(encoded).value_or("");
  if (der.find("-----BEGIN CERTIFICATE-----") != std::string::npos) return der;
  const std::string text = base64(der);
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += 64) pem += text.substr(at, 64) + "\n";
  return pem + "-----END CERTIFICATE-----\n";
}

Result<JsonObject> new_certificate(const GraphCall& call, const Json& credential) {
  const std::string pem = certificate_pem(credential);
  const auto key = crypto::PublicKey::from_certificate_pem(pem);
  if (!key || !key->is_rsa()) {
    return graph_error(400, "KeyCredentialsInvalidValue",
                       "Key credential must hold an X.509 certificate with an RSA key.");
  }
  const std::string key_id = string_at(credential, "keyId");
  const std::string thumbprint = to_upper(hex(crypto::sha1(crypto::der_of(pem))));
  return JsonObject{
      {"keyId", key_id.empty() ? call.context.random.uuid() : key_id},
      {"customKeyIdentifier", thumbprint},
      {"displayName", text_or_null(credential, "displayName")},
      {"startDateTime", string_at(credential, "startDateTime").empty() ? graph_time(call.context)
                                                                       : string_at(credential, "startDateTime")},
      {"endDateTime", string_at(credential, "endDateTime").empty() ? iso8601(crypto::not_after(pem), 0)
                                                                   : string_at(credential, "endDateTime")},
      {"pem", pem}};
}

}  // namespace

JsonObject shown(const Json& document) {
  JsonObject out = find(document, "graph")->as_object();
  const auto fill = [&](std::string_view name, std::string_view stored, JsonObject (*show)(const Json&)) {
    const Json* list = find(document, stored);
    if (!out.contains(name) || !list || !list->is_array()) return;
    JsonArray items;
    for (const auto& item : list->get_array()) items.push_back(show(item));
    out[name] = std::move(items);
  };
  fill("passwordCredentials", "secrets", shown_password);
  fill("keyCredentials", "certificates", shown_certificate);
  return out;
}

Result<JsonObject> add_password(const GraphCall& call, Json& document) {
  const Json empty = JsonObject{};
  const Json* given = find(call.body, "passwordCredential");
  const Json& wanted = given && given->is_object() ? *given : empty;
  const TimePoint now = call.context.clock.now();
  const TimePoint from = parse_time(string_at(wanted, "startDateTime"), now);
  const TimePoint until = parse_time(string_at(wanted, "endDateTime"), now + kLifetime);
  if (until <= from) {
    return graph_error(400, "Request_BadRequest",
                       "The password credential's endDateTime must be later than its startDateTime.");
  }
  JsonArray& secrets = list_at(document, "secrets");
  if (secrets.size() >= kMostCredentials) {
    return graph_error(400, "Directory_QuotaExceeded", "The object has too many password credentials; remove some.");
  }
  const std::string secret = new_secret(call.context.random);
  JsonObject stored = stored_secret(secret, call.context.random.bytes(16), from, until);
  stored["keyId"] = call.context.random.uuid();
  stored["displayName"] = text_or_null(wanted, "displayName");
  stored["hint"] = secret.substr(0, 3);
  JsonObject answer = {{"@odata.context", "https://graph.microsoft.com/" + call.version +
                                              "/$metadata#microsoft.graph.passwordCredential"}};
  for (const auto& member : shown_password(stored)) answer[member.key()] = member.value();
  answer["secretText"] = secret;
  secrets.push_back(std::move(stored));
  return answer;
}

Status remove_password(const GraphCall& call, Json& document) {
  const std::string key_id = string_at(call.body, "keyId");
  JsonArray& secrets = list_at(document, "secrets");
  const auto found = std::find_if(secrets.begin(), secrets.end(), [&](const Json& secret) {
    return !key_id.empty() && equals_ignoring_case(string_at(secret, "keyId"), key_id);
  });
  if (found == secrets.end()) {
    return graph_error(400, "Request_BadRequest", "No password credential found with keyId " + key_id + ".");
  }
  secrets.erase(found);
  return {};
}

Status set_certificates(const GraphCall& call, Json& document, const Json& key_credentials) {
  if (!key_credentials.is_array() || key_credentials.get_array().size() > kMostCredentials) {
    return graph_error(400, "KeyCredentialsInvalidValue", "keyCredentials must be a list of at most 100 entries.");
  }
  const JsonArray before = list_at(document, "certificates");
  JsonArray after;
  for (const auto& credential : key_credentials.get_array()) {
    if (!string_at(credential, "key").empty()) {
      auto made = new_certificate(call, credential);
      if (!made) return made.error();
      after.push_back(std::move(*made));
      continue;
    }
    const std::string key_id = string_at(credential, "keyId");
    const auto kept = std::find_if(before.begin(), before.end(),
                                   [&](const Json& stored) { return string_at(stored, "keyId") == key_id; });
    if (kept == before.end()) {
      return graph_error(400, "KeyCredentialsInvalidValue",
                         "The key credential '" + key_id + "' has no key and is not stored.");
    }
    after.push_back(*kept);
  }
  list_at(document, "certificates") = std::move(after);
  return {};
}

}  // namespace lazuli::entra
