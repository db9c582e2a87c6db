// What `az aks install-cli` downloads, from the bundle in the cache: kubectl as dl.k8s.io has it, and kubelogin as its
// releases at GitHub have it. Only the bundle's own versions, for this machine's system and processor.
#pragma once

#include <filesystem>
#include <functional>

#include "net/exchange.h"

namespace lazuli::cluster {

// For dl.k8s.io, api.github.com and github.com; the latter two know nothing but kubelogin's releases. Blocking (disk).
// bundle: the folder of scripts/build-kubernetes.sh.
net::Handler downloads_handler(std::filesystem::path bundle);

}  // namespace lazuli::cluster
