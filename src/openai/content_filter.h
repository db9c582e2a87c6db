// The content filter: what fills Azure's annotations and blocks what must not pass. Off, the annotations are {} (as an
// Azure account without the filter answers); on, each text is compared with the lists of terms of its categories, and
// a category without a match is "safe". The lists are the operator's and empty unless configured. Where the operator
// has a service of their own that judges (filter_service.h), it is asked instead. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::openai {

struct Verdict {
  std::string results;  // JSON text of `content_filter_results`
  bool blocked = false;
};

enum class FilterSource { prompt, completion };

class ContentFilter {
 public:
  // settings: {"mode": "off"|"list"|"service", "terms": {"violence": ["…"], "jailbreak": ["…"]}}; null: "list" without
  // terms. With "service", what is not asked of the service (an answer without text) is "safe".
  explicit ContentFilter(const Json& settings = nullptr);

  bool on() const { return on_; }
  bool judges() const { return on_ && !terms_.empty(); }  // else every verdict is the same, whatever the text
  Verdict prompt(std::string_view text) const;
  Verdict completion(std::string_view text) const;
  // The end of a growing text in which a term may have become whole by the last `added` bytes.
  std::string_view unseen(std::string_view text, std::size_t added) const;

 private:
  struct Term {
    std::string category;
    std::string text;  // lower case
  };
  Verdict judge(std::string_view text, const std::vector<std::string_view>& categories) const;

  bool on_ = true;
  std::vector<Term> terms_;
  std::size_t longest_ = 0;
  Verdict safe_prompt_, safe_completion_;
};

// The verdict on a service's answer {"content_filter_results": {"violence": {"filtered": true, "severity": "high"},
// "jailbreak": {"filtered": false, "detected": false}, …}}: written in Azure's order and form, the categories that it
// leaves out "safe"; blocked if one is filtered. Error "FilterGarbage" where it is anything else.
Result<Verdict> read_verdict(const Json& answer, FilterSource source);

// What the filter says of the choices of one answer: the lists' verdict, or the one that a service has given before.
class ChoiceVerdicts {
 public:
  explicit ChoiceVerdicts(const ContentFilter& filter) : filter_(&filter) {}

  void set(std::size_t choice, Verdict verdict);
  Verdict of(std::size_t choice, std::string_view text) const;
  bool block(std::size_t choice, std::string_view text, std::size_t added) const;
  const ContentFilter& filter() const { return *filter_; }

 private:
  const ContentFilter* filter_;
  std::vector<Verdict> set_;
};

}  // namespace lazuli::openai
