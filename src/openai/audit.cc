#include "openai/audit.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "openai/answer.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kEnough = std::size_t{256} << 10;  // bytes that are not kept waiting for others

}  // namespace

Audit::Audit(const std::string& directory) {
  if (directory.empty() || !make_directories(directory)) return;
  const std::string path = (std::filesystem::path(directory) / "openai-audit.log").string();
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ >= 0) writer_ = std::thread([this] { run(); });
}

Audit::~Audit() {
  if (descriptor_ < 0) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  writer_.join();
  ::close(descriptor_);
}

void Audit::Line::begin(std::string_view name) {
  append_all(out_, "\"", name, "\":");
}

Audit::Line& Audit::Line::text(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  begin(name);
  append_quoted(out_, value);
  out_ += ',';
  return *this;
}

Audit::Line& Audit::Line::number(std::string_view name, long long value) {
  begin(name);
  append_decimal(out_, value);
  out_ += ',';
  return *this;
}

void Audit::write(Line line) {
  if (descriptor_ < 0) return;
  line.out_.back() = '}';  // was a comma
  line.out_ += '\n';
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = waiting_.empty();
    waiting_ += line.out_;
  }
  if (first) changed_.notify_one();
}

void Audit::run() {
  std::string lines;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    // Others may join the first.
    changed_.wait_for(lock, kAuditPause, [this] { return ending_ || waiting_.size() >= kEnough; });
    lines.swap(waiting_);
    if (lines.empty()) return;
    lock.unlock();
    append(lines);
    lines.clear();
    lock.lock();
  }
}

// A full disk loses lines, and nothing else.
void Audit::append(const std::string& lines) const {
  std::size_t done = 0;
  while (done < lines.size()) {
    const auto wrote = ::write(descriptor_, lines.data() + done, lines.size() - done);
    if (wrote <= 0) return;
    done += static_cast<std::size_t>(wrote);
  }
}

}  // namespace lazuli::openai
