// What is written down of a cluster (cluster.json in its folder), so that the next start of the program finds it. Pure.
#pragma once

#include <string_view>

#include "base/json.h"
#include "cluster/clusters.h"

namespace lazuli::cluster {

struct Record {
  ClusterSpec spec;
  bool wanted = false;     // it ran, or was to run, when the program ended
  std::string kubeconfig;  // of an attached cluster: the file; empty: a cluster of the bundle
};

Json to_json(const Record& record);
Result<Record> record_from(std::string_view text);

}  // namespace lazuli::cluster
