#include "base/log.h"

#include <unistd.h>

#include <array>

#include "base/clock.h"

namespace lazuli {

void Log::write(Level level, std::string_view part, std::string_view message, JsonObject fields) {
  if (level < least_) return;
  constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};
  JsonScratch scratch;
  JsonObject line(&scratch);
  line["time"] = iso8601(std::chrono::system_clock::now(), 3);
  line["level"] = kNames[static_cast<std::size_t>(level)];
  line["part"] = part;
  line["message"] = message;
  for (auto& field : fields) line[field.key()] = std::move(field.value());
  const std::string text = to_text(line) + "\n";
  const std::lock_guard lock(mutex_);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(descriptor_, text.data() + done, text.size() - done);
    if (wrote <= 0) return;  // nowhere left to say it
    done += static_cast<std::size_t>(wrote);
  }
}

}  // namespace lazuli
