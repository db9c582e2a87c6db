#include "base/random.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace lazuli {

namespace {

// Small amounts are cut from a larger one that each thread holds: every answer has identifiers, and a system call for
// each of them would show. What has been given out is wiped. Children of lazuli's start other programs, so that no two
// processes draw from the same reserve.
class Reserve {
 public:
  static constexpr std::size_t kSmall = 64;

  void take(std::span<char> into) {
    if (into.size() > left_) refill();
    char* from = bytes_.data() + bytes_.size() - left_;
    std::memcpy(into.data(), from, into.size());
    std::memset(from, 0, into.size());
    left_ -= into.size();
  }

  static void draw(std::span<char> into) {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = getrandom(into.data() + done, into.size() - done, 0);
      if (got < 0) std::abort();  // only EFAULT and EINVAL remain: a programming error
      done += static_cast<std::size_t>(got);
    }
  }

 private:
  void refill() {
    draw(bytes_);
    left_ = bytes_.size();
  }

  std::array<char, 1024> bytes_{};
  std::size_t left_ = 0;
};

}  // namespace

std::string Random::bytes(std::size_t count) {
  std::string out(count, '\0');
  fill(out);
  return out;
}

std::string Random::uuid() {
  std::array<char, 16> raw{};
  fill(raw);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(36, '-');
  std::size_t at = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    out[at++] = kDigits[static_cast<unsigned char>(raw[i]) >> 4];
    out[at++] = kDigits[static_cast<unsigned char>(raw[i]) & 15];
  }
  return out;
}

std::string Random::text(std::size_t length, std::string_view alphabet) {
  std::string out(length, '\0');
  std::size_t size = 0;
  std::array<char, Reserve::kSmall> raw{};
  // Of each byte the bits that may name a character: without a division, and each character as likely as any other.
  const unsigned mask = std::bit_ceil(static_cast<unsigned>(alphabet.size())) - 1;
  while (size < length) {
    const std::span<char> some(raw.data(), std::min(raw.size(), length - size));
    fill(some);
    for (const char c : some) {
      const unsigned value = static_cast<unsigned char>(c) & mask;
      if (value < alphabet.size()) out[size++] = alphabet[value];
    }
  }
  return out;
}

void SystemRandom::fill(std::span<char> bytes) {
  thread_local Reserve reserve;
  if (bytes.size() <= Reserve::kSmall) {
    reserve.take(bytes);
  } else {
    Reserve::draw(bytes);
  }
}

}  // namespace lazuli
