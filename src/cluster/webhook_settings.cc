#include "cluster/webhook_settings.h"

#include "base/text.h"

namespace lazuli::cluster {

namespace {

JsonObject rule(const char* operation, const char* resource) {
  return {{"apiGroups", JsonArray{""}},
          {"apiVersions", JsonArray{"v1"}},
          {"operations", JsonArray{operation}},
          {"resources", JsonArray{resource}},
          {"scope", "Namespaced"}};
}

// A pod that missed the webhook would fail later and for a reason that is hard to see, so it is refused instead;
// kube-system has nothing that needs it. `kubectl debug` adds its container to a pod that runs, by the second rule.
JsonObject webhook(const WebhookDoor& door) {
  return {{"name", kWebhook},
          {"admissionReviewVersions", JsonArray{"v1"}},
          {"clientConfig", JsonObject{{"url", door.url()}, {"caBundle", base64(door.authority)}}},
          {"failurePolicy", "Fail"},
          {"matchPolicy", "Equivalent"},
          {"reinvocationPolicy", "IfNeeded"},
          {"sideEffects", "NoneOnDryRun"},
          {"timeoutSeconds", 10},
          {"namespaceSelector",
           JsonObject{{"matchExpressions", JsonArray{JsonObject{{"key", "kubernetes.io/metadata.name"},
                                                                {"operator", "NotIn"},
                                                                {"values", JsonArray{"kube-system"}}}}}}},
          {"rules", JsonArray{rule("CREATE", "pods"), rule("UPDATE", "pods/ephemeralcontainers")}}};
}

Json configuration(JsonObject only_webhook, JsonObject annotations) {
  JsonObject metadata{{"name", kWebhookConfiguration}};
  if (!annotations.empty()) metadata["annotations"] = std::move(annotations);
  return JsonObject{{"apiVersion", "admissionregistration.k8s.io/v1"},
                    {"kind", "MutatingWebhookConfiguration"},
                    {"metadata", std::move(metadata)},
                    {"webhooks", JsonArray{std::move(only_webhook)}}};
}

}  // namespace

std::string WebhookDoor::url() const {
  const bool six = address.find(':') != std::string::npos;
  return "https://" + (six ? "[" + address + "]" : address) + ":" + std::to_string(port) + "/mutate";
}

Json webhook_configuration(const WebhookDoor& door) {
  return configuration(webhook(door), {});
}

Json attached_webhook_configuration(const WebhookDoor& door, const std::string& owner) {
  auto labelled = webhook(door);
  labelled["objectSelector"] = JsonObject{{"matchLabels", JsonObject{{"azure.workload.identity/use", "true"}}}};
  return configuration(std::move(labelled), {{kWebhookOwner, owner}});
}

std::string webhook_path() {
  return std::string(kWebhookConfigurations) + "/" + kWebhookConfiguration;
}

}  // namespace lazuli::cluster
