// What lazuli has in a cluster that is not its own: the webhook's configuration, the pods' trust, and what connections
// wrote (service accounts, secrets, a namespace). Nothing else of the cluster is changed, and on the way out all of it
// is taken away again: an object counts as lazuli's by the field manager that the API server noted, never by its name.
// Blocking; thread-safe as Objects is.
#pragma once

#include <string>

#include "base/result.h"
#include "cluster/clusters.h"
#include "cluster/objects.h"
#include "cluster/webhook_settings.h"

namespace lazuli::cluster {

// owner: the ARM id of the cluster. Error "ClusterTaken" (409): the webhook of another one, or upstream's, is there.
Status check_unclaimed(Objects& objects, const std::string& owner);

// Installs it and waits until a labelled pod, which is only tried (dry run) and never made, comes back from it with
// lazuli's address. A webhook that does not work is taken away again, as it would stand in the way of the cluster's
// pods: error "DoorsUnreachable" (409) with what the API server said of the door.
Status install_webhook(Objects& objects, const WebhookDoor& door, const std::string& owner, const Cancelled& cancelled);

// The owner's webhook, and whatever else lazuli wrote; absent is fine.
Status remove_everything(Objects& objects, const std::string& owner);

}  // namespace lazuli::cluster
