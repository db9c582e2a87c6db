// What a JVM is told in JAVA_TOOL_OPTIONS, since it reads neither HTTPS_PROXY nor a bundle of PEM. Pure function.
#pragma once

#include <string>
#include <string_view>

namespace lazuli::command_line {

// proxy: "http://127.0.0.1:8910"; no_proxy: as in the variable; trust_store: a PKCS#12 file whose password is
// "changeit". What `before` says of proxy and trust is left out, all else stays.
std::string java_options(std::string_view proxy, std::string_view no_proxy, std::string_view trust_store,
                         std::string_view before);

}  // namespace lazuli::command_line
