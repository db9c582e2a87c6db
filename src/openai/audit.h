// The audit trail: one line of JSON for each call, appended to a file of mode 0600. Who, what, how much and how it
// ended; never a prompt, an answer, a token or a key. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace lazuli::openai {

class Audit {
 public:
  // In the directory, made if absent; without one the lines go nowhere.
  explicit Audit(const std::string& directory);
  ~Audit();
  Audit(const Audit&) = delete;

  // A line in the making: members in the order in which they are added, empty texts left out.
  class Line {
   public:
    Line& text(std::string_view name, std::string_view value);
    Line& number(std::string_view name, long long value);

   private:
    friend class Audit;
    std::string out_ = "{";
  };

  void write(Line line) const;

 private:
  int descriptor_ = -1;
};

}  // namespace lazuli::openai
