// Structured logging: one JSON line per event on a file descriptor. Secrets and tokens never go in: callers log ids,
// names and codes, not bodies. Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/json.h"

namespace lazuli {

enum class Level { debug, info, warning, error };

class Log {
 public:
  explicit Log(int descriptor = 2, Level least = Level::info) : descriptor_(descriptor), least_(least) {}

  // fields: an object whose members are added to the line; "time", "level", "part" and "message" come first.
  void write(Level level, std::string_view part, std::string_view message, JsonObject fields = {});
  void info(std::string_view part, std::string_view message, JsonObject fields = {}) {
    write(Level::info, part, message, std::move(fields));
  }
  void warning(std::string_view part, std::string_view message, JsonObject fields = {}) {
    write(Level::warning, part, message, std::move(fields));
  }
  void error(std::string_view part, std::string_view message, JsonObject fields = {}) {
    write(Level::error, part, message, std::move(fields));
  }

 private:
  int descriptor_;
  Level least_;
  std::mutex mutex_;
};

}  // namespace lazuli
