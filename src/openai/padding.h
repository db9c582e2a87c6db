// The `obfuscation` of streamed events: letters of changing number, so that an event's size does not tell its token.
// They need to vary, not to be secret.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"

namespace lazuli::openai {

class Padding {
 public:
  explicit Padding(std::uint64_t seed) : state_(seed | 1) {}

  std::string next() {
    std::string out;
    for (auto left = step() % 16; left > 0; --left) out += kLettersAndDigits[step() % kLettersAndDigits.size()];
    return out;
  }

 private:
  std::uint64_t step() {  // xorshift
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }

  std::uint64_t state_;
};

}  // namespace lazuli::openai
