// The content filter: what fills Azure's annotations and blocks what must not pass. Off, the annotations are {} (as an
// Azure account without the filter answers); on, each text is compared with the lists of terms of its categories, and
// a category without a match is "safe". The lists are the operator's and empty unless configured. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace lazuli::openai {

struct Verdict {
  std::string results;  // JSON text of `content_filter_results`
  bool blocked = false;
};

class ContentFilter {
 public:
  // settings: {"mode": "list"|"off", "terms": {"violence": ["…"], "jailbreak": ["…"]}}; null: "list" without terms.
  explicit ContentFilter(const Json& settings = nullptr);

  bool on() const { return on_; }
  bool judges() const { return on_ && !terms_.empty(); }  // else every verdict is the same, whatever the text
  Verdict prompt(std::string_view text) const;
  Verdict completion(std::string_view text) const;

 private:
  struct Term {
    std::string category;
    std::string text;  // lower case
  };
  Verdict judge(std::string_view text, const std::vector<std::string_view>& categories) const;

  bool on_ = true;
  std::vector<Term> terms_;
  Verdict safe_prompt_, safe_completion_;
};

}  // namespace lazuli::openai
