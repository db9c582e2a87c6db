// The words of the admission protocol and of workload identity, each with its source: the upstream webhook's own
// vocabulary (azure-workload-identity, pkg/webhook/consts.go), Kubernetes' admission API (admission.k8s.io/v1), and the
// environment variables by which runtimes find a certificate bundle. Nothing here is lazuli's invention but kTrust….
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lazuli::workload_identity {

// Opt-in, on the pod. Since version 1.0 the label counts on the pod alone, not on the service account.
inline constexpr std::string_view kUseLabel = "azure.workload.identity/use";

// On the service account.
inline constexpr std::string_view kAnnotationPrefix = "azure.workload.identity/";
inline constexpr std::string_view kClientIdAnnotation = "azure.workload.identity/client-id";
inline constexpr std::string_view kTenantIdAnnotation = "azure.workload.identity/tenant-id";
// On both; the pod's wins. Seconds, between the two bounds: what lies outside is refused, not clamped.
inline constexpr std::string_view kExpirationAnnotation = "azure.workload.identity/service-account-token-expiration";
inline constexpr std::int64_t kLeastExpiration = 3600;
inline constexpr std::int64_t kMostExpiration = 86400;
inline constexpr std::int64_t kDefaultExpiration = 3600;

// On the pod.
inline constexpr std::string_view kSkipContainersAnnotation = "azure.workload.identity/skip-containers";
inline constexpr std::string_view kInjectProxyAnnotation = "azure.workload.identity/inject-proxy-sidecar";

// On the pod: token requests go by way of the cluster (learn.microsoft.com/azure/aks/identity-bindings-concepts).
inline constexpr std::string_view kIdentityBindingAnnotation = "azure.workload.identity/use-identity-binding";

// What identity libraries read.
inline constexpr std::string_view kClientIdVariable = "AZURE_CLIENT_ID";
inline constexpr std::string_view kTenantIdVariable = "AZURE_TENANT_ID";
inline constexpr std::string_view kTokenFileVariable = "AZURE_FEDERATED_TOKEN_FILE";
inline constexpr std::string_view kAuthorityHostVariable = "AZURE_AUTHORITY_HOST";

// The projected service-account token. The volume's name ends in a hash of the pod's name, cut so that the whole has
// 63 characters (Kubernetes' limit).
inline constexpr std::string_view kTokenVolumePrefix = "azure-workload-identity-reserved-";
inline constexpr std::size_t kVolumeNameLimit = 63;
inline constexpr std::string_view kTokenMountPath = "/var/run/secrets/azure/wi";
inline constexpr std::string_view kTokenPath = "token/azure-identity-token";
inline constexpr std::string_view kTokenFile = "/var/run/secrets/azure/wi/token/azure-identity-token";
inline constexpr std::string_view kAudience = "api://AzureADTokenExchange";

// What they read beside these where the code opts in: where token requests go instead, the only authorities that count
// there, and the name that the certificate must have (azidentity, internal/customtokenproxy).
inline constexpr std::string_view kTokenProxyVariable = "AZURE_KUBERNETES_TOKEN_PROXY";
inline constexpr std::string_view kTokenProxyNameVariable = "AZURE_KUBERNETES_SNI_NAME";
inline constexpr std::string_view kTokenProxyAuthorityVariable = "AZURE_KUBERNETES_CA_FILE";
inline constexpr std::string_view kTokenProxyAuthorityPath = "ca-cert/ca.crt";
inline constexpr std::string_view kTokenProxyAuthorityFile = "/var/run/secrets/azure/wi/ca-cert/ca.crt";

// Kubernetes: a static pod's image in the API, which admission must leave as it is.
inline constexpr std::string_view kMirrorAnnotation = "kubernetes.io/config.mirror";
inline constexpr std::string_view kAdmissionVersion = "admission.k8s.io/v1";

// Where trust is mounted. The files are the keys of the ConfigMap (webhook.h).
inline constexpr std::string_view kTrustMountPath = "/var/run/secrets/lazuli/trust";
inline constexpr std::string_view kTrustBundleFile = "/var/run/secrets/lazuli/trust/ca-bundle.crt";
inline constexpr std::string_view kTrustRootFile = "/var/run/secrets/lazuli/trust/lazuli-root.crt";

// Libraries that read no variable look here as well (libcurl and OpenSSL as Debian, Ubuntu and others build them): a
// file for each authority, named after a hash of it. Adding one takes nothing away from the image's own bundle.
inline constexpr std::string_view kAuthoritiesFolder = "/etc/ssl/certs";

struct TrustVariable {
  std::string_view name;
  std::string_view value;
};

// SSL_CERT_DIR is left alone: runtimes read it beside SSL_CERT_FILE.
inline constexpr std::array<TrustVariable, 7> kTrustVariables = {{
    {"SSL_CERT_FILE", kTrustBundleFile},       // OpenSSL, Go, Python ssl and httpx, rustls-native-certs
    {"REQUESTS_CA_BUNDLE", kTrustBundleFile},  // Python requests
    {"CURL_CA_BUNDLE", kTrustBundleFile},      // curl's program, Python requests
    {"GIT_SSL_CAINFO", kTrustBundleFile},      // git
    {"PIP_CERT", kTrustBundleFile},            // pip
    {"NODE_EXTRA_CA_CERTS", kTrustRootFile},   // Node adds these to its own roots
    {"DENO_CERT", kTrustRootFile},             // so does Deno
}};

// The JVM takes options from here and says so on stderr; trust stores are read whole, so it holds the public roots too.
inline constexpr std::string_view kJavaVariable = "JAVA_TOOL_OPTIONS";
inline constexpr std::string_view kJavaTrustOption = "-Djavax.net.ssl.trustStore=";
inline constexpr std::string_view kJavaOptions =
    "-Djavax.net.ssl.trustStore=/var/run/secrets/lazuli/trust/java-truststore.p12 "
    "-Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword=changeit";

}  // namespace lazuli::workload_identity
