// Passwords that people choose, kept as Argon2id hashes (RFC 9106): slow and memory-hard on purpose. Blocking, some
// tens of milliseconds; thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace lazuli::crypto {

// salt: 8 bytes or more. "$argon2id$v=19$m=…,t=…,p=…$salt$hash", the form that libargon2 and others read.
std::string hash_password(std::string_view password, std::string_view salt);
bool password_matches(const std::string& hashed, std::string_view password);  // false for an empty hash

}  // namespace lazuli::crypto
