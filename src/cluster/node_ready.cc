#include "cluster/node_ready.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/text.h"
#include "cluster/engine.h"

namespace lazuli::cluster {
namespace {

using std::chrono::steady_clock;

// How long one watch lasts before the other signs of life are looked at again.
constexpr auto kGlance = std::chrono::seconds(1);
constexpr auto kPause = std::chrono::milliseconds(20);

constexpr unsigned short kKubeletPort = 10250, kDnsPort = 53;

bool is_ready(const Json& node) {
  const Json* conditions = find(node, "status", "conditions");
  if (!conditions || !conditions->is_array()) return false;
  for (const auto& each : conditions->get_array())
    if (string_at(each, "type") == "Ready") return string_at(each, "status") == "True";
  return false;
}

bool listens(const std::string& address, unsigned short port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) return false;
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  ::close(descriptor);
  return connected;
}

}  // namespace

Status wait_until(const std::string& what, std::chrono::milliseconds limit, const Cancelled& cancelled,
                  const std::function<bool()>& done, const std::function<Status()>& failed) {
  const auto end = steady_clock::now() + limit;
  while (!done()) {
    if (auto well = failed(); !well) return well;
    if (cancelled && cancelled()) return Error{"Cancelled", "Cancelled before " + what + ".", 409};
    if (steady_clock::now() > end) return Error{"ClusterTimeout", "It took too long until " + what + ".", 504};
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

Status wait_for_node(KubeClient& client, const std::string& node, const std::string& node_address,
                     std::chrono::milliseconds limit, const Cancelled& cancelled,
                     const std::function<Status()>& failed) {
  bool ready = false;
  const auto look = [&] {
    // A watch tells of the node the moment it is Ready. Refusals at the start are part of a start.
    [[maybe_unused]] const auto watched = client.watch(
        "/api/v1/nodes?fieldSelector=metadata.name%3D" + percent_encode(node), kGlance, [&](const Json& event) {
          const Json* object = find(event, "object");
          ready = object && is_ready(*object);
          return !ready;
        });
    return ready;
  };
  // First that this node's kubelet runs: of a cluster that starts again, the API remembers a node that was Ready.
  if (auto seen = wait_until(
          "the kubelet listens", limit, cancelled, [&] { return listens(node_address, kKubeletPort); }, failed);
      !seen)
    return seen;
  if (auto seen = wait_until("the node is Ready", limit, cancelled, look, failed); !seen) return seen;
  if (auto seen = wait_until(
          "the cluster's DNS answers", limit, cancelled, [&] { return listens(node_address, kDnsPort); }, failed);
      !seen)
    return seen;
  return wait_until(
      "the default service account is there", limit, cancelled,
      [&] { return client.get("/api/v1/namespaces/default/serviceaccounts/default").ok(); }, failed);
}

std::string group_of(const std::string& cluster_id) {
  const auto words = split(cluster_id, '/');
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (equals_ignoring_case(words[i], "resourceGroups")) return words[i + 1];
  return {};
}

}  // namespace lazuli::cluster
