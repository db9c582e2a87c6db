// An engine's chunks that wait for the verdict of a filter service: a streamed answer is let go piece by piece, each
// when the text up to its end has been judged, so that nothing is sent that should have been blocked. Used by one
// coroutine.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace lazuli::openai {

class HeldChunks {
 public:
  void add(Json chunk);
  // There is enough to ask for a verdict, or a choice has come to its end.
  bool due() const { return fresh_ >= kPiece || ended_; }
  bool empty() const { return chunks_.empty(); }
  // The choices that have gained text since the last release, each with its text: all of it, but for the beginning of
  // a very long one.
  std::vector<std::pair<std::size_t, std::string>> texts() const;
  std::vector<Json> release();

 private:
  static constexpr std::size_t kPiece = 256;                      // bytes of new text for one question
  static constexpr std::size_t kContext = std::size_t{16} << 10;  // bytes of text in one

  struct Choice {
    std::string text;
    bool grown = false;
  };
  std::vector<Json> chunks_;
  std::vector<Choice> choices_;
  std::size_t fresh_ = 0;
  bool ended_ = false;
};

}  // namespace lazuli::openai
