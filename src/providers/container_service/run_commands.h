// `az aks command invoke` and `az aks command result`: managedClusters/C/runCommand and …/commandResults/ID. A command
// is a stored resource below its cluster and an operation of the journal; it runs in a pod of the cluster
// (command_pod.h). Its text and files are kept with it until the pod is made, and the pod until the result is kept, so
// that after a crash it goes on from what is there and no command runs twice. Thread-safe.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "arm/service.h"
#include "cluster/command_pod.h"
#include "cluster/objects.h"

namespace lazuli::providers::container_service {

class RunCommands {
 public:
  // The path of kubectl on the node of a cluster; an error if commands cannot run there.
  using Kubectl = std::function<Result<std::string>(std::string_view cluster_id)>;

  RunCommands(arm::Service& service, cluster::ObjectsOf objects, Kubectl kubectl)
      : service_(service), objects_(std::move(objects)), kubectl_(std::move(kubectl)) {}

  // Tells the journal of its kind.
  void define();

  Result<arm::Answer> post(const arm::Call& call);
  Result<arm::Answer> get(const arm::Call& call) const;
  // Ends what runs in a cluster and takes it away, for when the cluster is stopped. Returns when that is done.
  void end_all(const arm::ResourceId& cluster);

 private:
  struct Running {
    arm::ResourceId cluster;
    bool end = false;  // asked to
  };

  Result<cluster::PodCommand> prepared(const arm::Call& call, const arm::Resource& cluster) const;
  Result<arm::Operation> begin(const arm::ResourceId& cluster, const arm::ResourceId& id,
                               const cluster::PodCommand& command);
  Result<arm::Answer> await_start(const arm::ResourceId& id, arm::Answer begun);

  Result<Json> run(arm::OperationContext& context);
  Result<Json> run_to_end(arm::OperationContext& context, const arm::ResourceId& id);
  // Until the command has ended or cannot go on.
  Result<cluster::CommandProgress> followed(arm::OperationContext& context, const arm::ResourceId& id);
  Result<cluster::CommandProgress> look(const arm::Resource& command, const arm::ResourceId& id);
  Status settle(const arm::ResourceId& id, JsonObject properties, std::string_view code = {});
  void forget_old(const arm::ResourceId& id);
  bool asked_to_end(const std::string& operation) const;
  void tell();

  arm::Service& service_;
  const cluster::ObjectsOf objects_;
  const Kubectl kubectl_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;         // a command has started or ended
  std::map<std::string, Running> running_;  // by the operation's id
};

}  // namespace lazuli::providers::container_service
