#include "doctor_fixture.h"

namespace lazuli::doctor {
namespace {

// The connection of the fixture's pod, sound. Each test breaks one thing that it made.
class ConnectionTest : public DoctorTest {
 public:
  ConnectionTest() {
    connect(R"("userAssignedIdentity","clientId":"11111111-2222-3333-4444-555555555555")");
    arm::TypeSpec linkers;
    linkers.type = "Microsoft.ServiceLinker/linkers";
    linkers.actions["listConfigurations"] = [this](const arm::Call& call) -> Result<arm::Answer> {
      const bool later = call.api_version == "2024-07-01-preview";
      return arm::Answer::json(200, json(later ? listed_later : listed_before));
    };
    service.add(std::move(linkers));
    property(credential, "subject", Json("system:serviceaccount:default:" + account_name));
    objects->held[account_path] = json(R"({"metadata":{"name":"sc","annotations":
        {"azure.workload.identity/client-id":"11111111-2222-3333-4444-555555555555"}}})");
    secret("AZURE_OPENAI_ENDPOINT", "https://myopenai.openai.azure.com/");
    secret("AZURE_OPENAI_KEY", "hush");
  }

  void connect(std::string_view auth) {
    put(connection, R"({"properties":{"provisioningState":"Succeeded","scope":"default","targetService":{"id":")" +
                        account + R"("},"authInfo":{"authType":)" + std::string(auth) + "}}}");
  }
  Report examine_connection() {
    auto report = doctor().check_connection(*arm::ResourceId::parse(connection));
    EXPECT_TRUE(report.ok()) << report.error().message;
    last = report ? *report : Report{};
    return last;
  }

  const std::string connection = cluster + "/providers/Microsoft.ServiceLinker/linkers/conn";
  const std::string account_name = "sc-account-11111111-2222-3333-4444-555555555555";
  const std::string account_path = "/api/v1/namespaces/default/serviceaccounts/" + account_name;
  std::string listed_before =
      R"({"configurations":[{"name":"AZURE_OPENAI_BASE","value":"https://myopenai.openai.azure.com/"}]})";
  std::string listed_later =
      R"({"configurations":[{"name":"AZURE_OPENAI_ENDPOINT","value":"https://myopenai.openai.azure.com/"},
                            {"name":"AZURE_OPENAI_KEY","value":""}]})";
};

struct Broken {
  const char* what;
  void (*breaks)(ConnectionTest&);
  const char* cause;
  const char* link;
  const char* mend;  // a part of the command
};

const Broken kBroken[] = {
    {"nothing", [](ConnectionTest&) {}, "well", "", ""},
    {"account deleted",
     [](ConnectionTest& t) { ASSERT_TRUE(t.service.resources().remove(*arm::ResourceId::parse(t.account)).ok()); },
     "target-does-not-exist", "target", "az cognitiveservices account create -n myopenai -g group"},
    {"account closed", [](ConnectionTest& t) { t.property(t.account, "publicNetworkAccess", "Disabled"); },
     "public-access-disabled", "network", "publicNetworkAccess=Enabled"},
    {"secret deleted", [](ConnectionTest& t) { t.objects->held.erase(std::string(kSecretPath)); }, "secret-missing",
     "secret", "az aks connection create cognitiveservices"},
    {"older name of the endpoint differs", [](ConnectionTest& t) { t.secret("AZURE_OPENAI_BASE", "https://other/"); },
     "secret-differs-from-connection", "secret", "--workload-identity"},
    {"newer name of the endpoint differs",
     [](ConnectionTest& t) { t.secret("AZURE_OPENAI_ENDPOINT", "https://other/"); }, "secret-differs-from-connection",
     "secret", "--connection conn"},
    {"key emptied", [](ConnectionTest& t) { t.secret("AZURE_OPENAI_KEY", ""); }, "secret-differs-from-connection",
     "secret", "az aks connection create"},
    {"key that is refused", [](ConnectionTest& t) { t.property(t.account, "disableLocalAuth", true); },
     "key-although-local-auth-is-off", "key", "kubectl"},
    {"connection failed", [](ConnectionTest& t) { t.property(t.connection, "provisioningState", "Failed"); },
     "connection-failed", "connection", "az aks connection create"},
    {"service account deleted", [](ConnectionTest& t) { t.objects->held.erase(t.account_path); },
     "service-account-missing", "service account", "az aks connection create"},
    {"service account of another identity",
     [](ConnectionTest& t) {
       t.objects->held[t.account_path]
           .at("metadata")
           .at("annotations")
           .as_object()["azure.workload.identity/client-id"] = "33333333-2222-3333-4444-555555555555";
     },
     "client-id-annotation-of-another-identity", "service account",
     "client-id=11111111-2222-3333-4444-555555555555 --overwrite && kubectl rollout restart deployment -n default"},
    {"identity deleted",
     [](ConnectionTest& t) { ASSERT_TRUE(t.service.resources().remove(*arm::ResourceId::parse(t.identity)).ok()); },
     "identity-does-not-exist", "identity", ""},
    {"credential of another namespace",
     [](ConnectionTest& t) {
       t.property(t.credential, "subject", Json("system:serviceaccount:shop:" + t.account_name));
     },
     "subject-of-another-namespace", "federated credential", "az identity federated-credential"},
    {"no role", [](ConnectionTest& t) { t.authorizer.granted_objects = {"nobody"}; }, "role-missing", "role",
     "az role assignment create"},
    {"token refused",
     [](ConnectionTest& t) {
       t.exchange = Error{"AADSTS700222", "AADSTS700222: no", 401};
     },
     "exchange-refused", "token exchange", ""},
    {"issuer off",
     [](ConnectionTest& t) {
       t.property(t.cluster, "oidcIssuerProfile", lazuli::testing::json(R"({"enabled":false})"));
     },
     "oidc-issuer-off", "cluster", "--enable-oidc-issuer"},
    {"cluster stopped", [](ConnectionTest& t) { t.cluster_runs = false; }, "cluster-does-not-run", "connection",
     "az aks start -n aks -g group"},
};

class BrokenConnections : public ConnectionTest, public ::testing::WithParamInterface<Broken> {};

TEST_P(BrokenConnections, AreNamedAndMended) {
  const auto& one = GetParam();
  one.breaks(*this);
  const auto report = examine_connection();
  const auto* wrong = report.first_wrong();
  EXPECT_EQ(wrong ? wrong->cause : "well", one.cause) << one.what << "\n" << report.text();
  if (!wrong) return;
  EXPECT_EQ(wrong->link, one.link) << one.what;
  EXPECT_NE(wrong->mend.find(one.mend), std::string::npos) << one.what << ": " << wrong->mend;
}

INSTANTIATE_TEST_SUITE_P(All, BrokenConnections, ::testing::ValuesIn(kBroken));

TEST_F(ConnectionTest, OneWithAKeyIsNotAskedForAnIdentity) {
  connect(R"("secret")");
  authorizer.granted_objects = {"nobody"};
  EXPECT_TRUE(examine_connection().well()) << last.text();
}

TEST_F(ConnectionTest, AKeyIsNeverShown) {
  secret("AZURE_OPENAI_KEY", "hush");
  listed_later = R"({"configurations":[{"name":"AZURE_OPENAI_KEY","value":"other"}]})";
  EXPECT_EQ(examine_connection().text().find("hush"), std::string::npos);
  EXPECT_TRUE(last.is_wrong("secret"));
}

TEST_F(ConnectionTest, OneThatIsNotThereIsNotFound) {
  const auto report = doctor().check_connection(*arm::ResourceId::parse(connection + "x"));
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().status, 404);
}

}  // namespace
}  // namespace lazuli::doctor
