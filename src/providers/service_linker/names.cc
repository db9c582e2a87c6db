#include "providers/service_linker/names.h"

#include <cctype>

#include "base/text.h"
#include "crypto/keys.h"

namespace lazuli::providers::service_linker {

namespace {

// Federated credentials' names have at most 120 characters.
constexpr std::size_t kReadablePart = 80;

std::string short_hash(std::string_view text) {
  return hex(crypto::sha256(to_lower(text))).substr(0, 8);
}

}  // namespace

std::string secret_name(std::string_view connection) {
  std::string plain;
  for (const char c : connection) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) plain += c;
  }
  return "sc-" + to_lower(plain) + "-secret";
}

std::string service_account_name(std::string_view client_id) {
  return "sc-account-" + to_lower(client_id);
}

std::string service_account_subject(std::string_view name_space, std::string_view account) {
  return "system:serviceaccount:" + std::string(name_space) + ":" + std::string(account);
}

std::string federated_credential_name(const arm::ResourceId& cluster, std::string_view name_space) {
  std::string readable = "sc-" + cluster.name() + "-" + std::string(name_space);
  if (readable.size() > kReadablePart) readable.resize(kReadablePart);
  return readable + "-" + short_hash(cluster.key() + "|" + std::string(name_space));
}

std::string role_assignment_name(std::string_view scope, std::string_view principal_id, std::string_view role) {
  const std::string whole = std::string(scope) + "|" + std::string(principal_id) + "|" + std::string(role);
  std::string digits = hex(crypto::sha256(to_lower(whole))).substr(0, 32);
  digits[12] = '8';  // RFC 9562: version 8, a hash of one's own
  digits[16] = '8';
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
         "-" + digits.substr(20);
}

std::string operation_suffix(const arm::ResourceId& linker) {
  return "*" + to_upper(hex(crypto::sha256(linker.key())));
}

}  // namespace lazuli::providers::service_linker
