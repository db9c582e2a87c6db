#include "doctor_fixture.h"

namespace lazuli::doctor {
namespace {

using access::RefusedCall;

class RequestTest : public DoctorTest {
 public:
  RequestTest() {
    // The workload's pod has another address than the caller, so that it is found by its service account.
    JsonArray items;
    items.push_back(pod());
    objects->held["/api/v1/namespaces/default/pods"] = JsonObject{{"items", std::move(items)}};
  }

  RefusedCall token_request(std::string code, int status = 401) const {
    RefusedCall call;
    call.time = clock.now();
    call.request_id = "trace";
    call.correlation_id = "correlation";
    call.peer = "10.0.0.9";
    call.status = status;
    call.code = std::move(code);
    call.tenant = "tenant";
    call.client_id = "11111111-2222-3333-4444-555555555555";
    call.scope = "https://cognitiveservices.azure.com/.default";
    call.issuer = std::string(kIssuer);
    call.subject = "system:serviceaccount:default:sc-account";
    call.audience = "api://AzureADTokenExchange";
    return call;
  }
  RefusedCall chat(std::string code, int status) const {
    RefusedCall call = token_request(std::move(code), status);
    call.service = RefusedCall::Service::data;
    call.host = "myopenai.openai.azure.com";
    call.account = account;
    call.deployment = "MyModel";
    call.operation = "ChatCompletions_Create";
    call.action = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";
    call.principal = "99999999-2222-3333-4444-555555555555";
    call.audience = "https://cognitiveservices.azure.com";
    return call;
  }

  std::string cause_of(const RefusedCall& call) {
    refused.add(call);
    const auto report = doctor().check_request("correlation");
    EXPECT_TRUE(report.ok()) << report.error().message;
    last = report ? *report : Report{};
    const auto* wrong = last.first_wrong();
    return wrong ? wrong->cause : "well";
  }
};

struct Refusal {
  const char* what;
  RefusedCall (*call)(RequestTest&);
  const char* cause;
  const char* mend;  // a part of the command
};

const Refusal kRefusals[] = {
    // The token service.
    {"credential of another namespace",
     [](RequestTest& t) {
       t.property(t.credential, "subject", "system:serviceaccount:shop:sc-account");
       return t.token_request("AADSTS700213");
     },
     "subject-of-another-namespace", "--subject system:serviceaccount:default:sc-account"},
    {"issuer that is no cluster's",
     [](RequestTest& t) {
       auto call = t.token_request("AADSTS700211");
       call.issuer = "https://token.actions.githubusercontent.com";
       call.subject = "repo:me/app:ref:refs/heads/main";
       return call;
     },
     "subject-not-federated", "--name repo-me-app-ref-refs-heads-main"},
    {"token for another audience",
     [](RequestTest& t) {
       auto call = t.token_request("AADSTS700212");
       call.audience = "https://kubernetes.default.svc";
       return call;
     },
     "token-for-another-audience", "kubectl create token sc-account -n default --audience api://AzureADTokenExchange"},
    {"unknown client",
     [](RequestTest& t) {
       auto call = t.token_request("AADSTS700016", 400);
       call.client_id = "33333333-2222-3333-4444-555555555555";
       return call;
     },
     "identity-does-not-exist", "client-id=11111111-2222-3333-4444-555555555555"},
    {"expired token file", [](RequestTest& t) { return t.token_request("AADSTS700024"); }, "assertion-outside-its-time",
     ""},
    {"unreachable issuer", [](RequestTest& t) { return t.token_request("AADSTS50166", 400); }, "issuer-unreachable",
     "curl -sS https://eastus.oic.prod-aks.azure.com/tenant/guid/.well-known/openid-configuration"},
    {"wrong tenant",
     [](RequestTest& t) {
       auto call = t.token_request("AADSTS90002", 400);
       call.issuer.clear();
       return call;
     },
     "tenant-id-wrong", "az login --tenant tenant"},
    {"wrong secret",
     [](RequestTest& t) {
       auto call = t.token_request("AADSTS7000215");
       call.issuer.clear();
       call.client_id = "77777777-2222-3333-4444-555555555555";
       return call;
     },
     "secret-wrong", "az ad app credential reset --id 77777777-2222-3333-4444-555555555555"},
    {"secret for a managed identity, which has none",
     [](RequestTest& t) {
       auto call = t.token_request("AADSTS7000215");
       call.issuer.clear();
       return call;
     },
     "secret-wrong", "lazuli env --identity id"},
    {"scope that is no resource", [](RequestTest& t) { return t.token_request("AADSTS500011", 400); },
     "token-scope-of-another-service", "--scope https://cognitiveservices.azure.com/.default"},
    {"code that says nothing of the chain", [](RequestTest& t) { return t.token_request("AADSTS900144", 400); },
     "request-refused", ""},
    // The data plane.
    {"no role",
     [](RequestTest& t) {
       t.authorizer.granted_objects = {"nobody"};
       return t.chat("PermissionDenied", 401);
     },
     "role-missing", "--assignee-object-id 99999999-2222-3333-4444-555555555555"},
    {"no role for a person",
     [](RequestTest& t) {
       t.authorizer.granted_objects = {"nobody"};
       auto call = t.chat("PermissionDenied", 401);
       call.principal = "55555555-2222-3333-4444-555555555555";
       call.principal_type = access::PrincipalType::user;
       return call;
     },
     "role-missing", "--assignee-principal-type User"},
    {"no account",
     [](RequestTest& t) {
       auto call = t.chat("404", 404);
       call.host = "other.openai.azure.com";
       return call;
     },
     "endpoint-of-no-account", "az cognitiveservices account list"},
    {"model's name as deployment",
     [](RequestTest& t) {
       auto call = t.chat("DeploymentNotFound", 404);
       call.deployment = "gpt-4";
       return call;
     },
     "model-name-instead-of-deployment", "--deployment-name gpt-4"},
    {"paused deployment",
     [](RequestTest& t) {
       t.property(t.account + "/deployments/MyModel", "deploymentState", "Paused");
       auto call = t.chat("DeploymentPaused", 423);
       call.deployment = "MyModel";
       return call;
     },
     "deployment-is-paused", "/deployments/MyModel/resume"},
    {"token for another service",
     [](RequestTest& t) {
       auto call = t.chat("401", 401);
       call.audience = "https://management.azure.com";
       call.reason = "The token is for 'https://management.azure.com'.";
       return call;
     },
     "token-scope-of-another-service", "--scope https://cognitiveservices.azure.com/.default"},
    {"expired access token", [](RequestTest& t) { return t.chat("401", 401); }, "access-token-expired-or-foreign", ""},
    {"key of no account",
     [](RequestTest& t) {
       auto call = t.chat("401", 401);
       call.with_key = true;
       return call;
     },
     "key-of-no-account", "az cognitiveservices account keys list -n myopenai -g group"},
    {"keys are off",
     [](RequestTest& t) {
       auto call = t.chat("AuthenticationTypeDisabled", 403);
       call.with_key = true;
       return call;
     },
     "key-although-local-auth-is-off", "disableLocalAuth=false"},
    {"firewall",
     [](RequestTest& t) {
       t.property(t.account, "publicNetworkAccess", "Disabled");
       return t.chat("403", 403);
     },
     "public-access-disabled", "publicNetworkAccess=Enabled"},
    {"quota", [](RequestTest& t) { return t.chat("429", 429); }, "quota-used-up", "sku.capacity"},
    {"engine", [](RequestTest& t) { return t.chat("ServiceUnavailable", 503); }, "engine-unavailable", "lazuli logs"},
};

class RefusedRequests : public RequestTest, public ::testing::WithParamInterface<Refusal> {};

TEST_P(RefusedRequests, AreNamedAndMended) {
  EXPECT_EQ(cause_of(GetParam().call(*this)), GetParam().cause) << GetParam().what << "\n" << last.text();
  EXPECT_NE(mend().find(GetParam().mend), std::string::npos) << GetParam().what << "\n" << mend();
  EXPECT_FALSE(last.well());
  EXPECT_EQ(string_at(last.json(), "call", "requestId"), "trace");
}

INSTANTIATE_TEST_SUITE_P(All, RefusedRequests, ::testing::ValuesIn(kRefusals));

TEST_F(RequestTest, FollowsTheChainOfThePodThatSentIt) {
  annotations().clear();  // the pod's own fault, which the call does not tell
  EXPECT_EQ(cause_of(chat("429", 429)), "quota-used-up");
  EXPECT_NE(last.subject.find("pod/app-1"), std::string::npos) << last.subject;
  EXPECT_TRUE(last.has_cause("client-id-annotation-missing")) << last.text();
}

TEST_F(RequestTest, ACallAsTheNodeIsExplainedByTheChainOfThePodThatMadeIt) {
  pod().at("status").as_object()["podIP"] = "10.244.1.7";
  const auto kubelets = [&] {
    JsonArray items;
    items.push_back(pod());
    const JsonObject list{{"items", std::move(items)}};
    objects->held["/api/v1/namespaces/default/pods"] = list;
    objects->held["/api/v1/pods?fieldSelector=status.podIP%3D10.244.1.7"] = list;
    authorizer.granted_objects = {"99999999-2222-3333-4444-555555555555"};
    auto call = chat("PermissionDenied", 401);
    call.principal = "kubelet";
    call.peer = "10.244.1.7";
    return call;
  };
  EXPECT_EQ(cause_of(kubelets()), "called-as-the-node") << last.text();
  EXPECT_TRUE(last.pod && last.pod->called);
  unlabelled();
  EXPECT_EQ(cause_of(kubelets()), "label-missing") << last.text();
  // Whoever gave the node the role, and asks for what is not there, hears of that.
  auto call = kubelets();
  call.code = "DeploymentNotFound";
  call.deployment = "none";
  EXPECT_EQ(cause_of(call), "deployment-does-not-exist") << last.text();
}

// The tenant stands in the workload's own environment, which the call cannot tell.
TEST_F(RequestTest, WhatTheCallEchoesIsToldByTheChainOfThePod) {
  pod().at("status").as_object()["podIP"] = "10.0.0.9";
  own_env("AZURE_TENANT_ID", "22222222-2222-3333-4444-555555555555");
  objects->held["/api/v1/namespaces/default/pods"] = JsonObject{{"items", JsonArray({pod()})}};
  EXPECT_EQ(cause_of(token_request("AADSTS90002", 400)), "tenant-id-wrong");
  EXPECT_EQ(mend(), "kubectl set env deployment/app -n default -c web AZURE_TENANT_ID-");
  EXPECT_EQ(last.first_wrong()->link, "identity in the pod");
}

TEST_F(RequestTest, ThePodsOwnRefusalIsNamedWhereTheChainHolds) {
  pod().at("status").as_object()["podIP"] = "10.0.0.9";
  property(account + "/deployments/MyModel", "model", json(R"({"name":"gpt-4"})"));
  for (const auto& [code, status, cause] : {std::tuple{"429", 429, "quota-used-up"},
                                            {"ServiceUnavailable", 503, "engine-unavailable"},
                                            {"OperationNotSupported", 400, "model-cannot-do-that"},
                                            {"PermissionDenied", 401, "well"}}) {  // the role is there now
    refused.add(chat(code, status));
    EXPECT_EQ(this->cause(), cause) << last.text();
  }
  refused.add(chat("429", 429));
  EXPECT_EQ(cause(), "quota-used-up");
  EXPECT_NE(mend().find("--set sku.capacity=10"), std::string::npos) << mend();
  clock.advance(Seconds(120));
  EXPECT_EQ(cause(), "well") << last.text();
}

TEST_F(RequestTest, SaysThatWhatWasBrokenIsMendedSince) {
  EXPECT_EQ(cause_of(token_request("AADSTS70025")), "well") << last.text();
  EXPECT_TRUE(last.has_cause("mended-since"));
}

TEST_F(RequestTest, NamesTheFaultThatSomebodyAskedFor) {
  auto call = chat("429", 429);
  call.fault = faults.add(fault::read_rule(json(R"({"kind":"throttle"})"), clock.now()).value()).value().id;
  EXPECT_EQ(cause_of(call), "fault-throttle");
  EXPECT_EQ(mend(), "lazuli fault clear 1");
  exchange = Error{"AADSTS700213", "no", 401};
  EXPECT_EQ(cause_of(token_request("AADSTS900144", 400)), "request-refused");
  EXPECT_TRUE(last.has_cause("exchange-refused-by-fault")) << last.text();
}

TEST_F(RequestTest, WorksWhereTheClusterDoesNotRun) {
  cluster_runs = false;
  ASSERT_TRUE(service.resources().remove(*arm::ResourceId::parse(credential)).ok());
  EXPECT_EQ(cause_of(token_request("AADSTS70025")), "no-federated-credential");
}

TEST_F(RequestTest, NamesTheNewestCallsWhereTheIdIsUnknown) {
  EXPECT_NE(doctor().check_request("x").error().message.find("None was refused"), std::string::npos);
  refused.add(token_request("AADSTS70025"));
  const auto report = doctor().check_request("x");
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().status, 404);
  EXPECT_NE(report.error().message.find("trace  401 AADSTS70025"), std::string::npos) << report.error().message;
  EXPECT_TRUE(doctor().check_request("last").ok());
}

}  // namespace
}  // namespace lazuli::doctor
