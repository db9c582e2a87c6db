#include "base/text.h"
#include "cluster/settings.h"

namespace lazuli::cluster {

std::vector<std::string> control_plane_command(const std::string& program, const Folders& folders,
                                               const AddressPlan& plan, const ClusterSpec& spec) {
  const auto pki = [&](const char* name) { return folders.pki() + "/" + name; };
  const std::string issuer = spec.issuer.empty() ? "https://kubernetes.default.svc.cluster.local" : spec.issuer;
  std::vector<std::string> words{program, "etcd", "--data-dir=etcd", "+", "kube-apiserver"};
  const auto add = [&](std::vector<std::string> more) { words.insert(words.end(), more.begin(), more.end()); };
  add({"--etcd-servers=unix://etcd.sock", "--advertise-address=" + plan.node_address(),
       "--secure-port=" + std::to_string(kApiPort), "--service-cluster-ip-range=" + std::string(kServiceRange),
       "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
       "--profiling=false", "--cert-dir=" + folders.pki()});
  add({"--tls-cert-file=" + pki("apiserver.crt"), "--tls-private-key-file=" + pki("apiserver.key"),
       "--client-ca-file=" + pki("ca.crt"), "--token-auth-file=" + pki("tokens.csv")});
  // InternalIP alone: else `kubectl logs` would look the node's name up in the machine's DNS.
  add({"--kubelet-preferred-address-types=InternalIP", "--kubelet-certificate-authority=" + pki("ca.crt"),
       "--kubelet-client-certificate=" + pki("apiserver-kubelet.crt"),
       "--kubelet-client-key=" + pki("apiserver-kubelet.key")});
  // The issuer's URL is served by lazuli under Azure's name, so nothing has to restart when the issuer is turned on.
  add({"--service-account-issuer=" + issuer,
       "--service-account-jwks-uri=" + issuer + (issuer.ends_with('/') ? "" : "/") + "openid/v1/jwks",
       "--service-account-signing-key-file=" + pki("service-accounts.key"),
       "--service-account-key-file=" + pki("service-accounts.pub")});
  add({"--requestheader-client-ca-file=" + pki("front-proxy-ca.crt"), "--requestheader-allowed-names=aggregator",
       "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
       "--requestheader-extra-headers-prefix=X-Remote-Extra-", "--proxy-client-cert-file=" + pki("aggregator.crt"),
       "--proxy-client-key-file=" + pki("aggregator.key")});
  add({"+", "kube-controller-manager", "--kubeconfig=" + folders.settings() + "/controller-manager.kubeconfig",
       "--leader-elect=false", "--secure-port=0", "--profiling=false", "--allocate-node-cidrs=false",
       "--service-account-private-key-file=" + pki("service-accounts.key"), "--root-ca-file=" + pki("ca.crt"),
       "--cluster-signing-cert-file=" + pki("ca.crt"), "--cluster-signing-key-file=" + pki("ca.key")});
  add({"+", "kube-scheduler", "--kubeconfig=" + folders.settings() + "/scheduler.kubeconfig", "--leader-elect=false",
       "--secure-port=0", "--profiling=false"});
  return words;
}

std::vector<std::pair<std::string, Json>> dns_objects(const AddressPlan& plan) {
  const auto rule = [](const char* group, JsonArray resources) {
    return JsonObject{
        {"apiGroups", JsonArray{group}}, {"resources", std::move(resources)}, {"verbs", JsonArray{"list", "watch"}}};
  };
  const JsonObject labels{{"k8s-app", "kube-dns"}, {"kubernetes.io/name", "CoreDNS"}};
  const auto port = [](const char* name, const char* protocol) {
    return JsonObject{{"name", name}, {"port", 53}, {"protocol", protocol}};
  };
  const JsonArray ports{port("dns", "UDP"), port("dns-tcp", "TCP")};
  const JsonObject role{{"apiVersion", "rbac.authorization.k8s.io/v1"},
                        {"kind", "ClusterRole"},
                        {"metadata", JsonObject{{"name", "system:coredns"}}},
                        {"rules", JsonArray{rule("", {"endpoints", "services", "pods", "namespaces"}),
                                            rule("discovery.k8s.io", {"endpointslices"})}}};
  const JsonObject binding{
      {"apiVersion", "rbac.authorization.k8s.io/v1"},
      {"kind", "ClusterRoleBinding"},
      {"metadata", JsonObject{{"name", "system:coredns"}}},
      {"roleRef",
       JsonObject{{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", "system:coredns"}}},
      {"subjects",
       JsonArray{JsonObject{{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "User"}, {"name", "system:coredns"}}}}};
  // The server runs beside the kubelet and not in a pod, so the service has no selector: its one endpoint is the node.
  const JsonObject service{
      {"apiVersion", "v1"},
      {"kind", "Service"},
      {"metadata", JsonObject{{"name", "kube-dns"}, {"namespace", "kube-system"}, {"labels", labels}}},
      {"spec", JsonObject{{"clusterIP", kDnsService}, {"ports", ports}}}};
  const JsonObject endpoints{
      {"apiVersion", "discovery.k8s.io/v1"},
      {"kind", "EndpointSlice"},
      {"metadata", JsonObject{{"name", "kube-dns"},
                              {"namespace", "kube-system"},
                              {"labels", JsonObject{{"kubernetes.io/service-name", "kube-dns"}}}}},
      {"addressType", "IPv4"},
      {"endpoints", JsonArray{JsonObject{{"addresses", JsonArray{plan.node_address()}}}}},
      {"ports", ports}};
  return {{"/apis/rbac.authorization.k8s.io/v1/clusterroles/system:coredns", role},
          {"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:coredns", binding},
          {"/api/v1/namespaces/kube-system/services/kube-dns", service},
          {"/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns", endpoints}};
}

}  // namespace lazuli::cluster
