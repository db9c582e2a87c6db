#include "cluster/network.h"

#include <arpa/inet.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/json.h"
#include "base/process.h"
#include "base/text.h"

namespace lazuli::cluster {
namespace {

constexpr auto kLimit = std::chrono::seconds(20);

Error failed(const std::string& what, const std::string& output) {
  return Error{"NetworkError", "Could not " + what + ": " + std::string(trim(output)), 500};
}

Status ip(const std::string& what, std::vector<std::string> words) {
  words.insert(words.begin(), "ip");
  const auto finished = run(Command{.arguments = words}, kLimit);
  if (!finished) return finished.error();
  return finished->code == 0 ? Status() : Status(failed(what, finished->output));
}

// Instance metadata is led from Azure's port to lazuli's, which leaves port 80 to pods in the node's network. Only the
// user-mode network needs packets in the node's name: lazuli and the host's own programs answer a pod at its own
// address, so that a refused call can be told to be a certain pod's.
std::vector<std::vector<std::string>> address_rules(const AddressPlan& plan) {
  const std::vector<std::string> metadata{"-d",
                                          kMetadataAddress,
                                          "-p",
                                          "tcp",
                                          "--dport",
                                          "80",
                                          "-j",
                                          "DNAT",
                                          "--to-destination",
                                          std::string(kMetadataAddress) + ":" + std::to_string(kMetadataPort)};
  std::vector<std::vector<std::string>> rules{{"PREROUTING"}, {"OUTPUT"}};
  for (auto& rule : rules) rule.insert(rule.end(), metadata.begin(), metadata.end());
  rules.push_back({"POSTROUTING", "-s", plan.pod_range(), "-o", kOutboundLink, "-j", "MASQUERADE"});
  return rules;
}

Status set_up_rules(const AddressPlan& plan) {
  const auto iptables = [&](const char* verb, const std::vector<std::string>& rule) {
    std::vector<std::string> words{"iptables", "-w", "-t", "nat", verb};
    words.insert(words.end(), rule.begin(), rule.end());
    return run(Command{.arguments = words, .network_namespace = plan.network_namespace_path()}, kLimit);
  };
  for (const auto& rule : address_rules(plan)) {
    if (const auto there = iptables("-C", rule); there && there->code == 0) continue;
    const auto made = iptables("-A", rule);
    if (!made) return made.error();
    if (made->code != 0) return failed("set up the cluster's address translation", made->output);
  }
  return {};
}

struct Range {
  std::uint32_t first = 0, last = 0;
};

std::optional<Range> parse_range(const std::string& text) {
  const auto slash = text.find('/');
  in_addr address{};
  if (::inet_pton(AF_INET, text.substr(0, slash).c_str(), &address) != 1) return {};
  int bits = 32;
  if (slash != std::string::npos) bits = std::atoi(text.c_str() + slash + 1);
  if (bits < 0 || bits > 32) return {};
  const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  const std::uint32_t first = ntohl(address.s_addr) & mask;
  return Range{first, first | ~mask};
}

// What the host routes anywhere, in all its tables.
Result<std::vector<std::string>> routed_ranges() {
  const auto finished = run(Command{.arguments = {"ip", "-json", "-4", "route", "show", "table", "all"}}, kLimit);
  if (!finished) return finished.error();
  if (finished->code != 0) return failed("list this machine's routes", finished->output);
  const auto routes = parse_json(finished->output);
  if (!routes || !routes->is_array()) return failed("read this machine's routes", finished->output);
  std::vector<std::string> ranges;
  for (const auto& route : routes->get_array())
    if (const auto to = string_at(route, "dst"); !to.empty() && to != "default") ranges.push_back(to);
  return ranges;
}

bool is_free(const AddressPlan& plan, const std::vector<std::string>& routed) {
  for (const auto& range : routed)
    for (const auto& own : {plan.link_range(), plan.pod_range(), plan.outbound_range()})
      if (ranges_meet(range, own)) return false;
  return true;
}

bool claim(const AddressPlan& plan) {
  // iproute2 makes the namespace's file exclusively: of two that try, one succeeds.
  return ip("make a network namespace", {"netns", "add", plan.network_namespace()}).ok();
}

}  // namespace

bool ranges_meet(const std::string& a, const std::string& b) {
  const auto left = parse_range(a), right = parse_range(b);
  return left && right && left->first <= right->last && right->first <= left->last;
}

Result<AddressPlan> claim_network(int preferred) {
  const auto routed = routed_ranges();
  if (!routed) return routed.error();
  std::vector<int> candidates;
  if (preferred >= AddressPlan::kFirst && preferred <= AddressPlan::kLast) candidates.push_back(preferred);
  for (int number = AddressPlan::kFirst; number <= AddressPlan::kLast; ++number) candidates.push_back(number);
  for (const int number : candidates) {
    const AddressPlan plan{number};
    if (is_free(plan, *routed) && !std::filesystem::exists(plan.network_namespace_path()) && claim(plan)) return plan;
  }
  // Either all are in use, or none can be made at all: the first failure says which.
  if (auto made = ip("make a network namespace", {"netns", "add", "lazuli-probe"}); !made) return made.error();
  [[maybe_unused]] const auto removed = ip("remove it", {"netns", "delete", "lazuli-probe"});
  return Error{
      "NoAddressLeft",
      "All addresses that lazuli's clusters may have (10.89.N.0/30 with 10.244.N.0/24 and 10.91.N.0/24) are in "
      "use on this machine.",
      409};
}

Status set_up_network(const AddressPlan& plan) {
  const std::string space = plan.network_namespace();
  if (!std::filesystem::exists("/sys/class/net/" + plan.link())) {
    if (auto done = ip("make the cluster's link",
                       {"link", "add", plan.link(), "type", "veth", "peer", "name", plan.node_link(), "netns", space});
        !done)
      return done;
  }
  const std::vector<std::vector<std::string>> steps{
      {"address", "replace", plan.host_address() + "/30", "dev", plan.link()},
      {"link", "set", plan.link(), "up"},
      {"-n", space, "address", "replace", plan.node_address() + "/30", "dev", plan.node_link()},
      {"-n", space, "link", "set", plan.node_link(), "up"},
      {"-n", space, "link", "set", "lo", "up"},
      {"-n", space, "address", "replace", std::string(kMetadataAddress) + "/32", "dev", "lo"},
      {"route", "replace", plan.pod_range(), "via", plan.node_address()},
      // So that a process of the node finds a route to a Service before kube-proxy's rules redirect it.
      {"-n", space, "route", "replace", kServiceRange, "via", plan.host_address()},
  };
  for (const auto& step : steps)
    if (auto done = ip("set the cluster's network up", step); !done) return done;
  return set_up_rules(plan);
}

void remove_network(const AddressPlan& plan) {
  if (std::filesystem::exists("/sys/class/net/" + plan.link())) {
    [[maybe_unused]] const auto link = ip("remove the cluster's link", {"link", "delete", plan.link()});
  }
  if (std::filesystem::exists(plan.network_namespace_path())) {
    [[maybe_unused]] const auto space =
        ip("remove the network namespace", {"netns", "delete", plan.network_namespace()});
  }
}

}  // namespace lazuli::cluster
