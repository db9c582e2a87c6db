#include "crypto/passwords.h"

#include <openssl/evp.h>

#include <cassert>

#include "base/text.h"
#include "crypto/keys.h"

namespace lazuli::crypto {

namespace {

constexpr std::uint64_t kCost = 1 << 14;  // with r = 8: 16 MiB, about 30 ms
constexpr std::uint64_t kBlock = 8;
constexpr std::uint64_t kParallel = 1;
constexpr std::uint64_t kMemory = std::uint64_t{32} << 20;
constexpr std::size_t kBytes = 32;

}  // namespace

std::string hash_password(std::string_view password, std::string_view salt) {
  std::string out(kBytes, '\0');
  [[maybe_unused]] const int made = EVP_PBE_scrypt(
      password.data() ? password.data() : "", password.size(), reinterpret_cast<const unsigned char*>(salt.data()),
      salt.size(), kCost, kBlock, kParallel, kMemory, reinterpret_cast<unsigned char*>(out.data()), out.size());
  assert(made == 1);
  return "scrypt$" + base64url(salt) + "$" + base64url(out);
}

bool password_matches(std::string_view hashed, std::string_view password) {
  const auto parts = split(hashed, '$');
  if (parts.size() != 3 || parts[0] != "scrypt") return false;
  const auto salt = base64url_decode(parts[1]);
  return salt && equal_in_constant_time(hash_password(password, *salt), hashed);
}

}  // namespace lazuli::crypto
