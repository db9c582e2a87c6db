// The small files and variables that a build is given: registry credentials, mirrors, proxy, trust, and the machine's
// own package-index settings. Pure functions but for the environment and pip's configuration, which they read.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace lazuli::registry {

using Variables = std::map<std::string, std::string>;

// The same trust for Java, in the shared files too.
inline constexpr std::string_view kJavaTrustFile = "java-truststore.p12";

// Public registries that builds and clusters reach through the mirror even if no image names them.
std::set<std::string> public_hosts();

// containers-auth.json and containers-registries.conf, as buildah reads them.
std::string auth_file(const std::map<std::string, std::pair<std::string, std::string>>& credentials);
std::string registries_file(const std::set<std::string>& hosts, std::string_view mirror);

// Of a run's request: "arguments" as NAME → value; "credentials.customRegistries" as host → user, password.
Variables build_arguments(const Json& request);
std::map<std::string, std::pair<std::string, std::string>> custom_credentials(const Json& request);
JsonArray string_list(const Json* value);
Json without_secrets(Json request);  // as it may be kept

// buildah's own environment. Proxy variables reach RUN steps too, and never the image.
Variables build_environment(const std::string& proxy_url, bool own_trust);
// What RUN steps are lent by an injected ARG: the trust bundle at /dev/shm/lazuli/ca.pem under every name that runtimes
// look for (Java: in its own form), and where this machine's package managers fetch from. A pip.conf is copied into
// `shared`.
Variables injected_variables(bool own_trust, const std::filesystem::path& shared);

}  // namespace lazuli::registry
