// A Kubernetes on this machine: four processes (container runtime, control plane, node, outbound network) in a network
// namespace, a mount namespace and control groups of their own.
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "cluster/certificates.h"
#include "cluster/engine.h"
#include "cluster/kubeconfig.h"
#include "cluster/leftovers.h"
#include "cluster/network.h"
#include "cluster/node_ready.h"
#include "cluster/private_mounts.h"
#include "cluster/processes.h"
#include "cluster/settings.h"
#include "cluster/toolbox.h"
#include "cluster/webhook_settings.h"

namespace lazuli::cluster {
namespace {

constexpr std::uint64_t kLeastFreeBytes = std::uint64_t{1} << 30;
constexpr auto kPodsGrace = std::chrono::milliseconds(1000);
constexpr auto kStartLimit = std::chrono::minutes(3);
constexpr long kOverlayMagic = 0x794c7630;

Status check_space(const std::string& folder) {
  struct statvfs file_system {};
  if (::statvfs(folder.c_str(), &file_system) != 0) return {};
  const std::uint64_t free = std::uint64_t{file_system.f_bavail} * file_system.f_frsize;
  if (free >= kLeastFreeBytes) return {};
  return Error{"DiskFull",
               "The disk of " + folder + " has " + std::to_string(free >> 20) +
                   " MiB free, and a cluster needs at least " + std::to_string(kLeastFreeBytes >> 20) +
                   " MiB. Make room, or choose another state directory (--state).",
               409};
}

// An overlay cannot lie on another one (a state directory inside a container): then files are copied instead.
std::string snapshotter_for(const std::string& folder) {
  struct statfs file_system {};
  const bool overlay = ::statfs(folder.c_str(), &file_system) == 0 && file_system.f_type == kOverlayMagic;
  return overlay ? "native" : "overlayfs";
}

bool accepts_connections(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return false;
  socket_path.copy(address.sun_path, socket_path.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(descriptor);
  return connected;
}

class LocalCluster final : public Engine {
 public:
  LocalCluster(const EngineParts& parts, ClusterSpec spec, std::string folder)
      : parts_(parts), spec_(std::move(spec)), folders_{std::move(folder)}, certificates_(folders_.pki()) {}
  ~LocalCluster() override {
    if (plan_) halt();
  }

  Status start(const Progress& progress, const Cancelled& cancelled) override;
  Status stop(const Progress& progress) override;
  Status remove(const Progress& progress) override;
  bool running() const override { return running_; }
  Result<std::shared_ptr<KubeClient>> client() const override;
  Result<std::string> kubeconfig(bool admin) const override;
  Result<Json> service_account_keys() const override { return certificates_.service_account_keys(); }
  Result<std::string> issuer() const override { return spec_.issuer; }
  Result<std::string> kubectl() const override {
    const auto toolbox = find_toolbox(parts_.bundle_program);
    if (!toolbox) return toolbox.error();
    return (toolbox->bundle / "kubectl").string();
  }

 private:
  Status bring_up(const Toolbox& toolbox, const Progress& progress, const Cancelled& cancelled);
  Status claim();
  Status write_settings(const Toolbox& toolbox, unsigned short node_door);
  Status start_containers(const Toolbox& toolbox, const Cancelled& cancelled);
  Status start_outbound(const Toolbox& toolbox);
  Status prepare_store() const;
  Status start_control_plane(const Toolbox& toolbox, const Cancelled& cancelled);
  Status set_up_objects(KubeClient& client);
  Status start_node(const Toolbox& toolbox);
  void halt(std::chrono::milliseconds pods_grace = kPodsGrace);
  void set_client(std::shared_ptr<KubeClient> client);

  static std::string server(int number) {
    return "https://" + AddressPlan{number}.node_address() + ":" + std::to_string(kApiPort);
  }
  Result<KubeAccess> access_as(const std::string& identity, int number) const;

  EngineParts parts_;
  ClusterSpec spec_;
  Folders folders_;
  Certificates certificates_;
  std::optional<AddressPlan> plan_;
  unsigned short webhook_port_ = 0;
  std::optional<Cgroups> cgroups_;
  std::unique_ptr<Processes> processes_;
  mutable std::mutex client_mutex_;
  std::shared_ptr<KubeClient> client_;  // from when the API server is ready
  std::atomic<int> number_{0};          // of plan_, for readers; 0: there is none
  std::atomic<bool> running_{false};
};

Status LocalCluster::start(const Progress& progress, const Cancelled& cancelled) {
  if (running_) {
    const auto own = client();
    return own ? set_up_objects(**own) : Status(own.error());
  }
  const auto toolbox = find_toolbox(parts_.bundle_program);
  if (!toolbox) return toolbox.error();
  for (const auto& folder : {folders_.root, folders_.settings() + "/cni", folders_.settings() + "/registries/_default",
                             folders_.logs(), folders_.pod_logs()})
    if (auto made = make_directories(folder); !made) return made;
  if (auto enough = check_space(folders_.root); !enough) return enough;
  auto cgroups = Cgroups::of_machine();
  if (!cgroups) return cgroups.error();
  cgroups_ = *cgroups;
  sweep_owned(*cgroups_, folders_.root);
  auto up = bring_up(*toolbox, progress, cancelled);
  if (!up) {
    halt();
    return up;
  }
  running_ = true;
  if (parts_.broken) {
    processes_->watch([this](const std::string& name) {
      running_ = false;
      parts_.log.error("cluster", "a part of a cluster ended by itself", {{"cluster", spec_.name}, {"process", name}});
      parts_.broken(spec_.id);
    });
  }
  return {};
}

Status LocalCluster::bring_up(const Toolbox& toolbox, const Progress& progress, const Cancelled& cancelled) {
  progress("network namespace and certificates");
  if (auto claimed = claim(); !claimed) return claimed;
  if (auto made = certificates_.prepare(*plan_, spec_.node_name, spec_.api_name, parts_.clock, parts_.random); !made)
    return made;
  const auto identity = certificates_.webhook();
  if (!identity) return identity.error();
  const auto opened = parts_.doors.open(
      spec_.id, {.address = plan_->host_address(), .network_namespace = plan_->network_namespace_path()}, *identity);
  if (!opened) return opened.error();
  if (auto written = write_settings(toolbox, opened->nodes); !written) return written;

  progress("container runtime and control plane");
  auto containers = std::async(std::launch::async, [&] { return start_containers(toolbox, cancelled); });
  auto control_plane = start_control_plane(toolbox, cancelled);
  auto contained = containers.get();
  if (!control_plane) return control_plane;
  if (!contained) return contained;
  if (auto begun = start_outbound(toolbox); !begun) return begun;

  progress("cluster DNS and admission webhook");
  const auto own = access_as("lazuli", number_);
  if (!own) return own.error();
  const auto client = std::make_shared<KubeClient>(*own);
  set_client(client);
  webhook_port_ = opened->webhook;
  if (auto done = set_up_objects(*client); !done) return done;

  progress("node");
  if (auto begun = start_node(toolbox); !begun) return begun;
  return wait_for_node(*client, spec_.node_name, plan_->node_address(), kStartLimit, cancelled,
                       [&] { return processes_->failure(); });
}

Status LocalCluster::claim() {
  const auto before = read_file(folders_.root + "/number", 16);
  auto plan = claim_number(folders_.root, before ? std::atoi(before->c_str()) : 0);
  if (!plan) return plan.error();
  plan_ = *plan;
  number_ = plan->number;
  if (auto written = write_file(folders_.root + "/number", std::to_string(plan_->number)); !written) return written;
  if (auto set_up = set_up_network(*plan_); !set_up) return set_up;
  if (auto made = cgroups_->make(plan_->cgroup()); !made) return made;
  processes_ = std::make_unique<Processes>(*cgroups_, *plan_, folders_);
  return {};
}

Status LocalCluster::write_settings(const Toolbox& toolbox, unsigned short node_door) {
  const std::string folder = folders_.settings();
  std::vector<std::pair<std::string, std::string>> files{
      {"containerd.toml", containerd_settings(folders_, *plan_, {toolbox.cni_plugins, snapshotter_for(folders_.root)})},
      {"registries/_default/hosts.toml", registry_hosts(*plan_, node_door)},
      {"cni/10-pods.conflist", to_pretty(pod_network(folders_, *plan_))},
      {"kubelet.json", to_pretty(kubelet_settings(folders_, *plan_, spec_))},
      {"proxy.json", to_pretty(proxy_settings(folders_, *plan_, spec_))},
      {"resolv.conf", "nameserver " + plan_->node_address() + "\n"},
      {"Corefile", dns_settings(folders_, *plan_, parts_.names, toolbox.outbound)},
  };
  for (const char* part : {"controller-manager", "scheduler", "node", "proxy", "dns"})
    files.emplace_back(part + std::string(".kubeconfig"),
                       to_pretty(kubeconfig_with_files(folders_.pki(), server(number_), part)));
  for (const auto& [name, content] : files)
    if (auto written = write_file(std::filesystem::path(folder) / name, content); !written) return written;
  return {};
}

Status LocalCluster::start_containers(const Toolbox& toolbox, const Cancelled& cancelled) {
  const std::string socket = plan_->containerd_socket();
  const auto command = in_new_mounts(
      folders_, *plan_, {find_program("containerd"), "--config", folders_.settings() + "/containerd.toml"});
  if (auto begun = processes_->start("containerd", command); !begun) return begun;
  auto listening = wait_until(
      "containerd listens", kStartLimit, cancelled, [&] { return accepts_connections(socket); },
      [&] { return processes_->failure(); });
  if (!listening) return listening;
  const std::vector<std::string> ctr{"ctr", "--address", socket, "--namespace", "k8s.io", "images"};
  auto ask = ctr;
  ask.insert(ask.end(), {"list", "--quiet", "name==" + std::string(kPauseImage)});
  const auto present = run(Command{.arguments = ask}, std::chrono::seconds(30));
  if (present && present->code == 0 && !trim(present->output).empty()) return {};
  auto import = ctr;
  import.insert(import.end(), {"import", "--snapshotter", snapshotter_for(folders_.root), toolbox.pause_image});
  const auto imported = run(Command{.arguments = import}, std::chrono::seconds(60));
  if (!imported) return imported.error();
  if (imported->code != 0)
    return Error{"ClusterStartFailed",
                 "The sandbox image could not be imported: " + std::string(trim(imported->output)), 500};
  return {};
}

// Outbound traffic of the node and its pods goes through a user-mode network of a process of the host, so that nothing
// of the host's own forwarding or firewall has to change. Without it a cluster works, but reaches only lazuli.
Status LocalCluster::start_outbound(const Toolbox& toolbox) {
  if (!toolbox.outbound) {
    parts_.log.warning("cluster", "pods cannot reach the outside: slirp4netns or /dev/net/tun is missing");
    return {};
  }
  return processes_->start(
      "outbound",
      {"slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", "--cidr=" + plan_->outbound_range(),
       "--netns-type=path", plan_->network_namespace_path(), kOutboundLink},
      {.network = Processes::Network::host, .essential = false});
}

// An etcd that is killed while it makes its first files may find no member in them, and wait for a leader for ever.
// Until the API server has been ready once there is nothing in it that anybody was promised: it begins anew.
Status LocalCluster::prepare_store() const {
  std::error_code failed;
  if (std::filesystem::exists(folders_.new_store())) std::filesystem::remove_all(folders_.store(), failed);
  if (failed) return Error{"ClusterStartFailed", folders_.store() + ": " + failed.message(), 500};
  return std::filesystem::exists(folders_.store()) ? Status() : write_file(folders_.new_store(), "");
}

Status LocalCluster::start_control_plane(const Toolbox& toolbox, const Cancelled& cancelled) {
  if (auto prepared = prepare_store(); !prepared) return prepared;
  if (auto begun =
          processes_->start("control-plane", control_plane_command(toolbox.kubernetes, folders_, *plan_, spec_));
      !begun)
    return begun;
  const auto own = access_as("lazuli", number_);
  if (!own) return own.error();
  KubeClient client(*own);
  auto ready = wait_until(
      "the API server is ready", kStartLimit, cancelled, [&] { return client.text("/readyz").ok(); },
      [&] { return processes_->failure(); });
  std::error_code ignored;
  if (ready) std::filesystem::remove(folders_.new_store(), ignored);
  return ready;
}

Status LocalCluster::set_up_objects(KubeClient& client) {
  const auto authority = certificates_.text("ca.crt");
  if (!authority) return authority.error();
  auto objects = dns_objects(*plan_);
  objects.emplace_back(webhook_path(), webhook_configuration({plan_->host_address(), webhook_port_, *authority}));
  for (const auto& [path, object] : objects)
    if (const auto applied = client.apply(path, object); !applied) return applied.error();
  return {};
}

Status LocalCluster::start_node(const Toolbox& toolbox) {
  const auto command = node_command(toolbox.kubernetes, folders_, *plan_, spec_);
  return processes_->start("node", in_mounts_of(processes_->pid("containerd"), command));
}

Status LocalCluster::stop(const Progress& progress) {
  progress("stopping");
  halt();
  return {};
}

void LocalCluster::halt(std::chrono::milliseconds pods_grace) {
  running_ = false;
  set_client(nullptr);
  parts_.doors.close(spec_.id);
  if (processes_) {
    processes_->stop({"node"});
    cgroups_->end_pods(plan_->cgroup(), pods_grace);
    processes_->stop({"control-plane", "outbound", "containerd"});
  }
  processes_.reset();
  if (plan_ && cgroups_) sweep(*cgroups_, *plan_);
  plan_.reset();
  number_ = 0;
}

Status LocalCluster::remove(const Progress& progress) {
  progress("removing the cluster");
  halt(std::chrono::milliseconds(0));
  if (const auto cgroups = Cgroups::of_machine()) sweep_owned(*cgroups, folders_.root);
  return remove_tree(folders_.root);
}

Result<std::shared_ptr<KubeClient>> LocalCluster::client() const {
  const std::lock_guard lock(client_mutex_);
  if (client_) return client_;
  return Error{"ClusterNotRunning", "The cluster " + spec_.name + " is not running.", 409};
}

void LocalCluster::set_client(std::shared_ptr<KubeClient> client) {
  const std::lock_guard lock(client_mutex_);
  client_ = std::move(client);
}

Result<KubeAccess> LocalCluster::access_as(const std::string& identity, int number) const {
  auto authority = certificates_.text("ca.crt");
  if (!authority) return authority.error();
  auto certificate = certificates_.text(identity + ".crt");
  if (!certificate) return certificate.error();
  auto key = certificates_.text(identity + ".key");
  if (!key) return key.error();
  return KubeAccess{server(number), std::move(*authority), std::move(*certificate), std::move(*key), {}};
}

// Of a stopped cluster too, as on AKS: it comes back with the number that it had, if that is still free.
Result<std::string> LocalCluster::kubeconfig(bool admin) const {
  int number = number_;
  if (number == 0) {
    const auto before = read_file(folders_.root + "/number", 16);
    number = before ? std::atoi(before->c_str()) : 0;
  }
  if (number == 0) return Error{"ClusterNotRunning", "The cluster " + spec_.name + " has not been started yet.", 409};
  const auto user = access_as("user", number);
  if (!user) return user.error();
  const auto token = certificates_.text("user.token");
  if (!token) return token.error();
  return kubeconfig_text(spec_.name, *user,
                         {(admin ? "clusterAdmin_" : "clusterUser_") + group_of(spec_.id) + "_" + spec_.name,
                          user->client_certificate, user->client_key, *token});
}

}  // namespace

std::unique_ptr<Engine> make_local_cluster(const EngineParts& parts, const ClusterSpec& spec, std::string folder) {
  return std::make_unique<LocalCluster>(parts, spec, std::move(folder));
}

}  // namespace lazuli::cluster
