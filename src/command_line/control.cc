#include "command_line/control.h"

#include "net/client.h"

namespace lazuli::command_line {

Result<Json> Control::get(std::string_view path) const {
  return send("GET", path, nullptr, std::chrono::seconds(30));
}

Result<Json> Control::post(std::string_view path, const Json& body, std::chrono::milliseconds limit) const {
  return send("POST", path, body, limit);
}

bool Control::running() const {
  return get("/status").ok();
}

Result<Json> Control::send(std::string_view method, std::string_view path, const Json& body,
                           std::chrono::milliseconds limit) const {
  const auto socket = state_.control_socket();
  net::Client client(net::ClientOptions{.unix_socket = socket.text});
  net::ClientRequest request;
  request.method = method;
  request.url = "http://lazuli" + std::string(path);
  request.timeout = limit;
  if (!body.is_null()) {
    request.headers.set("Content-Type", "application/json");
    request.body = to_text(body);
  }
  const auto answer = client.fetch(std::move(request));
  if (!answer) {
    if (answer.error().code != "ConnectFailed") return answer.error();
    return Error{"NotRunning",
                 "lazuli is not running with the state in " + state_.path().string() + ". Start it: lazuli up --detach",
                 503};
  }
  if (answer->body.empty() && answer->status < 400) return Json(nullptr);
  auto parsed = parse_json(answer->body);
  if (answer->status < 400) return parsed;
  if (!parsed) return Error{"ControlError", "lazuli answered with status " + std::to_string(answer->status) + ".", 500};
  return Error{string_at(*parsed, "error", "code"), string_at(*parsed, "error", "message"), answer->status};
}

}  // namespace lazuli::command_line
