#include "crypto/passwords.h"

#include <argon2.h>

#include <cassert>

namespace lazuli::crypto {

namespace {

// OWASP's least for Argon2id: 19 MiB, two passes, one lane; about 30 ms.
constexpr std::uint32_t kMemory = 19 * 1024;  // KiB
constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kLanes = 1;
constexpr std::uint32_t kBytes = 32;

}  // namespace

std::string hash_password(std::string_view password, std::string_view salt) {
  const auto salt_size = static_cast<std::uint32_t>(salt.size());
  std::string out(argon2_encodedlen(kPasses, kMemory, kLanes, salt_size, kBytes, Argon2_id), '\0');
  [[maybe_unused]] const int made =
      argon2id_hash_encoded(kPasses, kMemory, kLanes, password.data() ? password.data() : "", password.size(),
                            salt.data(), salt.size(), kBytes, out.data(), out.size());
  assert(made == ARGON2_OK);
  out.resize(out.find('\0'));  // the length counts the end of the text
  return out;
}

bool password_matches(const std::string& hashed, std::string_view password) {
  return !hashed.empty() &&
         argon2id_verify(hashed.c_str(), password.data() ? password.data() : "", password.size()) == ARGON2_OK;
}

}  // namespace lazuli::crypto
