// Passwords that people choose, kept as scrypt hashes (RFC 7914): slow and memory-hard on purpose. Blocking, some tens
// of milliseconds; thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace lazuli::crypto {

std::string hash_password(std::string_view password, std::string_view salt);  // "scrypt$<salt>$<hash>", base64url
bool password_matches(std::string_view hashed, std::string_view password);    // false for an empty hash

}  // namespace lazuli::crypto
