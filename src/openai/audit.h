// The audit trail: one line of JSON for each call, appended to a file of mode 0600. Who, what, how much and how it
// ended; never a prompt, an answer, a token or a key. A thread of its own writes what has come together, within
// kAuditPause of the call's end and at the latest when the gateway ends: a write for each call would cost a busy
// gateway more than reading the call. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace lazuli::openai {

constexpr std::chrono::milliseconds kAuditPause(50);

class Audit {
 public:
  // In the directory, made if absent; without one the lines go nowhere.
  explicit Audit(const std::string& directory);
  ~Audit();
  Audit(const Audit&) = delete;

  // A line in the making: members in the order in which they are added, at least one; empty texts are left out.
  class Line {
   public:
    Line() { out_.reserve(640); }
    Line& text(std::string_view name, std::string_view value);
    Line& number(std::string_view name, long long value);

   private:
    friend class Audit;
    void begin(std::string_view name);
    std::string out_ = "{";
  };

  void write(Line line);

 private:
  void run();
  void append(const std::string& lines) const;

  int descriptor_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  bool ending_ = false;
  std::thread writer_;
};

}  // namespace lazuli::openai
