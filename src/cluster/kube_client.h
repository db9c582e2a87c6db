// A small Kubernetes client: JSON over one API server. Paths are the API's own ("/api/v1/namespaces/default/pods").
// Blocking; thread-safe. Errors carry Kubernetes' reason as code ("NotFound", "AlreadyExists", "Forbidden", …) with its
// status, or "Unreachable" (503).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "net/client.h"

namespace lazuli::cluster {

struct KubeAccess {
  std::string server;              // https://address:port
  std::string authority;           // PEM of the API server's certificate authority
  std::string client_certificate;  // PEM; or
  std::string client_key;
  std::string bearer_token;
};

class KubeClient {
 public:
  explicit KubeClient(KubeAccess access);
  ~KubeClient();

  Result<Json> get(std::string_view path);
  Result<Json> create(std::string_view collection_path, const Json& object);
  Result<Json> apply(std::string_view path, const Json& object);  // server-side apply as "lazuli", forced
  Result<Json> patch(std::string_view path, const Json& merge_patch);
  Status remove(std::string_view path);             // absent is fine
  Result<std::string> text(std::string_view path);  // a pod's log, /readyz
  // Events {"type","object"} until `event` answers false, the deadline passes or the server closes.
  Status watch(std::string_view path, std::chrono::milliseconds limit, const std::function<bool(const Json&)>& event);

  const KubeAccess& access() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A cluster whose kubeconfig (YAML or JSON, current context, inline data or files) is given.
Result<KubeAccess> access_from_kubeconfig(const std::string& path);

}  // namespace lazuli::cluster
