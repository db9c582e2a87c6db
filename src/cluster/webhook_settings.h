// The admission webhook's configuration, as the API server of a cluster is given it: the rules and names of upstream's
// webhook (azure-workload-identity), pointed at lazuli's door. Pure.
#pragma once

#include <string>

#include "base/json.h"

namespace lazuli::cluster {

inline constexpr const char* kWebhookConfiguration = "azure-wi-webhook-mutating-webhook-configuration";
inline constexpr const char* kWebhookConfigurations =
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
inline constexpr const char* kWebhook = "mutation.azure-workload-identity.io";
// On the configuration in a cluster that is not lazuli's own: the ARM id of the managedClusters resource it serves.
inline constexpr const char* kWebhookOwner = "lazuli.dev/cluster";

// Where the API server finds the webhook, and the authority (PEM) that its certificate is checked against.
struct WebhookDoor {
  std::string address;
  unsigned short port = 0;
  std::string authority;

  std::string url() const;
};

// Of a cluster of lazuli's own: every pod is given trust in lazuli's authority, and the labelled ones their identity.
Json webhook_configuration(const WebhookDoor& door);
// Of a cluster that exists already: upstream's selection, the labelled pods alone.
Json attached_webhook_configuration(const WebhookDoor& door, const std::string& owner);

std::string webhook_path();

}  // namespace lazuli::cluster
