// Talking to the lazuli that serves a state directory, over its control socket.
#pragma once

#include <chrono>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "command_line/state_directory.h"

namespace lazuli::command_line {

class Control {
 public:
  explicit Control(StateDirectory state) : state_(std::move(state)) {}

  // Error "NotRunning" (503) if nothing answers there; else the answer's own error. The JSON is null for empty answers.
  Result<Json> get(std::string_view path) const;
  Result<Json> post(std::string_view path, const Json& body = nullptr,
                    std::chrono::milliseconds limit = std::chrono::seconds(60)) const;
  bool running() const;

  const StateDirectory& state() const { return state_; }

 private:
  Result<Json> send(std::string_view method, std::string_view path, const Json& body,
                    std::chrono::milliseconds limit) const;

  StateDirectory state_;
};

}  // namespace lazuli::command_line
