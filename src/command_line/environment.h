// The variables that point a shell at lazuli: proxy, trust, az's and kubectl's own places. What a person had set stays
// in force: NO_PROXY keeps its entries, the trust bundle holds what the variables pointed to before. Pure functions.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lazuli::command_line {

using Variables = std::map<std::string, std::string>;
using Lookup = std::function<std::string(std::string_view name)>;  // empty: not set

std::string variable_of_process(std::string_view name);

struct EnvironmentInput {
  std::string proxy;                   // "http://127.0.0.1:8910"
  std::string trust_bundle;            // file
  std::string java_trust_store;        // file: the same for a JVM (see java_options.h)
  std::string azure_config;            // directory
  std::string kubeconfig;              // file
  std::string state_directory;         // so that lazuli itself finds its state in that shell
  std::vector<std::string> own_names;  // Azure's names that lazuli serves: exact, or with a leading dot
};

Variables environment(const EnvironmentInput& input, const Lookup& before);

// NO_PROXY as it was, without entries that would lead lazuli's own names past it, and with loopback and the clusters'
// addresses (API servers are reached directly).
std::string merge_no_proxy(std::string_view before, const std::vector<std::string>& own_names);

// Statements to eval, or JSON. shell: "sh", "fish", "json".
std::string render(const Variables& variables, std::string_view shell);

// Flags for `docker run`: the host's network (the proxy listens on loopback alone), the variables, and the trust
// bundle mounted. az's and kubectl's places are the container's own. A JVM's options are left out: flags are split at
// blanks.
std::string docker_flags(const Variables& variables, std::string_view trust_bundle);

}  // namespace lazuli::command_line
