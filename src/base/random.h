// Randomness, handed in so that a test can own it. The system source is the kernel's (getrandom); thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lazuli {

inline constexpr std::string_view kLettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<char> bytes) = 0;

  std::string bytes(std::size_t count);
  std::string uuid();  // RFC 4122 version 4, lower case
  std::string text(std::size_t length, std::string_view alphabet);
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<char> bytes) override;
};

}  // namespace lazuli
