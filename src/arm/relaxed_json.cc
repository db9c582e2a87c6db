#include "arm/relaxed_json.h"

namespace lazuli::arm {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

bool starts_word(char c) {
  return is_word(c) && !(c >= '0' && c <= '9');
}

class Rewriter {
 public:
  explicit Rewriter(std::string_view text) : text_(text) { out_.reserve(text.size() + 16); }

  std::string run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        string(c);
      } else if (c == '/' && at_ + 1 < text_.size() && (text_[at_ + 1] == '/' || text_[at_ + 1] == '*')) {
        comment();
      } else if (starts_word(c)) {
        word();
      } else {
        out_ += c;
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  void string(char quote) {
    out_ += '"';
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[++at_];
        if (next != '\'') out_ += '\\';
        out_ += next;
      } else if (c == '"') {
        out_ += "\\\"";
      } else {
        out_ += c;
      }
    }
    if (at_ < text_.size()) {
      out_ += '"';
      ++at_;
    }
  }

  void comment() {
    const bool line = text_[at_ + 1] == '/';
    const std::size_t end = text_.find(line ? "\n" : "*/", at_ + 2);
    at_ = end == std::string_view::npos ? text_.size() : end + (line ? 0 : 2);
    out_ += ' ';
  }

  // A name if a colon follows; true, false, null and numbers' exponents stay as they are.
  void word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    std::size_t next = at_;
    while (next < text_.size() &&
           (text_[next] == ' ' || text_[next] == '\n' || text_[next] == '\t' || text_[next] == '\r')) {
      ++next;
    }
    const bool is_name = next < text_.size() && text_[next] == ':';
    out_ += is_name ? "\"" + std::string(name) + "\"" : std::string(name);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string strict_json(std::string_view text) {
  return Rewriter(text).run();
}

}  // namespace lazuli::arm
