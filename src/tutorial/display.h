// How the tutorial shows itself: each step's command, what it is busy with and for how long, and its time. On a
// terminal one line is redrawn while a step works; elsewhere each new progress is a line of its own. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lazuli::tutorial {

class Display {
 public:
  explicit Display(std::FILE* out);  // live if it is a terminal
  Display(std::FILE* out, bool live);
  ~Display();

  void begin(std::string_view title, std::string_view command);
  void progress(std::string_view text);
  void output(std::string_view text);    // what the command prints, as it comes
  void end(std::string_view note = {});  // with the step's time
  void fail(std::string_view message);
  void say(std::string_view text);

  struct Timing {
    std::string command;
    std::chrono::milliseconds time;
  };
  const std::vector<Timing>& timings() const { return timings_; }

 private:
  void draw();        // holding the mutex
  void erase_line();  // holding the mutex
  std::chrono::milliseconds elapsed() const;

  std::FILE* out_;
  bool live_;
  bool drawn_ = false;
  bool busy_ = false;
  bool stopping_ = false;
  bool line_open_ = false;  // output ended in the middle of a line
  std::size_t turn_ = 0;
  std::string progress_, command_;
  std::chrono::steady_clock::time_point begun_;
  std::vector<Timing> timings_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread ticker_;
};

std::string seconds_text(std::chrono::milliseconds time);  // "0.3 s"

}  // namespace lazuli::tutorial
