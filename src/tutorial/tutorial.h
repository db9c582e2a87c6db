// The tutorial "Connect to Azure OpenAI Service in AKS using Workload Identity (Service Connector)", every step of it
// over the REST calls that az and kubectl make. Steps may find their work done already: a second run takes seconds.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "cluster/kube_client.h"
#include "tutorial/azure.h"
#include "tutorial/display.h"
#include "tutorial/names.h"

namespace lazuli::tutorial {

struct Settings {
  std::filesystem::path sample;      // folder with Dockerfile and pod.yaml
  std::filesystem::path kubeconfig;  // what get-credentials merges into
  // Whether the cluster is wholly up: after a restart its API answers before its node is back.
  std::function<bool(std::string_view name)> cluster_runs;
};

class Tutorial {
 public:
  Tutorial(Azure& azure, Display& display, Settings settings);

  Status run();    // all steps; the error is that of the step that failed, and has been shown
  Status clean();  // deletes all that, and purges the account, whose name is kept for 48 hours else

 private:
  // One step: the command that it stands for, and what it does. The text that it gives is shown with its time.
  using Work = std::function<Result<std::string>()>;
  Status step(const std::string& title, const std::string& command, const Work& work);

  // control plane (resources.cc)
  Result<std::string> create_group();
  Result<std::string> create_cluster();
  Result<std::string> create_account();
  Result<std::string> create_deployment();
  Result<std::string> create_registry();
  Result<std::string> enable_anonymous_pull();
  Result<std::string> create_identity();
  Result<std::string> create_connection();
  Result<std::string> delete_group();
  Result<std::string> purge_account();
  // images (images.cc)
  Result<std::string> build_image();
  Result<std::string> list_repositories();
  Status follow_build_log(const std::string& link);
  // the cluster (pods.cc)
  Result<std::string> get_credentials();
  Result<std::string> apply_pod();
  Result<std::string> get_pod();
  Result<std::string> pod_log();
  Result<Json> pod_manifest() const;
  Status wait_for_pod();
  Status wait_until_gone(const Json& pod);

  Azure& azure_;
  Display& display_;
  Settings settings_;
  std::string identity_id_, client_id_, connection_;
  std::unique_ptr<cluster::KubeClient> kube_;
};

}  // namespace lazuli::tutorial
