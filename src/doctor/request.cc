// A refused call, explained: what was presented at the time, then each link of the chain as it is now. Where the call
// came from a service account of a cluster that runs here, the chain of a pod that uses it follows, with its own
// commands; a link that the call itself tells about is not told twice.
#include <algorithm>
#include <array>

#include "access/refused_calls.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

using access::RefusedCall;

constexpr std::string_view kClusterType = "Microsoft.ContainerService/managedClusters";
constexpr std::size_t kShownCalls = 5;

Error not_found(const access::RefusedCalls& refused, std::string_view id) {
  std::string there;
  for (const auto& call : refused.newest(kShownCalls)) {
    there += "\n  " + iso8601(call.time, 0) + "  " + call.request_id + "  " + std::to_string(call.status) + " " +
             call.code + (call.deployment.empty() ? "" : " " + call.deployment);
  }
  return Error{"NotFound",
               "No refused call has the id '" + std::string(id) +
                   "'. An id is the trace or correlation id of a token request, or the apim-request-id or "
                   "x-ms-client-request-id of a call to a model; calls that were answered well and calls to Azure "
                   "Resource Manager are not kept. " +
                   (there.empty() ? "None was refused since lazuli started." : "The newest ones:" + there),
               404};
}

struct ServiceAccount {
  std::string name_space, name;
};

std::optional<ServiceAccount> service_account_of(std::string_view subject) {
  const auto parts = split(subject, ':', true);
  if (parts.size() != 4 || parts[0] != "system" || parts[1] != "serviceaccount") return std::nullopt;
  return ServiceAccount{parts[2], parts[3]};
}

// Nothing, if the cluster does not run: what its pods are cannot be seen.
void set_origin(Scene& scene, arm::Resource cluster, const ServiceAccount& account) {
  auto objects = scene.parts.objects(cluster.id());
  if (!objects) return;
  scene.cluster = arm::ResourceId::parse(cluster.id()).value_or(arm::ResourceId());
  scene.cluster_document = std::move(cluster);
  scene.objects = *std::move(objects);
  scene.name_space = account.name_space;
  scene.service_account_name = account.name;
}

// The cluster that issues these tokens, and its service account, if both are known here.
void find_origin(Scene& scene, const Presented& presented) {
  const auto account = service_account_of(presented.subject);
  if (!account) return;
  for (auto& cluster : scene.parts.service.resources().of_type(kClusterType)) {
    const auto* profile = cluster.property("oidcIssuerProfile");
    if (!profile || string_at(*profile, "issuerURL") != presented.issuer) continue;
    set_origin(scene, std::move(cluster), *account);
    return;
  }
}

// A pod that was given no identity, or whose library does not use it, has the node's by instance metadata. The pod is
// the one with the caller's address in the cluster whose nodes have that identity.
void find_origin_by_address(Scene& scene, const RefusedCall& call) {
  for (auto& cluster : scene.parts.service.resources().of_type(kClusterType)) {
    const auto* profile = cluster.property("identityProfile");
    if (!profile || !equals_ignoring_case(string_at(*profile, "kubeletidentity", "objectId"), call.principal)) continue;
    auto objects = scene.parts.objects(cluster.id());
    if (!objects) return;
    const auto list = (*objects)->get("/api/v1/pods?fieldSelector=status.podIP%3D" + percent_encode(call.peer));
    const Json* pods = list ? find(*list, "items") : nullptr;
    if (!pods || !pods->is_array() || pods->get_array().empty()) return;
    const auto& pod = pods->get_array().front();
    const auto account = string_at(pod, "spec", "serviceAccountName");
    set_origin(scene, std::move(cluster),
               {string_at(pod, "metadata", "namespace"), account.empty() ? "default" : account});
    scene.as_node = true;
    return;
  }
}

struct Caller {
  std::string pod;      // its name; empty: none
  bool called = false;  // it has the caller's address
};

// A pod of the service account: the one with the caller's address, else the one that the token says it was made for,
// else the newest.
Caller caller_of(const Scene& scene, const RefusedCall& call) {
  const auto list = scene.objects->get("/api/v1/namespaces/" + scene.name_space + "/pods");
  const Json* items = list ? find(*list, "items") : nullptr;
  if (!items || !items->is_array()) return {};
  std::string named, newest, created;
  for (const auto& pod : items->get_array()) {
    const auto account = string_at(pod, "spec", "serviceAccountName");
    if ((account.empty() ? "default" : account) != scene.service_account_name) continue;
    auto name = string_at(pod, "metadata", "name");
    if (!call.peer.empty() && string_at(pod, "status", "podIP") == call.peer) return {std::move(name), true};
    if (!call.pod_uid.empty() && string_at(pod, "metadata", "uid") == call.pod_uid) named = name;
    if (auto at = string_at(pod, "metadata", "creationTimestamp"); newest.empty() || at > created) {
      newest = std::move(name);
      created = std::move(at);
    }
  }
  return {named.empty() ? newest : named, false};
}

void read_presented(Scene& scene, const RefusedCall& call) {
  scene.client_id = call.client_id;
  if (call.service == RefusedCall::Service::token) {
    if (call.issuer.empty()) return;
    scene.brought = Presented{call.issuer, call.subject, call.audience};
    return find_origin(scene, *scene.brought);
  }
  if (!call.action.empty()) scene.action = call.action;
  if (call.with_key) return;
  if (call.code == "PermissionDenied") find_origin_by_address(scene, call);
  if (scene.as_node) return;
  scene.identity = find_identity(scene.parts, call.principal.empty() ? call.subject : call.principal);
  if (!scene.identity && call.principal_type == access::PrincipalType::user && !call.principal.empty()) {
    scene.identity = Identity{{}, {}, call.principal, {}, true, {}, {}};
  }
  if (!scene.identity) return;
  // Whose pod called; if that cannot be seen, the first that there is.
  const auto& credentials = scene.identity->credentials;
  for (auto credential = credentials.rbegin(); credential != credentials.rend(); ++credential) {
    find_origin(scene, {credential->issuer, credential->subject, {}});
    if (scene.objects && caller_of(scene, call).called) break;
  }
}

// What a token request tells of its client is the echo of a link that the chain of the pod that sent it names better,
// and with the command for that pod.
void prefer_chain(Report& told, const Report& chain) {
  constexpr std::array<std::string_view, 4> kEchoes = {"tenant", "identity", "assertion", "request"};
  constexpr std::array<std::string_view, 7> kLinks = {"cluster",  kLabelLink, kAccountLink, kInjectionLink,
                                                      kTokenLink, "webhook",  "identity"};
  const bool token = std::ranges::any_of(told.findings, [](const auto& one) { return one.link == "token request"; });
  const bool named = std::ranges::any_of(kLinks, [&](const auto link) { return chain.is_wrong(link); });
  std::erase_if(told.findings, [&](const Finding& one) {
    if (one.verdict != Verdict::wrong) return false;
    return chain.is_wrong(one.link) || (token && named && std::ranges::find(kEchoes, one.link) != kEchoes.end());
  });
}

// The chain of the pod behind the call, without what the call has already told.
void add_chain_of_pod(const Doctor& doctor, Scene& scene, const RefusedCall& call) {
  if (!scene.objects) return;
  const auto caller = caller_of(scene, call);
  if (caller.pod.empty()) return;
  auto chain = doctor.check_pod(scene.cluster.text(), scene.name_space, caller.pod);
  if (!chain) return;
  if (caller.called) prefer_chain(scene.report, *chain);
  const Report told = scene.report;
  scene.report.pod = chain->pod;
  if (scene.report.pod) scene.report.pod->called = caller.called;
  scene.report.subject += ", most likely of " + chain->subject;
  for (auto& finding : chain->findings) {
    const bool known = std::ranges::any_of(told.findings, [&](const Finding& one) { return one.link == finding.link; });
    if (!known) scene.report.findings.push_back(std::move(finding));
  }
}

}  // namespace

// A call of the pod's own that was just refused, where nothing in the chain says why: quota, engine, and what is in the
// code alone. Older ones may have been mended since.
void check_refusals(Scene& scene) {
  constexpr std::size_t kMostCalls = 100;
  constexpr std::chrono::seconds kJust(60);
  const auto address = string_at(scene.pod, "status", "podIP");
  if (!scene.parts.refused || address.empty() || !scene.report.well()) return;
  const auto since = std::max(iso8601(scene.parts.clock.now() - kJust, 0), scene.pod_text("creationTimestamp"));
  for (const auto& call : scene.parts.refused->newest(kMostCalls)) {
    if (call.peer != address || iso8601(call.time, 0) < since) continue;
    Scene about{scene.parts, {}, {}, {}, {}, {}};
    read_presented(about, call);
    check_refused_call(about, call);
    for (auto& finding : about.report.findings) {
      if (finding.verdict != Verdict::wrong) continue;
      finding.found += " (call " + call.request_id + " at " + iso8601(call.time, 0) + ")";
      scene.report.findings.push_back(std::move(finding));
    }
    return;
  }
}

Result<Report> Doctor::check_request(std::string_view id) const {
  if (!parts_.refused) return Error{"NotFound", "Refused calls are not kept.", 404};
  const auto calls = id == "last" ? parts_.refused->newest(1) : parts_.refused->find(id);
  if (calls.empty()) return not_found(*parts_.refused, id);
  const RefusedCall& call = calls.front();
  Scene scene{parts_, {}, {}, {}, {}, {}};
  scene.report.subject = (call.service == RefusedCall::Service::token ? "token request " : "call ") + call.request_id;
  scene.report.call = call.json();
  read_presented(scene, call);
  check_refused_call(scene, call);
  add_chain_of_pod(*this, scene, call);
  if (scene.as_node && scene.report.well()) {
    auto& finding = scene.wrong("library", "called-as-the-node");
    finding.expected =
        "a token of the pod's own identity, which is sound: WorkloadIdentityCredential, or a "
        "DefaultAzureCredential that has it";
    finding.found = "a token of the kubelet identity of cluster " + scene.cluster.name() +
                    ": the program asked instance metadata (ManagedIdentityCredential, or an old library)";
  }
  if (scene.report.well()) {
    auto& finding = scene.warning("now", "mended-since");
    finding.expected = "what refused the call is still there";
    finding.found = "every link that can be checked is sound: it was mended after the call; try it again";
  }
  return std::move(scene.report);
}

}  // namespace lazuli::doctor
