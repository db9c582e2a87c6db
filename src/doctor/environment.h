// The environment of a container as its process will see it: env and envFrom resolved through the namespace's secrets
// and ConfigMaps, as the kubelet does it. Values of secrets stay in here; `shown` is what a report may say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cluster/objects.h"

namespace lazuli::doctor {

struct Variable {
  std::string name;
  std::string value;
  std::string source;    // "env", "secret/NAME", "configmap/NAME"
  std::string key = {};  // in the secret or ConfigMap, where it may be called otherwise

  bool hidden() const;        // a key, a password, a token: never shown
  std::string shown() const;  // the value, or stars
};

struct MissingReference {
  std::string kind;  // "secret", "configmap"
  std::string name;
  std::string key;  // empty: the whole object is missing
};

struct Environment {
  std::vector<Variable> variables;
  std::vector<MissingReference> missing;  // those that are not optional

  const Variable* find(std::string_view name) const;
  // Variables whose name has one of these words between underscores.
  std::vector<const Variable*> with_word(std::initializer_list<std::string_view> words) const;
};

Environment read_environment(cluster::Objects& objects, std::string_view name_space, const Json& container);

}  // namespace lazuli::doctor
