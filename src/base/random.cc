#include "base/random.h"

#include <sys/random.h>

#include <cstdlib>

#include "base/text.h"

namespace lazuli {

std::string Random::bytes(std::size_t count) {
  std::string out(count, '\0');
  fill(out);
  return out;
}

std::string Random::uuid() {
  std::string raw = bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  const std::string digits = hex(raw);
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
         "-" + digits.substr(20);
}

std::string Random::text(std::size_t length, std::string_view alphabet) {
  std::string out;
  const unsigned limit = 256 - 256 % static_cast<unsigned>(alphabet.size());
  while (out.size() < length) {
    for (const char c : bytes(length)) {
      const unsigned value = static_cast<unsigned char>(c);
      if (value < limit && out.size() < length) out += alphabet[value % alphabet.size()];
    }
  }
  return out;
}

void SystemRandom::fill(std::span<char> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = getrandom(bytes.data() + done, bytes.size() - done, 0);
    if (got < 0) std::abort();  // only EFAULT and EINVAL remain: a programming error
    done += static_cast<std::size_t>(got);
  }
}

}  // namespace lazuli
