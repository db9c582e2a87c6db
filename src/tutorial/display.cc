#include "tutorial/display.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace lazuli::tutorial {

namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr std::array<const char*, 8> kTurns{"⣾", "⣽", "⣻", "⢿", "⡿", "⣟", "⣯", "⣷"};

std::size_t columns(std::FILE* out) {
  winsize size{};
  return ::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

}  // namespace

std::string seconds_text(std::chrono::milliseconds time) {
  const auto tenths = (time.count() + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

Display::Display(std::FILE* out) : Display(out, ::isatty(::fileno(out)) == 1) {}

Display::Display(std::FILE* out, bool live) : out_(out), live_(live) {
  if (!live_) return;
  ticker_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (busy_) draw();
      changed_.wait_for(lock, kRedraw, [this] { return stopping_; });
    }
  });
}

Display::~Display() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    erase_line();
  }
  changed_.notify_all();
  if (ticker_.joinable()) ticker_.join();
}

std::chrono::milliseconds Display::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
}

void Display::erase_line() {
  if (drawn_) std::fputs("\r\033[K", out_);
  drawn_ = false;
  if (line_open_) std::fputc('\n', out_);
  line_open_ = false;
}

void Display::draw() {
  if (line_open_) return;  // the command is printing; its own line shows that it lives
  std::string line =
      "  " + std::string(kTurns[++turn_ % kTurns.size()]) + " " + seconds_text(elapsed()) + "  " + progress_;
  // Cut by bytes: progress is ASCII, and the turning sign is three bytes for one column.
  line.resize(std::min(line.size(), columns(out_) + 1));
  std::fprintf(out_, "\r\033[K%s", line.c_str());
  std::fflush(out_);
  drawn_ = true;
}

void Display::begin(std::string_view title, std::string_view command) {
  const std::lock_guard lock(mutex_);
  command_ = command;
  progress_.clear();
  begun_ = std::chrono::steady_clock::now();
  const std::string shown(command);
  const std::string heading(title);
  if (live_) {
    std::fprintf(out_, "\033[2m%s\033[0m\n\033[1m$ %s\033[0m\n", heading.c_str(), shown.c_str());
  } else {
    std::fprintf(out_, "%s\n$ %s\n", heading.c_str(), shown.c_str());
  }
  std::fflush(out_);
  busy_ = true;
}

void Display::progress(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (text.empty() || text == progress_) return;
  progress_ = text;
  if (live_) return;
  erase_line();
  std::fprintf(out_, "  … %s\n", progress_.c_str());
  std::fflush(out_);
}

void Display::output(std::string_view text) {
  if (text.empty()) return;
  const std::lock_guard lock(mutex_);
  const bool continues = line_open_;
  line_open_ = false;
  erase_line();
  bool at_start = !continues;
  for (const char c : text) {
    if (at_start) std::fputs("  ", out_);
    std::fputc(c, out_);
    at_start = c == '\n';
  }
  line_open_ = !at_start;
  std::fflush(out_);
}

void Display::end(std::string_view note) {
  const std::lock_guard lock(mutex_);
  busy_ = false;
  erase_line();
  timings_.push_back({command_, elapsed()});
  const std::string said(note);
  std::fprintf(out_, "  %s%s%s%s%s\n\n", live_ ? "\033[32m✓\033[0m " : "", said.c_str(), said.empty() ? "" : "  (",
               seconds_text(timings_.back().time).c_str(), said.empty() ? "" : ")");
  std::fflush(out_);
}

void Display::fail(std::string_view message) {
  const std::lock_guard lock(mutex_);
  busy_ = false;
  erase_line();
  const std::string said = replace_all(std::string(message), "\n", "\n  ");
  std::fprintf(out_, "  %s%s\n", live_ ? "\033[31m✗\033[0m " : "failed: ", said.c_str());
  std::fflush(out_);
}

void Display::say(std::string_view text) {
  const std::lock_guard lock(mutex_);
  erase_line();
  std::fprintf(out_, "%.*s\n", static_cast<int>(text.size()), text.data());
  std::fflush(out_);
}

}  // namespace lazuli::tutorial
