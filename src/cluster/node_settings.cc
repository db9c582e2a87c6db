#include <algorithm>

#include "base/text.h"
#include "cluster/settings.h"

namespace lazuli::cluster {

Json kubelet_settings(const Folders& folders, const AddressPlan& plan, const ClusterSpec& spec) {
  return JsonObject{
      {"apiVersion", "kubelet.config.k8s.io/v1beta1"},
      {"kind", "KubeletConfiguration"},
      {"address", plan.node_address()},
      {"authentication", JsonObject{{"anonymous", JsonObject{{"enabled", false}}},
                                    {"webhook", JsonObject{{"enabled", true}}},
                                    {"x509", JsonObject{{"clientCAFile", folders.pki() + "/ca.crt"}}}}},
      {"authorization", JsonObject{{"mode", "Webhook"}}},
      {"tlsCertFile", folders.pki() + "/kubelet.crt"},
      {"tlsPrivateKeyFile", folders.pki() + "/kubelet.key"},
      {"readOnlyPort", 0},
      {"healthzPort", 0},
      {"cgroupDriver", "cgroupfs"},
      {"cgroupRoot", "/" + plan.cgroup()},
      {"enforceNodeAllocatable", JsonArray{}},
      {"failSwapOn", false},
      {"failCgroupV1", false},
      {"clusterDNS", JsonArray{kDnsService}},
      {"clusterDomain", "cluster.local"},
      // For pods that do not ask the cluster's DNS: they find Azure's names too, because it is the same server.
      {"resolvConf", folders.settings() + "/resolv.conf"},
      {"containerRuntimeEndpoint", "unix://" + plan.containerd_socket()},
      {"podLogsDir", folders.pod_logs()},
      {"maxPods", 250},
      {"evictionHard",
       JsonObject{{"memory.available", "100Mi"}, {"nodefs.available", "1%"}, {"imagefs.available", "1%"}}},
      {"imageGCHighThresholdPercent", 100},  // never: the sandbox image could not be fetched again
      {"providerID", "azure://" + to_lower(spec.id) + "/virtualMachines/" + spec.node_name},
      {"shutdownGracePeriod", "0s"},
  };
}

Json proxy_settings(const Folders& folders, const AddressPlan& plan, const ClusterSpec& spec) {
  return JsonObject{
      {"apiVersion", "kubeproxy.config.k8s.io/v1alpha1"},
      {"kind", "KubeProxyConfiguration"},
      {"mode", "iptables"},  // nftables fails on kernels without its NAT modules
      {"clientConnection", JsonObject{{"kubeconfig", folders.settings() + "/proxy.kubeconfig"}}},
      {"clusterCIDR", plan.pod_range()},
      {"hostnameOverride", spec.node_name},
      {"healthzBindAddress", ""},
      {"metricsBindAddress", "127.0.0.1:10249"},
      // Zero: leave the machine's connection tracking as it is.
      {"conntrack", JsonObject{{"maxPerCore", 0},
                               {"min", 0},
                               {"tcpEstablishedTimeout", "0s"},
                               {"tcpCloseWaitTimeout", "0s"},
                               {"udpTimeout", "0s"},
                               {"udpStreamTimeout", "0s"}}},
  };
}

std::string dns_settings(const Folders& folders, const AddressPlan& plan, const std::vector<std::string>& names,
                         bool outbound) {
  std::string text;
  if (!names.empty()) {
    // A zone is a name and all below it, so "x" and ".x" are one.
    std::vector<std::string> zones;
    for (const auto& name : names) {
      const std::string zone = name.starts_with('.') ? name.substr(1) : name;
      if (std::ranges::find(zones, zone) == zones.end()) zones.push_back(zone);
    }
    for (const auto& zone : zones) text += zone + ":53 ";
    text += "{\n  bind " + plan.node_address() + "\n  errors\n";
    text += "  template IN A {\n    answer \"{{ .Name }} 60 IN A " + plan.host_address() + "\"\n  }\n";
    text += "  template ANY ANY {\n    rcode NOERROR\n  }\n}\n";
  }
  text += ".:53 {\n  bind " + plan.node_address() + "\n  errors\n";
  text += "  kubernetes cluster.local in-addr.arpa ip6.arpa {\n    kubeconfig " + folders.settings() +
          "/dns.kubeconfig\n    pods insecure\n    fallthrough in-addr.arpa ip6.arpa\n    ttl 30\n  }\n";
  if (outbound) text += "  forward . " + plan.outbound_resolver() + "\n";
  text += "  cache 30\n}\n";
  return text;
}

std::string node_labels(const ClusterSpec& spec) {
  return join({"agentpool=" + spec.pool_name, "kubernetes.azure.com/agentpool=" + spec.pool_name,
               "kubernetes.azure.com/cluster=" + spec.node_group, "kubernetes.azure.com/mode=system",
               "kubernetes.azure.com/role=agent", "kubernetes.azure.com/os-sku=Ubuntu",
               "node.kubernetes.io/instance-type=" + spec.vm_size, "beta.kubernetes.io/instance-type=" + spec.vm_size,
               "topology.kubernetes.io/region=" + spec.location, "topology.kubernetes.io/zone=0",
               "failure-domain.beta.kubernetes.io/region=" + spec.location},
              ",");
}

std::vector<std::string> node_command(const std::string& program, const Folders& folders, const AddressPlan& plan,
                                      const ClusterSpec& spec) {
  const std::string settings = folders.settings();
  return {program,
          "coredns",
          settings + "/Corefile",
          "+",
          "kubelet",
          "--config=" + settings + "/kubelet.json",
          "--kubeconfig=" + settings + "/node.kubeconfig",
          "--root-dir=" + folders.kubelet(),
          "--cert-dir=" + folders.pki(),
          "--node-ip=" + plan.node_address(),
          "--hostname-override=" + spec.node_name,
          "--node-labels=" + node_labels(spec),
          "+",
          "kube-proxy",
          "--config=" + settings + "/proxy.json"};
}

}  // namespace lazuli::cluster
