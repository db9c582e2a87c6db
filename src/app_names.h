// Azure's names that lazuli answers for, in the one place where they are listed: the authority's constraints, the leaf
// certificate, the router, the clusters' DNS and NO_PROXY are all made from this.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lazuli {

// Where the loopback door of sign-in pages gives tokens to managed identities (`lazuli env --identity`).
inline constexpr const char* kIdentityPath = "/msi/token";

namespace names {

inline constexpr const char* kManagement = "management.azure.com";
inline constexpr const char* kIssuers = ".oic.prod-aks.azure.com";
inline constexpr const char* kTenantDomain = "lazuli.onmicrosoft.com";
inline constexpr const char* kSubscriptionName = "lazuli";

std::vector<std::string> sign_in();   // hosts of the token service
std::vector<std::string> graph();     // hosts of Microsoft Graph
std::vector<std::string> openai();    // suffixes of the model endpoint
std::vector<std::string> registry();  // suffixes
std::vector<std::string> blobs();     // suffixes
// Hosts of `az aks install-cli`. They are real ones that a person may use: lazuli answers only where they are out of
// reach, and never for pods.
std::vector<std::string> downloads();

// Azure's names, exact or with a leading dot: what pods resolve to lazuli, and what NO_PROXY must not exclude.
std::vector<std::string> all();
// The same as the domains that the certificate authority is permitted to name.
std::vector<std::string> permitted_domains();
// The names of the leaf certificate. A wildcard stands for one label, so regional names have entries of their own.
std::vector<std::string> certificate_names();

// Which service answers at a host, in the words of `lazuli fault`: "token", "arm", "openai"; empty: another.
std::string_view service_of(std::string_view host);

// Azure's public regions, as resources name them.
std::vector<std::string> locations();

}  // namespace names

}  // namespace lazuli
