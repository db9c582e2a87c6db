// The little JSON that the sample needs: reading one text out of an answer, and writing a string.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>

namespace sample {

class Json {
 public:
  // The text at a path of member names and array positions ("choices", "0", …); empty if there is none.
  std::string text(std::initializer_list<const char*> path) const;

 private:
  friend Json parse_json(const std::string& text);
  struct Value;
  std::shared_ptr<const Value> value_;
};

Json parse_json(const std::string& text);  // never fails: what is no JSON has no texts
std::string json_text(const std::string& text);

}  // namespace sample
