#include "openai/audit.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "openai/answer.h"

namespace lazuli::openai {

Audit::Audit(const std::string& directory) {
  if (directory.empty() || !make_directories(directory)) return;
  const std::string path = (std::filesystem::path(directory) / "openai-audit.log").string();
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

Audit::~Audit() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Audit::Line& Audit::Line::text(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  if (out_.size() > 1) out_ += ',';
  out_ += '"';
  out_ += name;
  out_ += "\":";
  out_ += quote(value);
  return *this;
}

Audit::Line& Audit::Line::number(std::string_view name, long long value) {
  if (out_.size() > 1) out_ += ',';
  out_ += '"';
  out_ += name;
  out_ += "\":";
  out_ += std::to_string(value);
  return *this;
}

void Audit::write(Line line) const {
  if (descriptor_ < 0) return;
  line.out_ += "}\n";
  // One call for one line: appends of this size do not mix. A full disk loses the line, and nothing else.
  [[maybe_unused]] const auto written = ::write(descriptor_, line.out_.data(), line.out_.size());
}

}  // namespace lazuli::openai
