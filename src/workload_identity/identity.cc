#include "workload_identity/identity.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/text.h"
#include "crypto/keys.h"
#include "workload_identity/vocabulary.h"

namespace lazuli::workload_identity {

namespace {

std::string annotation_of(const Json& service_account, std::string_view name) {
  return string_at(service_account, "metadata", "annotations", name);
}

Error bad(std::string message) {
  return Error{"BadRequest", std::move(message), 400};
}

Result<std::int64_t> expiration(const Pod& pod, const Json& service_account) {
  std::string text = pod.annotation(kExpirationAnnotation);
  if (text.empty()) text = annotation_of(service_account, kExpirationAnnotation);
  if (text.empty()) return kDefaultExpiration;
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc{} || end != text.data() + text.size()) {
    return bad("annotation " + std::string(kExpirationAnnotation) + " is no number: '" + text + "'");
  }
  if (seconds < kLeastExpiration || seconds > kMostExpiration) {
    return bad("token expiration " + text + " not valid. Expected value to be between " +
               std::to_string(kLeastExpiration) + " and " + std::to_string(kMostExpiration));
  }
  return seconds;
}

std::set<std::string> skipped(const Pod& pod) {
  std::set<std::string> names;
  for (const auto& name : split(pod.annotation(kSkipContainersAnnotation), ';')) names.emplace(trim(name));
  names.erase("");
  return names;
}

// An earlier invocation's volume is used again, whatever the pod was called then.
std::string token_volume_name(Pod& pod) {
  if (auto earlier = pod.volume_with_prefix(kTokenVolumePrefix); !earlier.empty()) return earlier;
  const std::string hash = hex(crypto::sha256(pod.name()));
  return std::string(kTokenVolumePrefix) + hash.substr(0, kVolumeNameLimit - kTokenVolumePrefix.size());
}

JsonObject token_volume(std::string_view name, std::int64_t seconds, bool with_authority) {
  JsonObject token{{"path", kTokenPath}, {"expirationSeconds", seconds}, {"audience", kAudience}};
  JsonArray sources;
  sources.push_back(JsonObject{{"serviceAccountToken", std::move(token)}});
  if (with_authority) {
    JsonArray items;
    items.push_back(JsonObject{{"key", kTrustRootKey}, {"path", kTokenProxyAuthorityPath}});
    sources.push_back(JsonObject{{"configMap", JsonObject{{"name", kTrustConfigMap}, {"items", std::move(items)}}}});
  }
  return JsonObject{{"name", name}, {"projected", JsonObject{{"sources", std::move(sources)}}}};
}

// "azure.workload.identity/client_id" beside the right name: people mistype it, and nothing else would tell them.
std::string misspelt_client_id(const Json& service_account) {
  const Json* annotations = find(service_account, "metadata", "annotations");
  if (!annotations || !annotations->is_object()) return {};
  for (const auto& member : annotations->get_object()) {
    std::string plain = to_lower(member.key());
    std::erase_if(plain, [](char c) { return c == '-' || c == '_' || c == '.' || c == '/'; });
    if (plain.find("clientid") != std::string::npos && member.key() != kClientIdAnnotation) return member.key();
  }
  return {};
}

void warn_of_client_id(const Json& service_account, const std::string& account, std::vector<std::string>& warnings) {
  const auto client_id = annotation_of(service_account, kClientIdAnnotation);
  if (is_guid(client_id)) return;
  if (!client_id.empty()) {
    warnings.push_back("service account " + account + ": annotation " + std::string(kClientIdAnnotation) +
                       " must be the identity's client id (a GUID), not '" + client_id + "'");
    return;
  }
  std::string text = "service account " + account + " has no annotation " + std::string(kClientIdAnnotation) +
                     ": AZURE_CLIENT_ID stays unset and signing in will fail";
  if (const auto near = misspelt_client_id(service_account); !near.empty()) text += " (it has '" + near + "')";
  warnings.push_back(std::move(text));
}

void warn_of_own_values(JsonObject& container, std::string_view client_id, std::string_view token_file,
                        std::vector<std::string>& warnings) {
  const auto differs = [&](std::string_view variable, std::string_view expected) {
    const auto* given = find_env(container, variable);
    const Json* value = given ? given->if_contains("value") : nullptr;
    return value && !expected.empty() && string_or(value) != expected;
  };
  const std::string who = "container " + container_name(container) + " sets ";
  if (differs(kClientIdVariable, client_id)) {
    warnings.push_back(who +
                       "AZURE_CLIENT_ID itself, and not to its service account's client id: the pod's value is "
                       "used");
  }
  if (differs(kTokenFileVariable, token_file)) {
    warnings.push_back(who + "AZURE_FEDERATED_TOKEN_FILE itself: that file must hold a token for the audience " +
                       std::string(kAudience));
  }
}

void warn_of_unknown_skips(Pod& pod, std::set<std::string> skips, std::vector<std::string>& warnings) {
  for (const auto* container : pod.containers()) skips.erase(container_name(*container));
  for (const auto& name : skips) {
    warnings.push_back("annotation " + std::string(kSkipContainersAnnotation) + " names '" + name +
                       "', which is no container of this pod");
  }
}

bool by_token_proxy(const Pod& pod, const Settings& settings, std::vector<std::string>& warnings) {
  if (pod.annotation(kIdentityBindingAnnotation) != "true") return false;
  if (settings.token_proxy.empty())
    warnings.push_back("annotation " + std::string(kIdentityBindingAnnotation) + ": this cluster has no token proxy");
  return !settings.token_proxy.empty();
}

}  // namespace

bool wants_identity(const Pod& pod) {
  return pod.label(kUseLabel) == "true";
}

Status add_identity(Pod& pod, const Json& service_account, const Settings& settings,
                    std::vector<std::string>& warnings) {
  if (pod.has_annotation(kInjectProxyAnnotation)) {
    return bad("annotation " + std::string(kInjectProxyAnnotation) +
               ": the proxy sidecar is not supported; use an identity library that has workload identity");
  }
  const auto seconds = expiration(pod, service_account);
  if (!seconds) return seconds.error();

  const auto client_id = annotation_of(service_account, kClientIdAnnotation);
  auto tenant_id = annotation_of(service_account, kTenantIdAnnotation);
  if (!tenant_id.empty() && !settings.tenant_id.empty() && !equals_ignoring_case(tenant_id, settings.tenant_id)) {
    warnings.push_back("service account " + pod.service_account() + ": annotation " + std::string(kTenantIdAnnotation) +
                       " is not the cluster's tenant " + settings.tenant_id);
  }
  if (tenant_id.empty()) tenant_id = settings.tenant_id;
  warn_of_client_id(service_account, pod.service_account(), warnings);

  const auto skips = skipped(pod);
  const auto volume = token_volume_name(pod);
  const bool proxied = by_token_proxy(pod, settings, warnings);
  for (auto* container : pod.containers()) {
    if (skips.contains(container_name(*container))) continue;
    warn_of_own_values(*container, client_id, kTokenFile, warnings);
    // As upstream: an empty value is not set at all.
    if (!client_id.empty()) add_env(*container, kClientIdVariable, client_id);
    if (!tenant_id.empty()) add_env(*container, kTenantIdVariable, tenant_id);
    add_env(*container, kTokenFileVariable, kTokenFile);
    add_env(*container, kAuthorityHostVariable, settings.authority_host);
    if (proxied) {
      add_env(*container, kTokenProxyVariable, settings.token_proxy);
      add_env(*container, kTokenProxyNameVariable, settings.token_proxy_name);
      add_env(*container, kTokenProxyAuthorityVariable, kTokenProxyAuthorityFile);
    }
    add_mount(*container, volume, kTokenMountPath);
  }
  pod.put_volume(token_volume(volume, *seconds, proxied));
  warn_of_unknown_skips(pod, skips, warnings);
  return {};
}

void warn_of_missing_label(const Pod& pod, const Json& service_account, std::vector<std::string>& warnings) {
  const auto label = pod.label(kUseLabel);
  const std::string wanted = std::string(kUseLabel) + ": \"true\"";
  if (!label.empty()) {
    warnings.push_back("label " + std::string(kUseLabel) + " is '" + label + "', only \"true\" counts: no identity");
  } else if (pod.has_annotation(kUseLabel)) {
    warnings.push_back(std::string(kUseLabel) + " is an annotation of this pod; it must be a label: no identity");
  } else if (!annotation_of(service_account, kClientIdAnnotation).empty()) {
    warnings.push_back("service account " + pod.service_account() +
                       " has an Azure identity, but the pod has no label " + wanted +
                       " (in a Deployment: spec.template.metadata.labels): no identity");
  }
}

}  // namespace lazuli::workload_identity
