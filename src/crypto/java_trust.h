// What a JVM is told of a trust store as java_trust_store() (certificates.h) makes them. Pure function.
#pragma once

#include <string>
#include <string_view>

namespace lazuli::crypto {

inline constexpr std::string_view kJavaTrustPassword = "changeit";  // Java's own default; the store holds no secret

// Options for JAVA_TOOL_OPTIONS, where one with a blank is quoted.
inline std::string java_trust_options(std::string_view store) {
  const std::string_view quote = store.find(' ') == std::string_view::npos ? "" : "\"";
  return std::string(quote)
      .append("-Djavax.net.ssl.trustStore=")
      .append(store)
      .append(quote)
      .append(" -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword=")
      .append(kJavaTrustPassword);
}

}  // namespace lazuli::crypto
