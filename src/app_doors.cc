#include "app_doors.h"

#include "app_metadata.h"
#include "base/text.h"
#include "cluster/address_plan.h"
#include "cluster/identity_access.h"
#include "crypto/certificates.h"
#include "crypto/keys.h"
#include "providers/container_service/identity_bindings.h"

namespace lazuli {

namespace {

constexpr std::string_view kManagedBy = "app.kubernetes.io/managed-by";
constexpr std::string_view kTrustDigest = "lazuli.dev/trust-digest";
constexpr std::string_view kTokenService = "login.microsoftonline.com";
constexpr std::size_t kReviewLimit = std::size_t{8}
                                     << 20;  // an AdmissionReview holds an object of at most 3 MiB, twice

access::Principal kubelet_of(arm::Service& service, const std::string& cluster_id, const std::string& tenant_id) {
  access::Principal kubelet;
  kubelet.type = access::PrincipalType::managed_identity;
  kubelet.tenant_id = tenant_id;
  if (const auto found = service.resources().get(cluster_id)) {
    if (const Json* identity = found->property("identityProfile")) {
      kubelet.object_id = string_at(*identity, "kubeletidentity", "objectId");
      kubelet.app_id = string_at(*identity, "kubeletidentity", "clientId");
    }
  }
  return kubelet;
}

JsonObject trust_config_map(std::string_view name_space, const Trust& trust, const std::string& digest) {
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata",
           {{"name", workload_identity::kTrustConfigMap},
            {"namespace", name_space},
            {"labels", {{kManagedBy, "lazuli"}}},
            {"annotations", {{kTrustDigest, digest}}}}},
          {"data",
           {{workload_identity::kTrustBundleKey, trust.bundle()}, {workload_identity::kTrustRootKey, trust.root()}}},
          {"binaryData", {{workload_identity::kTrustJavaKey, base64(trust.java_store())}}}};
}

// The cluster that sent a review, seen through its API.
class ReviewedCluster final : public workload_identity::Cluster {
 public:
  ReviewedCluster(cluster::KubeClient& client, const Trust& trust) : client_(client), trust_(trust) {}

  Result<Json> service_account(std::string_view name_space, std::string_view name) override {
    return client_.get(path(name_space, "serviceaccounts", name));
  }

  Status ensure_trust(std::string_view name_space) override {
    const std::string digest = hex(crypto::sha256(trust_.bundle()));
    const std::string at = path(name_space, "configmaps", workload_identity::kTrustConfigMap);
    if (const auto there = client_.get(at)) {
      const Json* annotations = find(*there, "metadata", "annotations");
      if (annotations && string_or(find_member(*annotations, kTrustDigest)) == digest) return {};
    }
    const auto applied = client_.apply(at, trust_config_map(name_space, trust_, digest));
    return applied ? Status() : Status(applied.error());
  }

 private:
  static std::string path(std::string_view name_space, std::string_view kind, std::string_view name) {
    return "/api/v1/namespaces/" + percent_encode(name_space) + "/" + std::string(kind) + "/" + percent_encode(name);
  }

  cluster::KubeClient& client_;
  const Trust& trust_;
};

}  // namespace

void ClusterDoors::attach(net::Server* server) {
  const std::lock_guard lock(mutex_);
  server_ = server;
  if (!server_) open_.clear();
}

Result<cluster::Doors::Opened> ClusterDoors::open(std::string_view cluster_id, const Site& site,
                                                  const net::TlsIdentity& webhook_identity) {
  close(cluster_id);
  const std::lock_guard lock(mutex_);
  if (!server_) return Error{"ShuttingDown", "lazuli is being stopped.", 503};
  std::vector<net::Endpoint>& endpoints = open_[to_lower(cluster_id)];
  Status opened;
  const auto keep = [&](Result<net::Endpoint> one) -> unsigned short {
    if (!one) {
      if (opened) opened = one.error();
      return 0;
    }
    endpoints.push_back(*one);
    return one->port;
  };
  Opened ports;
  const std::string id(cluster_id);
  ports.tls = keep(server_->listen_tls({site.address, ports.tls}));
  ports.webhook = keep(server_->listen_tls({site.address}, webhook_identity, webhook_handler(id, site)));
  // Who comes by the nodes' door is taken for the cluster's kubelet: it is opened on a link of the cluster's own alone.
  if (!site.attached) ports.nodes = keep(server_->listen_http({site.address}, node_handler(id)));
  if (const auto& inside = site.network_namespace; !inside.empty()) {
    const net::Endpoint metadata{cluster::kMetadataAddress, cluster::kMetadataPort, inside};
    keep(server_->listen_http(metadata, metadata_handler(id)));
    const net::Endpoint proxy{cluster::kMetadataAddress, cluster::kTokenProxyPort, inside};
    keep(server_->listen_tls(proxy, parts_.trust.listener(), token_proxy_handler(id)));
  }
  if (opened) return ports;
  for (const auto& endpoint : endpoints) server_->close(endpoint);
  open_.erase(to_lower(cluster_id));
  return opened.error();
}

void ClusterDoors::close(std::string_view cluster_id) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(to_lower(cluster_id));
  if (found == open_.end()) return;
  for (const auto& endpoint : found->second) server_->close(endpoint);
  open_.erase(found);
}

net::StreamHandler ClusterDoors::node_handler(std::string cluster_id) {
  return
      [this, cluster_id = std::move(cluster_id)](net::Exchange& exchange) { return serve_node(exchange, cluster_id); };
}

net::Task<void> ClusterDoors::serve_node(net::Exchange& exchange, std::string cluster_id) {
  access::Principal kubelet;
  co_await net::run_on(parts_.pool, [&] { kubelet = kubelet_of(parts_.service, cluster_id, parts_.tenant_id); });
  co_await parts_.registry.serve_node(exchange, kubelet);
}

net::StreamHandler ClusterDoors::metadata_handler(std::string cluster_id) {
  return net::on_pool(parts_.pool, [this, cluster_id = std::move(cluster_id)](const net::Request& request) {
    const auto cluster = parts_.service.resources().get(cluster_id);
    return parts_.entra.metadata(request, cluster ? metadata_node(*cluster) : entra::MetadataNode());
  });
}

entra::TokenProxy ClusterDoors::token_proxy(const std::string& cluster_id) const {
  cluster::Clusters* clusters = clusters_;
  entra::TokenProxy proxy;
  if (clusters) {
    if (auto issuer = clusters->issuer(cluster_id)) proxy.issuer = *std::move(issuer);
  }
  proxy.is_bound = [this, cluster_id](const std::string& client_id) {
    return providers::container_service::find_binding(parts_.service, cluster_id, client_id).has_value();
  };
  proxy.check = [clusters, cluster_id](const std::string& client_id, const std::string& subject) -> Status {
    const auto client = clusters->client(cluster_id);
    if (!client) return Error{"Unreachable", client.error().message, 503};
    return cluster::check_identity_access(*cluster::objects_of(*client), client_id, subject);
  };
  return proxy;
}

// Some libraries send the name of the token service here, others that of the door.
net::StreamHandler ClusterDoors::token_proxy_handler(std::string cluster_id) {
  return net::on_pool(parts_.pool, [this, cluster_id = std::move(cluster_id)](const net::Request& request) {
    net::Request forwarded = request;
    forwarded.host = kTokenService;
    return parts_.entra.login_by_proxy(forwarded, token_proxy(cluster_id));
  });
}

net::StreamHandler ClusterDoors::webhook_handler(std::string cluster_id, Site site) {
  auto review = [this, cluster_id = std::move(cluster_id),
                 site = std::move(site)](const net::Request& request) -> net::Response {
    if (request.path != "/mutate" || request.method != "POST") return net::Response::empty(404);
    const auto body = parse_json(request.body);
    if (!body) return net::Response::text(400, body.error().message + "\n");
    cluster::Clusters* clusters = clusters_;
    if (!clusters) return net::Response::empty(503);
    const auto client = clusters->client(cluster_id);
    if (!client) return net::Response::text(503, client.error().message + "\n");
    const auto resource = parts_.service.resources().get(cluster_id);
    const Json* security = resource ? resource->property("securityProfile") : nullptr;
    workload_identity::Settings settings;
    settings.identity = security && bool_or(find(*security, "workloadIdentity", "enabled"));
    settings.tenant_id = parts_.tenant_id;
    settings.root_folder_name = crypto::folder_name(parts_.trust.root());
    if (!site.network_namespace.empty()) {
      settings.token_proxy =
          "https://" + std::string(cluster::kMetadataAddress) + ":" + std::to_string(cluster::kTokenProxyPort);
      settings.token_proxy_name = kTokenService;
    }
    settings.host_address = site.address;
    settings.own_dns = !site.attached;
    settings.host_names = host_names();
    ReviewedCluster reviewed(**client, parts_.trust);
    return net::Response::json(200, workload_identity::review(*body, settings, reviewed));
  };
  return net::on_pool(parts_.pool, std::move(review), kReviewLimit);
}

// A hosts file knows no wildcards: the names that are fixed, and those of the accounts and registries there are now.
std::vector<std::string> ClusterDoors::host_names() const {
  std::vector<std::string> names;
  for (const auto& name : parts_.names)
    if (!name.starts_with('.')) names.push_back(name);
  for (const auto& account : parts_.service.resources().of_type("Microsoft.CognitiveServices/accounts")) {
    if (const auto url = net::parse_url(account.property_text("endpoint"))) names.push_back(url->host);
  }
  for (const auto& registry : parts_.service.resources().of_type("Microsoft.ContainerRegistry/registries")) {
    if (auto server = registry.property_text("loginServer"); !server.empty()) names.push_back(to_lower(server));
  }
  return names;
}

}  // namespace lazuli
