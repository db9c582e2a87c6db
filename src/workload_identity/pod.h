// A pod under admission: the few questions and changes that the webhook has, over the pod's own JSON so that members
// which it does not know survive. Changes are idempotent, because admission may be invoked again on its own result.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::workload_identity {

class Pod {
 public:
  // Error "BadRequest" (400) if the value cannot be a pod: everything below then holds objects and lists of objects.
  static Result<Pod> read(const Json& object);

  std::string name() const;  // of a pod that has none yet: its generateName, marked as upstream does
  std::string service_account() const;
  std::string label(std::string_view name) const;
  bool has_annotation(std::string_view name) const;
  std::string annotation(std::string_view name) const;
  bool host_network() const;
  std::string dns_policy() const;  // "ClusterFirst" where none is written, as Kubernetes has it

  JsonObject& spec() { return object_at(document_, "spec"); }
  std::vector<JsonObject*> containers();            // init containers, then containers
  std::vector<JsonObject*> ephemeral_containers();  // those of `kubectl debug`

  // Puts a volume, in the place of one with the same name.
  void put_volume(JsonObject volume);
  // The name of the first volume that begins so; empty if there is none.
  std::string volume_with_prefix(std::string_view prefix);

  const JsonObject& document() const { return document_; }

 private:
  explicit Pod(JsonObject document) : document_(std::move(document)) {}
  JsonObject document_;
};

std::string container_name(const JsonObject& container);
// The entry of a container's env, or null; whatever gives it its value (envFrom does not count).
JsonObject* find_env(JsonObject& container, std::string_view name);
// False if there is one of that name already: what the pod says itself is kept.
bool add_env(JsonObject& container, std::string_view name, std::string_view value);
// Read-only, unless something is mounted at that path already. sub_path: one file of the volume instead of all.
void add_mount(JsonObject& container, std::string_view volume, std::string_view path, std::string_view sub_path = {});
// Whether something of the pod's own is mounted at that folder or above it (the root aside).
bool mounts_over(JsonObject& container, std::string_view folder);

}  // namespace lazuli::workload_identity
