#include "providers/container_service/run_commands.h"

#include <gmock/gmock.h>

#include "../../fakes.h"
#include "base/text.h"
#include "providers/container_service/container_service.h"
#include "providers/container_service/vocabulary.h"

namespace lazuli::providers::container_service {
namespace {

using lazuli::testing::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::UnorderedElementsAre;

constexpr const char* kStarted =
    R"({"phase":"Running","containerStatuses":[{"name":"user-command","state":{"running":{"startedAt":"2026-11-29T08:00:01Z"}}}]})";

std::string ended_with(int code, const char* reason) {
  return R"({"phase":"Failed","containerStatuses":[{"name":"user-command","state":{"terminated":{"reason":")" +
         std::string(reason) + R"(","exitCode":)" + std::to_string(code) +
         R"(,"startedAt":"2026-11-29T08:00:01Z","finishedAt":"2026-11-29T08:00:02Z"}}}]})";
}

// A cluster whose node takes every pod through the same states, one whenever somebody waits for it.
class Node final : public lazuli::testing::MapObjects {
 public:
  Result<Json> apply(std::string_view path, const Json& object) override {
    const bool pod = path.find("/pods/") != std::string_view::npos;
    if (pod && refusal.status != 0) return refusal;
    if (pod) {
      const std::lock_guard lock(mutex);
      made_pods.push_back(object);
    }
    return MapObjects::apply(path, object);
  }
  Result<std::string> text(std::string_view path) override {
    EXPECT_THAT(std::string(path), HasSubstr("/log?container=user-command&limitBytes=524288"));
    return log;
  }
  void await_change(std::string_view collection, std::string_view name, std::string_view,
                    std::chrono::milliseconds limit) override {
    std::unique_lock lock(mutex);
    auto& seen = states_seen[std::string(name)];
    changed.wait_for(lock, limit, [&] { return seen < states.size(); });
    const auto pod = held.find(std::string(collection) + "/" + std::string(name));
    if (seen < states.size() && pod != held.end()) pod->second.as_object()["status"] = json(states[seen++]);
  }
  void goes_on_to(std::vector<std::string> more) {
    const std::lock_guard lock(mutex);
    states.insert(states.end(), more.begin(), more.end());
    changed.notify_all();
  }
  std::vector<std::string> left() {
    const std::lock_guard lock(mutex);
    std::vector<std::string> paths;
    for (const auto& [path, object] : held) paths.push_back(path);
    return paths;
  }

  std::condition_variable changed;
  std::map<std::string, std::size_t> states_seen;
  std::vector<std::string> states;
  std::vector<Json> made_pods;
  std::string log = "hello\n";
  Error refusal{"", "", 0};
};

class RunCommandsTest : public lazuli::testing::ArmTest {
 protected:
  RunCommandsTest() {
    put(std::string(kSubscription), R"({"properties":{}})");
    put(std::string(kGroup), R"({"location":"eastus","properties":{}})");
    put(cluster,
        R"({"location":"eastus","properties":{"provisioningState":"Succeeded","powerState":{"code":"Running"}}})");
    add_to(service, *commands);
    service.operations().resume();
  }
  ~RunCommandsTest() override {
    node->goes_on_to({ended_with(0, "Completed")});  // whatever still runs
    commands->end_all(*arm::ResourceId::parse(cluster));
  }

  std::unique_ptr<RunCommands> commands_of(arm::Service& owner) {
    return std::make_unique<RunCommands>(
        owner,
        [this](std::string_view) -> Result<std::shared_ptr<cluster::Objects>> {
          if (!cluster_runs) return Error{"ClusterNotRunning", "It is not running.", 409};
          return std::shared_ptr<cluster::Objects>(node);
        },
        [this](std::string_view) -> Result<std::string> {
          if (attached) return Error{"OperationNotAllowed", "This is an attached cluster.", 409};
          return std::string("/bundle/kubectl");
        });
  }
  static void add_to(arm::Service& owner, RunCommands& runs) {
    arm::TypeSpec clusters;
    clusters.type = kClusterType;
    clusters.put = [](const arm::Call&) -> Result<arm::Answer> { return arm::Answer::no_body(200); };
    clusters.actions["runCommand"] = [&runs](const arm::Call& call) { return runs.post(call); };
    owner.add(std::move(clusters));
    arm::TypeSpec results;
    results.type = kCommandType;
    results.get = [&runs](const arm::Call& call) { return runs.get(call); };
    owner.add(std::move(results));
    runs.define();
  }

  net::Response run(const std::string& command = "kubectl get pods", const std::string& context = "") {
    return send("POST", cluster + "/runCommand", Json(JsonObject{{"command", command}, {"context", context}}));
  }
  static std::string path_of(const net::Response& begun) {
    std::string_view url = begun.headers.get("Location");
    url.remove_prefix(std::min(url.size(), std::string_view("https://management.azure.com").size()));
    return std::string(url.substr(0, url.find('?')));
  }
  // Its operation is over: the pod is gone, too.
  void wait_for_end() {
    for (const auto& operation : service.operations().unfinished())
      ASSERT_TRUE(service.operations().wait(operation.id, std::chrono::seconds(20)));
  }
  static std::string code(const net::Response& answer) {
    const Json body = json(answer.body);
    const auto flat = string_at(body, "code");
    return flat.empty() ? string_at(body, "error", "code") : flat;
  }

  const std::string cluster = in_group("Microsoft.ContainerService/managedClusters/MyCluster");
  bool attached = false;
  std::shared_ptr<Node> node = std::make_shared<Node>();
  std::unique_ptr<RunCommands> commands = commands_of(service);
};

TEST_F(RunCommandsTest, ACommandRunsInAPodOfItsOwnWhichGoesWhenTheResultIsKept) {
  node->states = {kStarted, ended_with(3, "Error")};
  const auto begun = run();
  ASSERT_EQ(begun.status, 202) << begun.body;
  EXPECT_THAT(begun.body, IsEmpty());
  EXPECT_THAT(
      std::string(begun.headers.get("Location")),
      MatchesRegex("https://management.azure.com/.*/managedclusters/MyCluster/commandResults/[0-9a-f]*[?]api-version="
                   "2024-07-01-preview"));
  wait_for_end();
  const auto result = send("GET", path_of(begun));
  ASSERT_EQ(result.status, 200);
  const std::string id = path_of(begun).substr(path_of(begun).rfind('/') + 1);
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(result.body,
            R"({"id":")" + id +
                R"(","properties":{"provisioningState":"Succeeded","exitCode":3,)"
                R"("startedAt":"2026-11-29T08:00:01Z","finishedAt":"2026-11-29T08:00:02Z","logs":"hello\n"}})");
  EXPECT_THAT(node->left(), UnorderedElementsAre("/api/v1/namespaces/aks-command"));
}

TEST_F(RunCommandsTest, ThePodIsAdminOfTheClusterAndOfNothingOfTheMachine) {
  node->states = {kStarted};
  ASSERT_EQ(run("echo $(hostname)").status, 202);
  ASSERT_EQ(node->made_pods.size(), 1U);
  const Json& pod = node->made_pods[0];
  const auto name = string_at(pod, "metadata", "name");
  const auto binding = node->get("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/" + name);
  ASSERT_TRUE(binding.ok());
  EXPECT_EQ(string_at(*binding, "roleRef", "name"), "cluster-admin");
  EXPECT_EQ(string_at(binding->at("subjects").at(0), "name"), name);
  EXPECT_EQ(string_at(pod, "spec", "serviceAccountName"), name);
  EXPECT_TRUE(bool_or(find(pod, "spec", "securityContext", "runAsNonRoot")));
  const Json& container = pod.at("spec").at("containers").at(0);
  EXPECT_FALSE(bool_or(find(container, "securityContext", "allowPrivilegeEscalation"), true));
  std::set<std::string> of_node;
  for (const auto& volume : pod.at("spec").at("volumes").as_array())
    if (find(volume, "hostPath")) of_node.insert(string_at(volume, "name"));
  EXPECT_FALSE(of_node.empty());
  for (const auto& mount : container.at("volumeMounts").as_array())
    EXPECT_TRUE(!of_node.contains(string_at(mount, "name")) || bool_or(find(mount, "readOnly"))) << mount;
  const auto secret = node->get("/api/v1/namespaces/aks-command/secrets/" + name);
  ASSERT_TRUE(secret.ok());
  EXPECT_EQ(base64_decode(string_at(*secret, "data", "command")), "echo $(hostname)");
}

TEST_F(RunCommandsTest, APollSaysSinceWhenACommandRuns) {
  node->states = {kStarted};
  const auto begun = run("kubectl wait");
  ASSERT_EQ(begun.status, 202);
  const auto poll = send("GET", path_of(begun));
  EXPECT_EQ(poll.status, 202);
  EXPECT_EQ(string_at(json(poll.body), "properties", "provisioningState"), "Running");
  EXPECT_EQ(string_at(json(poll.body), "properties", "startedAt"), "2026-11-29T08:00:01Z");
  EXPECT_EQ(poll.headers.get("Location"), begun.headers.get("Location"));
}

TEST_F(RunCommandsTest, WhatCannotBeRunIsRefusedInAzuresForm) {
  const auto post = [&](const char* body) { return send("POST", cluster + "/runCommand", json(body)); };
  EXPECT_EQ(code(post(R"({})")), "InvalidParameter");
  EXPECT_EQ(code(post(R"({"command":"  "})")), "InvalidParameter");
  EXPECT_EQ(code(run("x", "!")), "InvalidParameter");
  EXPECT_EQ(code(run("x", base64("no archive"))), "InvalidParameter");
  EXPECT_EQ(run(std::string(std::size_t{1} << 20, 'x')).status, 413);
  EXPECT_EQ(send("POST", cluster + "2/runCommand", json(R"({"command":"x"})")).status, 404);
  EXPECT_EQ(send("GET", cluster + "/commandResults/0123456789abcdef0123456789abcdef").status, 404);
  attached = true;
  EXPECT_EQ(code(run()), "OperationNotAllowed");
  EXPECT_THAT(run().body, HasSubstr("attached cluster"));
  attached = false;
  cluster_runs = false;
  EXPECT_EQ(run().status, 409);
  EXPECT_THAT(run().body, HasSubstr("run command cannot be performed"));
  cluster_runs = true;
  put(cluster, R"({"properties":{"provisioningState":"Stopping","powerState":{"code":"Running"}}})");
  EXPECT_EQ(run().status, 409);
  authorizer.denied = {"Microsoft.ContainerService/managedClusters/runCommand/action"};
  EXPECT_EQ(code(run()), "AuthorizationFailed");
  authorizer.denied.clear();
  put(cluster, R"({"properties":{"apiServerAccessProfile":{"disableRunCommand":true}}})");
  EXPECT_EQ(code(run()), "BadRequest");
  EXPECT_THAT(node->made_pods, IsEmpty());
}

TEST_F(RunCommandsTest, WhatTheClusterRefusesIsSaidAtOnceAndKept) {
  node->refusal = Error{"Forbidden", "exceeded quota", 403};
  const auto refused = run();
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(code(refused), "KubernetesOperationError");
  EXPECT_THAT(refused.body, HasSubstr("exceeded quota"));
  wait_for_end();
  EXPECT_THAT(node->left(), UnorderedElementsAre("/api/v1/namespaces/aks-command"));
}

TEST_F(RunCommandsTest, APodThatIsEvictedHasFailedWithItsReason) {
  node->states = {kStarted, R"({"phase":"Failed","reason":"Evicted","message":"The node was low on memory."})"};
  const auto begun = run();
  ASSERT_EQ(begun.status, 202);
  wait_for_end();
  const Json body = json(send("GET", path_of(begun)).body);
  EXPECT_EQ(string_at(body, "properties", "provisioningState"), "Failed");
  EXPECT_THAT(string_at(body, "properties", "reason"), HasSubstr("Evicted: The node was low on memory."));
}

TEST_F(RunCommandsTest, ACommandWhoseEndNobodySawHasNoExitCode) {
  node->states = {kStarted, ended_with(255, "Unknown")};
  const auto begun = run();
  ASSERT_EQ(begun.status, 202);
  wait_for_end();
  const Json body = json(send("GET", path_of(begun)).body);
  EXPECT_EQ(string_at(body, "properties", "provisioningState"), "Failed");
  EXPECT_THAT(string_at(body, "properties", "reason"), HasSubstr("interrupted"));
  EXPECT_FALSE(find(body, "properties", "exitCode"));
  EXPECT_EQ(string_at(body, "properties", "startedAt"), "2026-11-29T08:00:01Z");
}

TEST_F(RunCommandsTest, EightRunAtOnceAndEndWithTheirCluster) {
  node->states = {kStarted};
  std::vector<net::Response> begun;
  for (int i = 0; i < 8; ++i) {
    begun.push_back(run("sleep 1000"));
    ASSERT_EQ(begun.back().status, 202) << begun.back().body;
  }
  const auto ninth = run();
  EXPECT_EQ(ninth.status, 429);
  EXPECT_EQ(code(ninth), "TooManyRequests");
  EXPECT_TRUE(ninth.headers.has("Retry-After"));
  commands->end_all(*arm::ResourceId::parse(to_lower(cluster)));
  for (const auto& one : begun) {
    const Json body = json(send("GET", path_of(one)).body);
    EXPECT_EQ(string_at(body, "properties", "provisioningState"), "Failed");
    EXPECT_THAT(string_at(body, "properties", "reason"), HasSubstr("stopped"));
  }
  EXPECT_THAT(node->left(), UnorderedElementsAre("/api/v1/namespaces/aks-command"));
  node->goes_on_to({ended_with(0, "Completed")});
  EXPECT_EQ(run().status, 202);
}

TEST_F(RunCommandsTest, TheNewestTwentyResultsAreKept) {
  node->states = {kStarted, ended_with(0, "Completed")};
  std::vector<std::string> paths;
  for (int i = 0; i < 22; ++i) {
    clock.advance(std::chrono::seconds(1));
    paths.push_back(path_of(run()));
    wait_for_end();
  }
  for (std::size_t i = 0; i < paths.size(); ++i)
    EXPECT_EQ(send("GET", paths[i]).status, i < 2 ? 404 : 200) << "command " << i;
}

TEST_F(RunCommandsTest, AfterACrashItGoesOnWithThePodThatThereIs) {
  const auto services = [&] {
    return std::make_unique<arm::Service>(
        arm::Service::Parts{*store, clock, random, log, tokens, authorizer, "tenant", {"eastus"}});
  };
  node->states = {kStarted};
  std::string path;
  {
    auto first = services();
    auto runs = commands_of(*first);
    add_to(*first, *runs);
    first->operations().resume();
    const auto begun = first->call("POST", cluster + "/runCommand", json(R"({"command":"sleep 5"})"));
    ASSERT_TRUE(begun.ok()) << begun.error().message;
    net::Response answer;
    answer.headers.set("Location", begun->headers.get("Location"));
    path = path_of(answer);
    first.reset();
  }
  ASSERT_EQ(node->made_pods.size(), 1U);
  node->goes_on_to({ended_with(0, "Completed")});
  auto second = services();
  auto runs = commands_of(*second);
  add_to(*second, *runs);
  second->operations().resume();
  for (const auto& operation : second->operations().unfinished())
    ASSERT_TRUE(second->operations().wait(operation.id, std::chrono::seconds(20)));
  const auto result = second->call("GET", path);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(integer(find(result->body, "properties", "exitCode")), 0);
  EXPECT_EQ(node->made_pods.size(), 1U);
  EXPECT_THAT(node->left(), UnorderedElementsAre("/api/v1/namespaces/aks-command"));
}

}  // namespace
}  // namespace lazuli::providers::container_service
