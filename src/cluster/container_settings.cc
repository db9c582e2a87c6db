#include "cluster/settings.h"

namespace lazuli::cluster {

// Settings of containerd 1.6 and newer (version 2 of the file's format).
std::string containerd_settings(const Folders& folders, const AddressPlan& plan, const ContainerdChoices& choices) {
  std::string text;
  text += "version = 2\n";
  text += "root = \"" + folders.containerd() + "\"\n";
  text += "state = \"" + plan.runtime_directory() + "/containerd\"\n";
  text +=
      "disabled_plugins = [\"io.containerd.snapshotter.v1.aufs\", \"io.containerd.snapshotter.v1.btrfs\", "
      "\"io.containerd.snapshotter.v1.devmapper\", \"io.containerd.snapshotter.v1.zfs\", "
      "\"io.containerd.internal.v1.tracing\", \"io.containerd.tracing.processor.v1.otlp\"]\n";
  text += "[grpc]\naddress = \"" + plan.containerd_socket() + "\"\n";
  text += "[plugins.\"io.containerd.grpc.v1.cri\"]\n";
  text += "sandbox_image = \"" + std::string(kPauseImage) + "\"\n";
  // Without CAP_SYS_RESOURCE (many CI containers) a sandbox's oom score cannot be lowered, and runc would fail.
  text += "restrict_oom_score_adj = true\n";
  text += "netns_mounts_under_state_dir = true\n";
  text += "[plugins.\"io.containerd.grpc.v1.cri\".cni]\n";
  text += "bin_dir = \"" + choices.cni_plugins + "\"\n";
  text += "conf_dir = \"" + folders.settings() + "/cni\"\n";
  text += "[plugins.\"io.containerd.grpc.v1.cri\".registry]\n";
  text += "config_path = \"" + folders.settings() + "/registries\"\n";
  text += "[plugins.\"io.containerd.grpc.v1.cri\".containerd]\n";
  text += "snapshotter = \"" + choices.snapshotter + "\"\n";
  text += "default_runtime_name = \"runc\"\n";
  text += "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n";
  text += "runtime_type = \"io.containerd.runc.v2\"\n";
  text += "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\n";
  text += "Root = \"" + plan.runtime_directory() + "/runc\"\n";
  text += "SystemdCgroup = false\n";
  return text;
}

std::string registry_hosts(const AddressPlan& plan, unsigned short node_door) {
  const std::string door = "http://" + plan.host_address() + ":" + std::to_string(node_door);
  return "server = \"" + door + "\"\n[host.\"" + door + "\"]\ncapabilities = [\"pull\", \"resolve\"]\n";
}

Json pod_network(const Folders& folders, const AddressPlan& plan) {
  const JsonObject addresses{{"type", "host-local"},
                             {"dataDir", folders.networks()},
                             {"ranges", JsonArray{JsonArray{JsonObject{{"subnet", plan.pod_range()}}}}},
                             {"routes", JsonArray{JsonObject{{"dst", "0.0.0.0/0"}}}}};
  // No masquerading here: to lazuli and to each other pods show their own addresses (see network.cc for the outside).
  const JsonObject bridge{
      {"type", "bridge"}, {"bridge", "pods0"}, {"isGateway", true}, {"hairpinMode", true}, {"ipam", addresses}};
  const JsonObject ports{{"type", "portmap"}, {"capabilities", JsonObject{{"portMappings", true}}}};
  return JsonObject{{"cniVersion", "0.4.0"}, {"name", plan.network()}, {"plugins", JsonArray{bridge, ports}}};
}

}  // namespace lazuli::cluster
