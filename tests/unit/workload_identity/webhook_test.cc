#include "workload_identity/webhook.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "workload_identity/vocabulary.h"

namespace lazuli::workload_identity {
namespace {

constexpr std::string_view kClient = "11111111-2222-3333-4444-555555555555";
constexpr std::string_view kTenant = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

Json json(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed ? *parsed : Json(nullptr);
}

class FakeCluster final : public Cluster {
 public:
  Result<Json> service_account(std::string_view name_space, std::string_view name) override {
    asked.push_back(std::string(name_space) + "/" + std::string(name));
    if (!account) return Error{"NotFound", "serviceaccounts \"" + std::string(name) + "\" not found", 404};
    return *account;
  }
  Status ensure_trust(std::string_view name_space) override {
    ensured.emplace_back(name_space);
    return trust;
  }

  std::optional<Json> account =
      json(R"({"metadata":{"annotations":{"azure.workload.identity/client-id":")" + std::string(kClient) + R"("}}})");
  Status trust;
  std::vector<std::string> asked, ensured;
};

Json review_of(Json pod, bool dry_run = false) {
  return JsonObject{{"apiVersion", "admission.k8s.io/v1"},
                    {"kind", "AdmissionReview"},
                    {"request", JsonObject{{"uid", "u1"},
                                           {"kind", JsonObject{{"group", ""}, {"version", "v1"}, {"kind", "Pod"}}},
                                           {"namespace", "shop"},
                                           {"operation", "CREATE"},
                                           {"dryRun", dry_run},
                                           {"object", std::move(pod)}}}};
}

Json labelled_pod() {
  return json(R"({"metadata":{"name":"app","labels":{"azure.workload.identity/use":"true"}},
    "spec":{"serviceAccountName":"sc-account","initContainers":[{"name":"setup","image":"i"}],
            "containers":[{"name":"web","image":"i","env":[{"name":"A","value":"b"}]}]}})");
}

// Applies the operations that the webhook makes: add and replace, with "-" for the end of a list.
Json patched(Json pod, const Json& answer) {
  const auto text = string_at(answer, "response", "patch");
  if (text.empty()) return pod;
  const auto patch = json(base64_decode(text).value());
  for (const auto& operation : patch.as_array()) {
    const auto path = string_at(operation, "path");
    const auto cut = path.rfind('/');
    boost::system::error_code problem;
    Json* parent = cut == 0 ? &pod : pod.find_pointer(path.substr(0, cut), problem);
    EXPECT_NE(parent, nullptr) << path;
    if (!parent) return pod;
    const auto last = replace_all(replace_all(path.substr(cut + 1), "~1", "/"), "~0", "~");
    if (parent->is_array()) {
      EXPECT_EQ(last, "-");
      parent->get_array().push_back(operation.at("value"));
    } else {
      parent->get_object()[last] = operation.at("value");
    }
  }
  return pod;
}

std::string env_of(const Json& container, std::string_view name) {
  const Json* list = find(container, "env");
  if (!list) return {};
  for (const auto& entry : list->as_array()) {
    if (string_at(entry, "name") == name) return string_at(entry, "value");
  }
  return {};
}

std::string warnings_of(const Json& answer) {
  const Json* list = find(answer, "response", "warnings");
  return list ? to_text(*list) : "";
}

Settings settings() {
  Settings made;
  made.tenant_id = kTenant;
  return made;
}

bool allowed(const Json& answer) {
  return bool_or(find(answer, "response", "allowed"));
}

TEST(Webhook, GivesLabelledPodTheFourVariablesAndTheToken) {
  FakeCluster cluster;
  const auto answer = review(review_of(labelled_pod()), settings(), cluster);
  ASSERT_TRUE(allowed(answer)) << to_text(answer);
  EXPECT_EQ(string_at(answer, "response", "uid"), "u1");
  EXPECT_EQ(string_at(answer, "response", "patchType"), "JSONPatch");
  const auto pod = patched(labelled_pod(), answer);
  for (const auto* list : {"initContainers", "containers"}) {
    const auto& container = pod.at("spec").at(list).at(0);
    EXPECT_EQ(env_of(container, "AZURE_CLIENT_ID"), kClient);
    EXPECT_EQ(env_of(container, "AZURE_TENANT_ID"), kTenant);
    EXPECT_EQ(env_of(container, "AZURE_FEDERATED_TOKEN_FILE"), kTokenFile);
    EXPECT_EQ(env_of(container, "AZURE_AUTHORITY_HOST"), "https://login.microsoftonline.com/");
    EXPECT_EQ(env_of(container, "SSL_CERT_FILE"), kTrustBundleFile);
    EXPECT_EQ(env_of(container, "NODE_EXTRA_CA_CERTS"), kTrustRootFile);
    EXPECT_EQ(container.at("volumeMounts").as_array().size(), 2U);
  }
  EXPECT_EQ(env_of(pod.at("spec").at("containers").at(0), "A"), "b");
  const auto& token = pod.at("spec").at("volumes").at(1);
  EXPECT_EQ(string_at(token, "name").size(), kVolumeNameLimit);
  EXPECT_TRUE(string_at(token, "name").starts_with(kTokenVolumePrefix));
  const auto& source = token.at("projected").at("sources").at(0).at("serviceAccountToken");
  EXPECT_EQ(string_at(source, "audience"), "api://AzureADTokenExchange");
  EXPECT_EQ(source.at("expirationSeconds").as_int64(), 3600);
  EXPECT_EQ(cluster.ensured, std::vector<std::string>{"shop"});
  EXPECT_EQ(warnings_of(answer), "");
}

std::string mounted_at(const Json& container, std::string_view path) {
  const Json* mounts = find(container, "volumeMounts");
  if (!mounts) return {};
  for (const auto& mount : mounts->as_array()) {
    if (string_at(mount, "mountPath") == path) return string_at(mount, "subPath");
  }
  return {};
}

TEST(Webhook, AddsTheRootToTheFolderOfAuthoritiesUnlessThePodMountsThere) {
  auto made = settings();
  made.root_folder_name = "1a2b3c4d.0";
  const std::pair<std::string_view, bool> cases[] = {
      {"/data", true},      {"/etc/ssl/certs/ca-certificates.crt", true},
      {"/etc/ssl2", true},  {"/etc/ssl/certs", false},
      {"/etc/ssl/", false}, {"/etc", false},
  };
  for (const auto& [path, added] : cases) {
    FakeCluster cluster;
    auto pod = labelled_pod();
    pod.at("spec").at("containers").at(0).as_object()["volumeMounts"] =
        JsonArray{JsonObject{{"name", "own"}, {"mountPath", path}}};
    const auto changed = patched(pod, review(review_of(pod), made, cluster));
    const auto& containers = changed.at("spec").at("containers");
    EXPECT_EQ(mounted_at(containers.at(0), "/etc/ssl/certs/1a2b3c4d.0"), added ? kTrustRootKey : "") << path;
    EXPECT_EQ(mounted_at(changed.at("spec").at("initContainers").at(0), "/etc/ssl/certs/1a2b3c4d.0"), kTrustRootKey);
  }
}

TEST(Webhook, GivesPodWithoutLabelTrustAlone) {
  FakeCluster cluster;
  cluster.account = json(R"({"metadata":{}})");
  auto pod = labelled_pod();
  pod.at("metadata").as_object().erase("labels");
  const auto changed = patched(pod, review(review_of(pod), settings(), cluster));
  const auto& container = changed.at("spec").at("containers").at(0);
  EXPECT_EQ(env_of(container, "AZURE_CLIENT_ID"), "");
  EXPECT_EQ(env_of(container, "AZURE_FEDERATED_TOKEN_FILE"), "");
  EXPECT_EQ(env_of(container, "REQUESTS_CA_BUNDLE"), kTrustBundleFile);
  EXPECT_EQ(changed.at("spec").at("volumes").as_array().size(), 1U);
}

TEST(Webhook, ChangesNothingWhenInvokedOnItsOwnResult) {
  FakeCluster cluster;
  auto set = settings();
  set.host_address = "10.0.0.1";
  set.host_names = {"login.microsoftonline.com", ".openai.azure.com"};
  auto first = labelled_pod();
  first.at("spec").as_object()["dnsPolicy"] = "Default";
  auto once = patched(first, review(review_of(first), set, cluster));
  once.at("metadata").as_object()["name"] = "renamed-by-another-webhook";
  const auto again = review(review_of(once), set, cluster);
  EXPECT_TRUE(allowed(again));
  EXPECT_EQ(find(again, "response", "patch"), nullptr) << base64_decode(string_at(again, "response", "patch")).value();
}

TEST(Webhook, KeepsWhatThePodSaysItselfAndSaysSo) {
  FakeCluster cluster;
  auto pod = labelled_pod();
  pod.at("spec").at("containers").at(0).as_object()["env"] = json(R"([
    {"name":"AZURE_CLIENT_ID","value":"mine"},{"name":"SSL_CERT_FILE","value":"/etc/my.pem"},
    {"name":"AZURE_FEDERATED_TOKEN_FILE","value":"/var/run/secrets/kubernetes.io/serviceaccount/token"},
    {"name":"JAVA_TOOL_OPTIONS","value":"-Xmx1g"}])");
  const auto answer = review(review_of(pod), settings(), cluster);
  const auto changed = patched(pod, answer);
  const auto& container = changed.at("spec").at("containers").at(0);
  EXPECT_EQ(env_of(container, "AZURE_CLIENT_ID"), "mine");
  EXPECT_EQ(env_of(container, "SSL_CERT_FILE"), "/etc/my.pem");
  EXPECT_EQ(env_of(container, "JAVA_TOOL_OPTIONS"), "-Xmx1g " + std::string(kJavaOptions));
  for (const auto* word : {"AZURE_CLIENT_ID", "SSL_CERT_FILE", "AZURE_FEDERATED_TOKEN_FILE"}) {
    EXPECT_NE(warnings_of(answer).find(word), std::string::npos) << word;
  }
}

TEST(Webhook, LeavesSkippedContainersWithoutIdentity) {
  FakeCluster cluster;
  auto pod = labelled_pod();
  pod.at("metadata").as_object()["annotations"] = json(R"({"azure.workload.identity/skip-containers":"setup; other"})");
  const auto answer = review(review_of(pod), settings(), cluster);
  const auto changed = patched(pod, answer);
  EXPECT_EQ(env_of(changed.at("spec").at("initContainers").at(0), "AZURE_CLIENT_ID"), "");
  EXPECT_EQ(env_of(changed.at("spec").at("containers").at(0), "AZURE_CLIENT_ID"), kClient);
  EXPECT_NE(warnings_of(answer).find("'other'"), std::string::npos);
}

TEST(Webhook, TokenLifetimeComesFromThePodThenTheAccountWithinBounds) {
  struct Case {
    const char *pod, *account;
    std::int64_t expected;  // 0: refused
  };
  const Case cases[] = {{"", "", 3600},
                        {"7200", "", 7200},
                        {"", "86400", 86400},
                        {"7200", "3601", 7200},
                        {"3599", "7200", 0},
                        {"86401", "", 0},
                        {"", "soon", 0},
                        {"1e4", "", 0},
                        {"7200 ", "", 0},
                        {"-7200", "", 0},
                        {"99999999999999999999", "", 0}};
  for (const auto& one : cases) {
    FakeCluster cluster;
    auto& noted = cluster.account->at("metadata").at("annotations").as_object();
    if (*one.account) noted[kExpirationAnnotation] = one.account;
    auto pod = labelled_pod();
    if (*one.pod) pod.at("metadata").as_object()["annotations"] = JsonObject{{kExpirationAnnotation, one.pod}};
    const auto answer = review(review_of(pod), settings(), cluster);
    EXPECT_EQ(allowed(answer), one.expected != 0) << one.pod << "/" << one.account;
    if (!allowed(answer)) {
      EXPECT_EQ(find(answer, "response", "status", "code")->as_int64(), 400);
      EXPECT_TRUE(cluster.ensured.empty());
      continue;
    }
    const auto changed = patched(pod, answer);
    const auto& token = changed.at("spec").at("volumes").at(1).at("projected").at("sources").at(0);
    EXPECT_EQ(token.at("serviceAccountToken").at("expirationSeconds").as_int64(), one.expected);
  }
}

TEST(Webhook, RefusesLabelledPodOfMissingServiceAccount) {
  FakeCluster cluster;
  cluster.account.reset();
  const auto answer = review(review_of(labelled_pod()), settings(), cluster);
  EXPECT_FALSE(allowed(answer));
  EXPECT_EQ(find(answer, "response", "status", "code")->as_int64(), 400);
  EXPECT_NE(string_at(answer, "response", "status", "message").find("sc-account"), std::string::npos);
}

TEST(Webhook, LeadsTokenRequestsByTheClusterWhereThePodAsksForABinding) {
  FakeCluster cluster;
  Settings chosen = settings();
  Json pod = labelled_pod();
  pod.at("metadata").as_object()["annotations"] = JsonObject{{"azure.workload.identity/use-identity-binding", "true"}};
  // Without a token proxy: a warning, and the pod is as any other.
  Json answer = review(review_of(pod), chosen, cluster);
  EXPECT_EQ(to_text(patched(pod, answer)).find("TOKEN_PROXY"), std::string::npos);
  EXPECT_NE(to_text(answer).find("no token proxy"), std::string::npos);

  chosen.token_proxy = "https://169.254.169.254:20443";
  chosen.token_proxy_name = "login.microsoftonline.com";
  const Json made = patched(pod, review(review_of(pod), chosen, cluster));
  for (const auto* list : {"initContainers", "containers"}) {
    const auto text = to_text(made.at("spec").at(list));
    EXPECT_NE(text.find(R"({"name":"AZURE_KUBERNETES_TOKEN_PROXY","value":"https://169.254.169.254:20443"})"),
              std::string::npos);
    EXPECT_NE(text.find(R"({"name":"AZURE_KUBERNETES_SNI_NAME","value":"login.microsoftonline.com"})"),
              std::string::npos);
    EXPECT_NE(text.find(R"({"name":"AZURE_KUBERNETES_CA_FILE","value":"/var/run/secrets/azure/wi/ca-cert/ca.crt"})"),
              std::string::npos);
  }
  EXPECT_NE(
      to_text(made.at("spec").at("volumes"))
          .find(R"({"configMap":{"name":"lazuli-trust","items":[{"key":"lazuli-root.crt","path":"ca-cert/ca.crt"}]}})"),
      std::string::npos);

  pod.at("metadata").at("annotations").as_object()["azure.workload.identity/use-identity-binding"] = "false";
  EXPECT_EQ(to_text(patched(pod, review(review_of(pod), chosen, cluster))).find("TOKEN_PROXY"), std::string::npos);
}

TEST(Webhook, RefusesTheProxySidecar) {
  FakeCluster cluster;
  auto pod = labelled_pod();
  pod.at("metadata").as_object()["annotations"] = json(R"({"azure.workload.identity/inject-proxy-sidecar":"true"})");
  EXPECT_FALSE(allowed(review(review_of(pod), settings(), cluster)));
}

TEST(Webhook, WarnsOfWhatWillNotWork) {
  struct Case {
    const char *metadata, *annotations, *expected;
  };
  const Case cases[] = {
      {R"({"labels":{"azure.workload.identity/use":"true"}})", "{}", "has no annotation"},
      {R"({"labels":{"azure.workload.identity/use":"true"}})", R"({"azure.workload.identity/client_id":"x"})",
       "it has 'azure.workload.identity/client_id'"},
      {R"({"labels":{"azure.workload.identity/use":"true"}})",
       R"({"azure.workload.identity/client-id":"/subscriptions/s/i"})", "must be the identity's client id"},
      {R"({"labels":{"azure.workload.identity/use":"true"}})",
       R"({"azure.workload.identity/client-id":"11111111-2222-3333-4444-555555555555",
           "azure.workload.identity/tenant-id":"other"})",
       "is not the cluster's tenant"},
      {R"({})", R"({"azure.workload.identity/client-id":"11111111-2222-3333-4444-555555555555"})", "has no label"},
      {R"({"labels":{"azure.workload.identity/use":"True"}})", "{}", "only \\\"true\\\" counts"},
      {R"({"annotations":{"azure.workload.identity/use":"true"}})", "{}", "must be a label"},
  };
  for (const auto& one : cases) {
    FakeCluster cluster;
    cluster.account = JsonObject{{"metadata", JsonObject{{"annotations", json(one.annotations)}}}};
    auto pod = labelled_pod();
    pod.as_object()["metadata"] = json(one.metadata);
    const auto answer = review(review_of(pod), settings(), cluster);
    EXPECT_TRUE(allowed(answer));
    EXPECT_NE(warnings_of(answer).find(one.expected), std::string::npos)
        << one.metadata << one.annotations << warnings_of(answer);
  }
}

TEST(Webhook, SaysThatIdentityIsOffOnTheCluster) {
  FakeCluster cluster;
  auto set = settings();
  set.identity = false;
  const auto answer = review(review_of(labelled_pod()), set, cluster);
  EXPECT_TRUE(allowed(answer));
  EXPECT_NE(warnings_of(answer).find("--enable-workload-identity"), std::string::npos);
  EXPECT_EQ(env_of(patched(labelled_pod(), answer).at("spec").at("containers").at(0), "AZURE_CLIENT_ID"), "");
}

TEST(Webhook, AddsHostAliasesOnlyWherePodDoesNotUseTheClustersDns) {
  struct Case {
    const char* spec;
    bool aliases;
  };
  const Case cases[] = {{R"({})", false},
                        {R"({"dnsPolicy":"ClusterFirst"})", false},
                        {R"({"dnsPolicy":"Default"})", true},
                        {R"({"dnsPolicy":"None"})", true},
                        {R"({"hostNetwork":true})", true},
                        {R"({"hostNetwork":true,"dnsPolicy":"ClusterFirstWithHostNet"})", false}};
  for (const auto& one : cases) {
    FakeCluster cluster;
    auto set = settings();
    set.host_address = "10.0.0.1";
    set.host_names = {"management.azure.com", ".openai.azure.com"};
    auto pod = labelled_pod();
    const auto written = json(one.spec);
    for (const auto& member : written.as_object()) pod.at("spec").as_object()[member.key()] = member.value();
    const auto changed = patched(pod, review(review_of(pod), set, cluster));
    const Json* aliases = find(changed, "spec", "hostAliases");
    ASSERT_EQ(aliases != nullptr, one.aliases) << one.spec;
    if (!aliases) continue;
    EXPECT_EQ(to_text(aliases->at(0).at("hostnames")), R"(["management.azure.com"])");
  }
}

TEST(Webhook, AClusterWhoseDnsDoesNotKnowLazuliHasItsNamesInEveryPod) {
  FakeCluster cluster;
  auto set = settings();
  set.own_dns = false;
  set.host_address = "10.0.0.1";
  set.host_names = {"login.microsoftonline.com"};
  const auto changed = patched(labelled_pod(), review(review_of(labelled_pod()), set, cluster));
  ASSERT_NE(find(changed, "spec", "hostAliases"), nullptr);
  EXPECT_EQ(string_at(find(changed, "spec", "hostAliases")->at(0), "ip"), "10.0.0.1");
}

TEST(Webhook, DryRunWritesNothing) {
  FakeCluster cluster;
  EXPECT_TRUE(allowed(review(review_of(labelled_pod(), true), settings(), cluster)));
  EXPECT_TRUE(cluster.ensured.empty());
}

TEST(Webhook, RefusesPodWhoseTrustCannotBeWritten) {
  FakeCluster cluster;
  cluster.trust = Error{"Unreachable", "the API server does not answer", 503};
  const auto answer = review(review_of(labelled_pod()), settings(), cluster);
  EXPECT_FALSE(allowed(answer));
  EXPECT_EQ(find(answer, "response", "status", "code")->as_int64(), 503);
}

TEST(Webhook, TrustsOnlyNewDebugContainers) {
  FakeCluster cluster;
  auto before = patched(labelled_pod(), review(review_of(labelled_pod()), settings(), cluster));
  before.at("spec").as_object()["ephemeralContainers"] = json(R"([{"name":"old"}])");
  auto after = before;
  after.at("spec").at("ephemeralContainers").as_array().push_back(json(R"({"name":"new"})"));
  auto asked = review_of(after);
  auto& request = asked.at("request").as_object();
  request["operation"] = "UPDATE";
  request["subResource"] = "ephemeralcontainers";
  request["oldObject"] = before;
  const auto changed = patched(after, review(asked, settings(), cluster));
  const auto& containers = changed.at("spec").at("ephemeralContainers");
  EXPECT_EQ(env_of(containers.at(0), "SSL_CERT_FILE"), "");
  EXPECT_EQ(env_of(containers.at(1), "SSL_CERT_FILE"), kTrustBundleFile);
  EXPECT_EQ(env_of(containers.at(1), "AZURE_CLIENT_ID"), "");
}

TEST(Webhook, LeavesMirrorPodsAndOtherKindsAlone) {
  FakeCluster cluster;
  auto mirror = labelled_pod();
  mirror.at("metadata").as_object()["annotations"] = json(R"({"kubernetes.io/config.mirror":"x"})");
  auto other = review_of(json(R"({"metadata":{}})"));
  other.at("request").at("kind").as_object()["kind"] = "Binding";
  for (const auto& asked : {review_of(mirror), other}) {
    const auto answer = review(asked, settings(), cluster);
    EXPECT_TRUE(allowed(answer));
    EXPECT_EQ(find(answer, "response", "patch"), nullptr);
  }
  EXPECT_TRUE(cluster.ensured.empty());
}

TEST(Webhook, RefusesMalformedReviews) {
  const char* const pods[] = {R"(null)",
                              R"([])",
                              R"({})",
                              R"({"spec":1})",
                              R"({"spec":{"containers":{}}})",
                              R"({"spec":{"containers":[1]}})",
                              R"({"spec":{"containers":[{"env":{}}]}})",
                              R"({"spec":{"containers":[{"env":["A"]}]}})",
                              R"({"spec":{"containers":[{"volumeMounts":[null]}]}})",
                              R"({"spec":{"volumes":"all"}})",
                              R"({"spec":{"hostAliases":true}})"};
  std::vector<Json> reviews;
  for (const auto* pod : pods) reviews.push_back(review_of(json(pod)));
  for (const auto* whole : {R"(null)", R"([])", R"({})", R"({"apiVersion":"admission.k8s.io/v1beta1","request":{}})",
                            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":7})",
                            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":1}})"}) {
    reviews.push_back(json(whole));
  }
  for (const auto& asked : reviews) {
    FakeCluster cluster;
    const auto answer = review(asked, settings(), cluster);
    EXPECT_FALSE(allowed(answer)) << to_text(asked);
    EXPECT_EQ(find(answer, "response", "status", "code")->as_int64(), 400) << to_text(asked);
  }
}

}  // namespace
}  // namespace lazuli::workload_identity
