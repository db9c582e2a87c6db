#include "doctor_fixture.h"

namespace lazuli::doctor {
namespace {

TEST_F(DoctorTest, FindsNothingWhereEveryLinkHolds) {
  EXPECT_EQ(cause(), "well") << last.text();
  EXPECT_TRUE(last.json().at("well").as_bool());
  EXPECT_NE(last.text().find("Every link"), std::string::npos);
}

struct Fault {
  const char* what;
  void (*set_up)(DoctorTest&);
  const char* cause;
  const char* mend;  // a part of the command
};

const Fault kFaults[] = {
    // The pod asks for no identity.
    {"label on the Deployment alone",
     [](DoctorTest& t) {
       t.unlabelled();
       t.objects->held[std::string(kDeployPath)].at("metadata").as_object()["labels"] =
           json(R"({"azure.workload.identity/use":"true"})");
     },
     "label-not-on-the-pod", "kubectl patch deployment/app -n default --type merge"},
    {"label on the service account alone",
     [](DoctorTest& t) {
       t.unlabelled();
       t.objects->held[std::string(kAccountPath)].at("metadata").as_object()["labels"] =
           json(R"({"azure.workload.identity/use":"true"})");
     },
     "label-not-on-the-pod", "kubectl patch deployment/app"},
    {"no label, and the library asks the node instead",
     [](DoctorTest& t) {
       t.unlabelled();
       t.log_is("ManagedIdentityCredential: Identity not found");
     },
     "label-missing", "azure.workload.identity/use"},
    {"label with another value",
     [](DoctorTest& t) {
       t.not_injected();
       t.pod().at("metadata").at("labels").as_object()["azure.workload.identity/use"] = "True";
     },
     "label-has-another-value", "kubectl patch"},
    {"annotation instead of label",
     [](DoctorTest& t) {
       t.unlabelled();
       t.pod().at("metadata").as_object()["annotations"] = json(R"({"azure.workload.identity/use":"true"})");
     },
     "label-not-on-the-pod", "kubectl patch"},
    // The cluster does not give one.
    {"issuer off",
     [](DoctorTest& t) {
       t.property(t.cluster, "oidcIssuerProfile", JsonObject{{"enabled", false}});
     },
     "oidc-issuer-off", "--enable-oidc-issuer"},
    {"workload identity off", [](DoctorTest& t) { t.property(t.cluster, "securityProfile", JsonObject()); },
     "workload-identity-off", "--enable-workload-identity"},
    {"webhook missing",
     [](DoctorTest& t) {
       t.not_injected();
       t.objects->held.erase(
           "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/"
           "azure-wi-webhook-mutating-webhook-configuration");
     },
     "webhook-missing", "az aks update"},
    {"webhook that is not asked about the namespace",
     [](DoctorTest& t) {
       t.not_injected();
       t.webhook = Webhook::passes_over;
     },
     "webhook-passes-the-pod-over", "kubectl delete mutatingwebhookconfiguration"},
    {"webhook whose certificate is not trusted",
     [](DoctorTest& t) {
       t.not_injected();
       t.webhook = Webhook::not_reached;
     },
     "webhook-not-reached", "az aks update"},
    {"every container skipped",
     [](DoctorTest& t) {
       t.not_injected();
       t.pod().at("metadata").as_object()["annotations"] = json(R"({"azure.workload.identity/skip-containers":"web"})");
     },
     "container-without-identity",
     R"({"spec":{"template":{"metadata":{"annotations":{"azure.workload.identity/skip-containers":null}}}}})"},
    {"pod made before the label counted", [](DoctorTest& t) { t.not_injected(); }, "pod-older-than-its-set-up",
     "kubectl rollout restart deployment/app"},
    // The service account.
    {"service account missing", [](DoctorTest& t) { t.objects->held.erase(std::string(kAccountPath)); },
     "service-account-missing", "kubectl create serviceaccount sc-account"},
    {"no annotation",
     [](DoctorTest& t) {
       t.annotations().clear();
       t.env("AZURE_CLIENT_ID", nullptr);
     },
     "client-id-annotation-missing", "kubectl annotate serviceaccount sc-account"},
    {"annotation misspelt",
     [](DoctorTest& t) {
       t.annotations().clear();
       t.annotations()["azure.workload.identity/client_id"] = "11111111-2222-3333-4444-555555555555";
       t.env("AZURE_CLIENT_ID", nullptr);
     },
     "client-id-annotation-misspelt", "client-id=11111111-2222-3333-4444-555555555555"},
    {"annotation empty", [](DoctorTest& t) { t.annotations()["azure.workload.identity/client-id"] = ""; },
     "client-id-annotation-missing", "kubectl annotate"},
    {"blanks around the annotation",
     [](DoctorTest& t) {
       t.annotations()["azure.workload.identity/client-id"] = " 11111111-2222-3333-4444-555555555555\n";
     },
     "client-id-annotation-with-stray-characters", "client-id=11111111-2222-3333-4444-555555555555"},
    {"pod of another service account than the one with the identity",
     [](DoctorTest& t) {
       t.annotations().clear();
       t.env("AZURE_CLIENT_ID", nullptr);
       t.account_named("sc-account-1");
     },
     "service-account-without-identity", R"({"spec":{"template":{"spec":{"serviceAccountName":"sc-account-1"}}}})"},
    {"resource id in the annotation",
     [](DoctorTest& t) { t.annotations()["azure.workload.identity/client-id"] = t.identity; },
     "client-id-annotation-is-another-id", "client-id=11111111-2222-3333-4444-555555555555"},
    {"object id in the annotation",
     [](DoctorTest& t) {
       t.annotations()["azure.workload.identity/client-id"] = "99999999-2222-3333-4444-555555555555";
       t.env("AZURE_CLIENT_ID", "99999999-2222-3333-4444-555555555555");
     },
     "client-id-annotation-is-another-id", "client-id=11111111-2222-3333-4444-555555555555"},
    {"another tenant", [](DoctorTest& t) { t.annotations()["azure.workload.identity/tenant-id"] = "other"; },
     "tenant-id-wrong", "tenant-id=tenant"},
    // What the webhook gave.
    {"annotation changed after the pod was made",
     [](DoctorTest& t) { t.env("AZURE_CLIENT_ID", "22222222-2222-3333-4444-555555555555"); },
     "client-id-differs-from-annotation", "kubectl rollout restart"},
    {"token of the API server",
     [](DoctorTest& t) {
       t.own_env("AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/kubernetes.io/serviceaccount/token");
     },
     "token-of-the-api-server", "AZURE_FEDERATED_TOKEN_FILE-"},
    {"client id of the workload's own",
     [](DoctorTest& t) { t.own_env("AZURE_CLIENT_ID", "22222222-2222-3333-4444-555555555555"); },
     "client-id-differs-from-annotation", "kubectl set env deployment/app -n default -c web AZURE_CLIENT_ID-"},
    {"tenant of the workload's own",
     [](DoctorTest& t) { t.own_env("AZURE_TENANT_ID", "22222222-2222-3333-4444-555555555555"); }, "tenant-id-wrong",
     "-c web AZURE_TENANT_ID-"},
    {"authority of another cloud",
     [](DoctorTest& t) { t.own_env("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/"); },
     "authority-of-another-cloud", "-c web AZURE_AUTHORITY_HOST-"},
    {"token file where there is none", [](DoctorTest& t) { t.own_env("AZURE_FEDERATED_TOKEN_FILE", "/mine/token"); },
     "token-file-elsewhere", "-c web AZURE_FEDERATED_TOKEN_FILE-"},
    {"token file of a volume with another audience",
     [](DoctorTest& t) {
       t.own_env("AZURE_FEDERATED_TOKEN_FILE", "/mine/token");
       t.own_token_volume("api://azureadtokenexchange");
     },
     "token-for-another-audience", "-c web AZURE_FEDERATED_TOKEN_FILE-"},
    // The identity and its federated credential.
    {"identity made again",
     [](DoctorTest& t) { t.property(t.identity, "clientId", "33333333-2222-3333-4444-555555555555"); },
     "identity-does-not-exist", "client-id=33333333-2222-3333-4444-555555555555"},
    {"no credential",
     [](DoctorTest& t) { ASSERT_TRUE(t.service.resources().remove(*arm::ResourceId::parse(t.credential)).ok()); },
     "no-federated-credential", "az identity federated-credential create"},
    {"issuer without its slash",
     [](DoctorTest& t) {
       t.property(t.credential, "issuer", "https://eastus.oic.prod-aks.azure.com/tenant/guid");
       t.exchange = Error{"AADSTS700211", "", 400};
     },
     "issuer-differs-by-a-slash", "az identity federated-credential update --name fic --identity-name id"},
    {"issuer with a doubled slash",
     [](DoctorTest& t) { t.property(t.credential, "issuer", "https://eastus.oic.prod-aks.azure.com//tenant/guid/"); },
     "issuer-differs-by-a-slash", "federated-credential update"},
    {"issuer in another case",
     [](DoctorTest& t) { t.property(t.credential, "issuer", "https://eastus.oic.prod-aks.azure.com/Tenant/guid/"); },
     "issuer-differs-in-case", "federated-credential update"},
    {"issuer of a cluster that was made again",
     [](DoctorTest& t) { t.property(t.credential, "issuer", "https://eastus.oic.prod-aks.azure.com/tenant/old/"); },
     "issuer-of-another-cluster", "federated-credential create"},
    {"subject in another case",
     [](DoctorTest& t) { t.property(t.credential, "subject", "system:serviceaccount:default:SC-account"); },
     "subject-differs-in-case", "federated-credential update"},
    {"subject of another namespace",
     [](DoctorTest& t) { t.property(t.credential, "subject", "system:serviceaccount:shop:sc-account"); },
     "subject-of-another-namespace", "--subject system:serviceaccount:default:sc-account"},
    {"subject of another service account",
     [](DoctorTest& t) { t.property(t.credential, "subject", "system:serviceaccount:default:default"); },
     "subject-of-another-service-account", "federated-credential create"},
    {"another audience",
     [](DoctorTest& t) { t.property(t.credential, "audiences", JsonArray({Json("api://AzureADTokenExchangeUSGov")})); },
     "audience-not-federated", "--audiences api://AzureADTokenExchange"},
    {"identity is full",
     [](DoctorTest& t) {
       t.property(t.credential, "subject", "system:serviceaccount:a:b");
       for (int i = 1; i < 20; ++i) {
         t.put(t.identity + "/federatedIdentityCredentials/f" + std::to_string(i),
               R"({"properties":{"issuer":"https://other/","subject":"s"}})");
       }
     },
     "identity-has-no-room-for-credentials", "az identity create"},
    {"credential on another identity",
     [](DoctorTest& t) {
       t.property(t.credential, "subject", "system:serviceaccount:default:other");
       const auto second = DoctorTest::in_group("Microsoft.ManagedIdentity/userAssignedIdentities/second");
       t.put(second, R"({"properties":{"clientId":"44444444-2222-3333-4444-555555555555"}})");
       t.put(second + "/federatedIdentityCredentials/f", R"({"properties":{
           "issuer":"https://eastus.oic.prod-aks.azure.com/tenant/guid/",
           "subject":"system:serviceaccount:default:sc-account","audiences":["api://AzureADTokenExchange"]}})");
     },
     "credential-on-another-identity", "client-id=44444444-2222-3333-4444-555555555555"},
    {"issuer's keys not published", [](DoctorTest& t) { t.published.reset(); }, "issuer-keys-not-published",
     "az resource update --ids"},
    {"signing key rotated", [](DoctorTest& t) { t.published = json(R"({"keys":[{"kid":"k0"}]})"); },
     "signing-key-not-published", "az resource update --ids"},
    {"exchange refused though all matches",
     [](DoctorTest& t) {
       t.exchange = Error{"AADSTS700213", "no", 400};
     },
     "exchange-refused", "az identity federated-credential list"},
    // The account.
    {"no role", [](DoctorTest& t) { t.authorizer.granted_objects = {"nobody"}; }, "role-missing",
     "--role 'Cognitive Services OpenAI User'"},
    {"control-plane role alone",
     [](DoctorTest& t) { t.role("Contributor", "99999999-2222-3333-4444-555555555555", t.account, ""); },
     "role-without-data-actions", "az role assignment create --assignee-object-id 99999999"},
    {"role on another account",
     [](DoctorTest& t) {
       t.role("Cognitive Services OpenAI User", "99999999-2222-3333-4444-555555555555",
              DoctorTest::in_group("Microsoft.CognitiveServices/accounts/other"), "Microsoft.CognitiveServices/*");
     },
     "role-on-another-scope", "accounts/myopenai"},
    {"role given to the kubelet identity",
     [](DoctorTest& t) {
       t.role("Cognitive Services OpenAI User", "kubelet", t.account, "Microsoft.CognitiveServices/*");
     },
     "role-of-another-principal", "--assignee-object-id 99999999"},
    {"endpoint of a deleted account",
     [](DoctorTest& t) { t.secret("AZURE_OPENAI_BASE", "https://gone.openai.azure.com/"); }, "endpoint-of-no-account",
     "kubectl patch secret/sc-conn-secret"},
    {"another variable with an endpoint of nobody",
     [](DoctorTest& t) { t.env("AZURE_OPENAI_ENDPOINT", "https://myopenay.openai.azure.com/"); },
     "endpoint-of-no-account", "AZURE_OPENAI_ENDPOINT=https://myopenai.openai.azure.com/"},
    {"host that only looks like Azure's",
     [](DoctorTest& t) { t.env("AZURE_OPENAI_ENDPOINT", "https://myopenai.openai.azure.co/"); },
     "endpoint-of-another-host", "AZURE_OPENAI_ENDPOINT=https://myopenai.openai.azure.com/"},
    {"account's name as endpoint", [](DoctorTest& t) { t.env("AZURE_OPENAI_ENDPOINT", "myopenai"); },
     "endpoint-of-another-host", "AZURE_OPENAI_ENDPOINT="},
    {"deployment under another key of its secret",
     [](DoctorTest& t) {
       t.env("AZURE_OPENAI_DEPLOYMENT", nullptr);
       t.secret("dep", "gpt-4");
       t.container()["env"].as_array().push_back(json(
           R"({"name":"AZURE_OPENAI_DEPLOYMENT","valueFrom":{"secretKeyRef":{"name":"sc-conn-secret","key":"dep"}}})"));
     },
     "model-name-instead-of-deployment", R"({"stringData":{"dep":"MyModel"}})"},
    {"regional endpoint",
     [](DoctorTest& t) { t.secret("AZURE_OPENAI_BASE", "https://eastus.api.cognitive.microsoft.com/"); },
     "regional-endpoint", "https://myopenai.openai.azure.com/"},
    {"regional endpoint of a region without an account",
     [](DoctorTest& t) { t.secret("AZURE_OPENAI_BASE", "https://westus.api.cognitive.microsoft.com/"); },
     "regional-endpoint", "https://myopenai.openai.azure.com/"},
    {"whole path as endpoint",
     [](DoctorTest& t) {
       t.secret("AZURE_OPENAI_BASE", "https://myopenai.openai.azure.com/openai/deployments/MyModel");
     },
     "endpoint-with-a-path", "https://myopenai.openai.azure.com/"},
    {"line end in the secret",
     [](DoctorTest& t) { t.secret("AZURE_OPENAI_BASE", "https://myopenai.openai.azure.com/\n"); },
     "endpoint-with-stray-characters", "kubectl patch secret/sc-conn-secret"},
    {"public access disabled", [](DoctorTest& t) { t.property(t.account, "publicNetworkAccess", "Disabled"); },
     "public-access-disabled", "publicNetworkAccess=Enabled"},
    {"firewall",
     [](DoctorTest& t) {
       t.property(t.account, "networkAcls", JsonObject{{"defaultAction", "Deny"}});
     },
     "firewall-denies", "network-rule add"},
    {"key although keys are refused",
     [](DoctorTest& t) {
       t.property(t.account, "disableLocalAuth", true);
       t.env("AZURE_OPENAI_API_KEY", "k");
     },
     "key-although-local-auth-is-off", "AZURE_OPENAI_API_KEY-"},
    {"model's name instead of deployment's", [](DoctorTest& t) { t.env("AZURE_OPENAI_DEPLOYMENT", "gpt-4"); },
     "model-name-instead-of-deployment", "AZURE_OPENAI_DEPLOYMENT=MyModel"},
    {"deployment deleted",
     [](DoctorTest& t) {
       ASSERT_TRUE(t.service.resources().remove(*arm::ResourceId::parse(t.account + "/deployments/MyModel")).ok());
     },
     "account-without-deployments", "deployment create"},
    {"bound identity without the cluster's leave",
     [](DoctorTest& t) {
       ASSERT_TRUE(t.service.resources().remove(*arm::ResourceId::parse(t.credential)).ok());
       t.put(t.cluster + "/identityBindings/ib",
             R"({"properties":{"managedIdentity":{"clientId":"11111111-2222-3333-4444-555555555555"}}})");
       t.pod().at("metadata").as_object()["annotations"] =
           json(R"({"azure.workload.identity/use-identity-binding":"true"})");
     },
     "bound-identity-not-allowed", "kubectl apply -f -"},
    {"deployment paused",
     [](DoctorTest& t) {
       t.property(t.account + "/deployments/MyModel", "deploymentState", "Paused");
       t.env("AZURE_OPENAI_DEPLOYMENT", "MyModel");
     },
     "deployment-is-paused", "/deployments/MyModel/resume"},
    {"model's version as api-version", [](DoctorTest& t) { t.env("OPENAI_API_VERSION", "2024-05-13"); },
     "model-version-as-api-version", "OPENAI_API_VERSION=2024-10-21"},
    {"api-version of another form", [](DoctorTest& t) { t.env("OPENAI_API_VERSION", "0613"); }, "api-version-malformed",
     "OPENAI_API_VERSION="},
    {"scope of the Foundry service",
     [](DoctorTest& t) { t.env("AZURE_OPENAI_SCOPE", "https://ai.azure.com/.default"); },
     "token-scope-of-another-service", "https://cognitiveservices.azure.com/.default"},
    // The pod does not even start.
    {"secret missing",
     [](DoctorTest& t) {
       t.objects->held.erase(std::string(kSecretPath));
       t.waiting("CreateContainerConfigError", "secret \"sc-conn-secret\" not found");
     },
     "secret-missing", "az aks connection list"},
    {"secret in another namespace",
     [](DoctorTest& t) {
       t.objects->held.erase(std::string(kSecretPath));
       t.objects->held["/api/v1/secrets?fieldSelector=metadata.name%3Dsc-conn-secret"] =
           json(R"({"items":[{"metadata":{"name":"sc-conn-secret","namespace":"shop"}}]})");
       t.waiting("CreateContainerConfigError", "secret \"sc-conn-secret\" not found");
     },
     "secret-in-another-namespace", "kubectl get secret sc-conn-secret -n shop -o yaml | sed"},
    {"volume of a secret that is not there",
     [](DoctorTest& t) {
       t.pod().at("spec").at("volumes").as_array().push_back(json(R"({"name":"v","secret":{"secretName":"gone"}})"));
       t.waiting("ContainerCreating", "");
     },
     "secret-missing", "az aks connection list"},
    {"volume that cannot be mounted",
     [](DoctorTest& t) {
       t.waiting("ContainerCreating", "");
       t.event_is("MountVolume.SetUp failed for volume \"v\": timed out");
     },
     "volume-not-mounted", ""},
    {"tag absent", [](DoctorTest& t) { t.image_fails("not found; then: 401 Unauthorized anonymous token"); },
     "image-not-found", "az acr repository list -n myregistry"},
    {"no AcrPull", [](DoctorTest& t) { t.image_fails("failed to fetch anonymous token: 401 Unauthorized"); },
     "pull-not-allowed", "--attach-acr myregistry"},
    {"401 although the node may pull",
     [](DoctorTest& t) {
       t.property(t.registry, "anonymousPullEnabled", true);
       t.image_fails("unexpected status: 401 Unauthorized");
     },
     "image-not-found", "az acr repository list -n myregistry"},
    {"another tag is there",
     [](DoctorTest& t) {
       t.tags = {"v2", "v1"};
       t.image_fails("myregistry.azurecr.io/app:1: not found");
     },
     "image-not-found", "kubectl set image deployment/app -n default web=myregistry.azurecr.io/app:v2"},
    {"another registry has it",
     [](DoctorTest& t) {
       t.tags = {"v2"};
       t.container()["image"] = "other.azurecr.io/app:1";
       t.waiting("ErrImagePull", "dial tcp: lookup other.azurecr.io: no such host");
     },
     "registry-does-not-exist", "web=myregistry.azurecr.io/app:v2"},
    {"registry in repository-permissions mode",
     [](DoctorTest& t) {
       t.property(t.registry, "roleAssignmentMode", "AbacRepositoryPermissions");
       t.image_fails("403 Forbidden");
     },
     "registry-wants-repository-roles", "Container Registry Repository Reader"},
    {"registry closed",
     [](DoctorTest& t) {
       t.property(t.registry, "publicNetworkAccess", "Disabled");
       t.image_fails("403 Forbidden: denied");
     },
     "registry-network-closed", "--public-network-enabled true"},
    {"image for arm64", [](DoctorTest& t) { t.image_fails("no match for platform in manifest; 401 anonymous token"); },
     "image-for-another-architecture", "--platform linux/amd64"},
    {"registry does not exist",
     [](DoctorTest& t) {
       t.container()["image"] = "other.azurecr.io/app:1";
       t.waiting("ErrImagePull", "dial tcp: lookup other.azurecr.io: no such host");
     },
     "registry-does-not-exist", "az acr list"},
    // Service Connector.
    {"extension failed",
     [](DoctorTest& t) {
       t.put(t.cluster + "/providers/Microsoft.KubernetesConfiguration/extensions/sc-extension",
             R"({"properties":{"provisioningState":"Failed","statuses":[{"message":"image not found"}]}})");
     },
     "connector-extension-failed", "az k8s-extension update"},
    {"connection failed",
     [](DoctorTest& t) {
       t.put(t.cluster + "/providers/Microsoft.ServiceLinker/linkers/conn",
             R"({"properties":{"provisioningState":"Failed","targetService":{"id":"/subscriptions/s"}}})");
     },
     "connection-failed", "az aks connection create"},
    // What only the log tells, while the chain holds.
    {"openai older than its httpx",
     [](DoctorTest& t) { t.log_is("TypeError: __init__() got an unexpected keyword argument 'proxies'"); },
     "httpx-too-new-for-openai", "httpx<0.28"},
    {"library without workload identity", [](DoctorTest& t) { t.log_is("400 Bad Request: Identity not found"); },
     "library-without-workload-identity", "azure-identity"},
    {"token file read once",
     [](DoctorTest& t) { t.log_is("AADSTS700024: Client assertion is not within its time range"); },
     "token-file-read-once", "kubectl rollout restart"},
    {"access token kept",
     [](DoctorTest& t) {
       t.log_is("401 Access token is missing, invalid, audience is incorrect, or have expired");
       t.pod().at("status").at("containerStatuses").at(0).at("state").at("running").as_object()["startedAt"] =
           "2027-01-15T06:00:00Z";
     },
     "access-token-kept-too-long", "get_bearer_token_provider"},
    {"scope in the code",
     [](DoctorTest& t) { t.log_is("401 Access token is missing, invalid, audience is incorrect, or have expired"); },
     "token-scope-in-the-code", ""},
    {"role came later", [](DoctorTest& t) { t.log_is("PermissionDenied: lacks the required data action"); },
     "role-came-later", "kubectl rollout restart"},
    {"credential came later", [](DoctorTest& t) { t.log_is("AADSTS700213: No matching federated identity record"); },
     "federation-came-later", "kubectl rollout restart"},
    {"application reads another name", [](DoctorTest& t) { t.log_is("KeyError: 'AZURE_OPENAI_ENDPOINT'"); },
     "variable-not-set", "AZURE_OPENAI_ENDPOINT=https://myopenai.openai.azure.com/"},
    {"deployment named in the code", [](DoctorTest& t) { t.log_is("Error code: 404 - DeploymentNotFound"); },
     "deployment-name-in-the-code", ""},
    {"killed for memory",
     [](DoctorTest& t) {
       t.pod().at("status").at("containerStatuses").at(0).as_object()["state"] =
           json(R"({"terminated":{"reason":"OOMKilled","exitCode":137}})");
     },
     "out-of-memory", "kubectl set resources"},
};

class DoctorFaults : public DoctorTest, public ::testing::WithParamInterface<Fault> {};

TEST_P(DoctorFaults, IsNamedAndMended) {
  GetParam().set_up(*this);
  EXPECT_EQ(cause(), GetParam().cause) << GetParam().what << "\n" << last.text();
  EXPECT_NE(mend().find(GetParam().mend), std::string::npos) << GetParam().what << "\n" << mend();
}

INSTANTIATE_TEST_SUITE_P(All, DoctorFaults, ::testing::ValuesIn(kFaults));

// An application takes the place of the user-assigned identity.
constexpr std::string_view kApplication = "77777777-2222-3333-4444-555555555555";

TEST_F(DoctorTest, LooksAtFederatedCredentialsOfApplicationsAsWell) {
  env("AZURE_CLIENT_ID", std::string(kApplication).c_str());
  annotations()["azure.workload.identity/client-id"] = std::string(kApplication);
  const std::string subject = "system:serviceaccount:default:sc-account";
  application = Identity{"app",
                         std::string(kApplication),
                         "99999999-2222-3333-4444-555555555555",
                         {},
                         false,
                         {},
                         {{"fic", std::string(kIssuer), subject, {"api://AzureADTokenExchange"}}}};
  EXPECT_EQ(cause(), "well") << last.text();
  ASSERT_TRUE(service.resources().remove(*arm::ResourceId::parse(credential)).ok());
  application->credentials[0].subject = "system:serviceaccount:default:SC-account";
  EXPECT_EQ(cause(), "subject-differs-in-case");
  EXPECT_TRUE(mend().starts_with("az ad app federated-credential update --id " + std::string(kApplication) +
                                 " --federated-credential-id fic --parameters '{"))
      << mend();
  application->credentials.clear();
  EXPECT_EQ(cause(), "no-federated-credential");
  EXPECT_TRUE(mend().starts_with("az ad app federated-credential create --id ")) << mend();
}

TEST_F(DoctorTest, EchoOfABrokenLinkInTheLogAddsNothing) {
  property(credential, "subject", "system:serviceaccount:shop:sc-account");
  exchange = Error{"AADSTS700213", "no", 400};
  log_is("AADSTS700213: no match. PermissionDenied");
  authorizer.granted_objects = {"nobody"};
  EXPECT_EQ(cause(), "subject-of-another-namespace");
  EXPECT_FALSE(last.is_wrong("log")) << last.text();
  EXPECT_TRUE(last.is_wrong("role"));  // both are told
}

TEST_F(DoctorTest, WarnsOfContainerWithoutIdentityAndOfKeyBesideIt) {
  auto& containers = pod().at("spec").at("containers").as_array();
  containers.push_back(json(R"({"name":"sidecar","image":"i","env":[]})"));
  env("AZURE_OPENAI_KEY", "secret-value");
  EXPECT_EQ(cause(), "well");
  EXPECT_TRUE(last.has_cause("container-without-identity"));
  EXPECT_TRUE(last.has_cause("key-beside-identity"));
  EXPECT_EQ((last.text() + to_text(last.json())).find("secret-value"), std::string::npos);
}

TEST_F(DoctorTest, ReplacesBarePodSinceItCannotBePatched) {
  unlabelled();
  pod().at("metadata").as_object().erase("ownerReferences");
  EXPECT_EQ(cause(), "label-missing");
  EXPECT_EQ(mend(),
            "kubectl get pod/app-1 -n default -o yaml | kubectl patch --local -f - -o yaml --type merge -p "
            R"('{"metadata":{"labels":{"azure.workload.identity/use":"true"}}}' | kubectl replace --force -f -)");
}

// What the webhook had given a bare pod would be kept otherwise.
TEST_F(DoctorTest, ReplacesBarePodWithoutWhatTheWebhookGaveIt) {
  pod().at("metadata").as_object().erase("ownerReferences");
  annotations()["azure.workload.identity/client-id"] = "99999999-2222-3333-4444-555555555555";
  EXPECT_EQ(cause(), "client-id-annotation-is-another-id");
  EXPECT_NE(mend().find("| kubectl set env --local -f - -o yaml AZURE_CLIENT_ID- "), std::string::npos) << mend();
  EXPECT_FALSE(last.is_wrong("identity")) << last.text();  // it is not looked for by a wrong id
}

struct Kind {
  const char* kind;
  const char* path;
  const char* mend;
};

class DoctorKinds : public DoctorTest, public ::testing::WithParamInterface<Kind> {};

// Each kind has its own way to pods with the label.
TEST_P(DoctorKinds, IsLabelledByACommandThatMakesNewPods) {
  unlabelled();
  pod().at("metadata").as_object()["ownerReferences"] =
      JsonArray({Json(JsonObject{{"kind", GetParam().kind}, {"name", "app"}})});
  objects->held[GetParam().path] = json(R"({"metadata":{"name":"app"}})");
  EXPECT_EQ(cause(), "label-missing");
  EXPECT_EQ(mend(), GetParam().mend);
}

constexpr Kind kKinds[] = {
    {"Job", "/apis/batch/v1/namespaces/default/jobs/app",
     "kubectl get job/app -n default -o yaml | sed /controller-uid:/d | kubectl patch --local -f - -o yaml --type "
     "merge -p "
     R"('{"spec":{"template":{"metadata":{"labels":{"azure.workload.identity/use":"true"}}}}}' | )"
     "kubectl replace --force -f -"},
    {"CronJob", "/apis/batch/v1/namespaces/default/cronjobs/app",
     "kubectl patch cronjob/app -n default --type merge -p "
     R"('{"spec":{"jobTemplate":{"spec":{"template":{"metadata":{"labels":{"azure.workload.identity/use":"true"}}}}}}}')"
     " && kubectl create job app-$(date +%s) --from=cronjob/app -n default"},
    {"StatefulSet", "/apis/apps/v1/namespaces/default/statefulsets/app",
     "kubectl patch statefulset/app -n default --type merge -p "
     R"('{"spec":{"template":{"metadata":{"labels":{"azure.workload.identity/use":"true"}}}}}')"
     " && kubectl delete pod app-1 -n default --ignore-not-found"},
};

INSTANTIATE_TEST_SUITE_P(All, DoctorKinds, ::testing::ValuesIn(kKinds));

struct Unmade {
  const char* what;
  void (*set_up)(DoctorTest&);
  const char* cause;
  const char* mend;
};

class DoctorUnmade : public DoctorTest, public ::testing::WithParamInterface<Unmade> {};

// A workload without a pod is looked at by its template.
TEST_P(DoctorUnmade, IsExplained) {
  GetParam().set_up(*this);
  last = examine("deploy/app");
  ASSERT_NE(last.first_wrong(), nullptr) << last.text();
  EXPECT_EQ(last.first_wrong()->cause, GetParam().cause) << GetParam().what << "\n" << last.text();
  EXPECT_NE(mend().find(GetParam().mend), std::string::npos) << GetParam().what << "\n" << mend();
  EXPECT_FALSE(last.pod) << "an event would have no object";
}

const Unmade kUnmade[] = {
    {"scaled to zero", [](DoctorTest& t) { t.no_pod("", 0); }, "scaled-to-zero",
     "kubectl scale deployment/app -n default --replicas 1"},
    {"webhook not trusted", [](DoctorTest& t) { t.no_pod("failed calling webhook \"m\": x509"); },
     "webhook-not-reached", "az aks update"},
    {"no such service account",
     [](DoctorTest& t) {
       t.no_pod("forbidden: error looking up service account default/sc-account");
       t.objects->held.erase(std::string(kAccountPath));
       t.account_named("sc-account-1");
     },
     "service-account-missing", R"("serviceAccountName":"sc-account-1")"},
    {"token's life refused by the webhook",
     [](DoctorTest& t) {
       t.no_pod("denied the request: token expiration 60 not valid. Expected value to be between 3600 and 86400");
     },
     "token-expiration-invalid", "service-account-token-expiration-"},
    {"quota", [](DoctorTest& t) { t.no_pod("exceeded quota: compute"); }, "pod-not-made", ""},
    {"not asked for yet, and the account is missing",
     [](DoctorTest& t) {
       t.no_pod("");
       t.secret("AZURE_OPENAI_BASE", "https://gone.openai.azure.com/");
     },
     "endpoint-of-no-account", "kubectl patch secret/sc-conn-secret"},
};

INSTANTIATE_TEST_SUITE_P(All, DoctorUnmade, ::testing::ValuesIn(kUnmade));

// What is unusual and leads through is not accused.
TEST_F(DoctorTest, LeavesAloneWhatIsUnusualAndRight) {
  own_env("AZURE_FEDERATED_TOKEN_FILE", "/mine/token");
  own_token_volume("api://AzureADTokenExchange");
  env("MODEL_NAME", "gpt-4");
  env("DEPLOYMENT_ENVIRONMENT", "production");
  env("DEPLOYMENT_NAME", "app");
  env("NAME", "myopenai");
  env("AZURE_OPENAI_ENDPOINT", "https://$(NAME).openai.azure.com/");
  property(account, "networkAcls", json(R"({"defaultAction":"Deny","ipRules":[{"value":"10.244.0.0/16"}]})"));
  pod().at("status").as_object()["podIP"] = "10.244.0.9";
  EXPECT_EQ(cause(), "well") << last.text();
  env("OPENAI_BASE_URL", "http://litellm.default.svc:4000/v1");
  EXPECT_EQ(cause(), "well") << last.text();
  EXPECT_TRUE(last.has_cause("endpoint-of-another-host"));  // it may be a gateway: a warning
}

TEST_F(DoctorTest, ChecksTheAccountThatThePodNamesItself) {
  const auto second = in_group("Microsoft.CognitiveServices/accounts/second");
  put(second, R"({"kind":"OpenAI","location":"eastus","properties":{"customSubDomainName":"second",
      "endpoint":"https://second.openai.azure.com/","publicNetworkAccess":"Disabled"}})");
  put(second + "/deployments/MyModel", R"({"properties":{"model":{"name":"gpt-4"}}})");
  env("AZURE_OPENAI_ENDPOINT", "https://second.openai.azure.com/");
  EXPECT_EQ(cause(), "public-access-disabled") << last.text();
  EXPECT_TRUE(last.has_cause("several-accounts"));
}

TEST_F(DoctorTest, MakesNoCredentialInThePlaceOfAnother) {
  const auto other = identity + "/federatedIdentityCredentials/aks-default-sc-account";
  put(other, R"({"properties":{"issuer":"https://other/","subject":"s","audiences":["api://AzureADTokenExchange"]}})");
  ASSERT_TRUE(service.resources().remove(*arm::ResourceId::parse(credential)).ok());
  EXPECT_EQ(cause(), "subject-not-federated") << last.text();
  EXPECT_NE(mend().find("create --name aks-default-sc-account-2 "), std::string::npos) << mend();
}

TEST_F(DoctorTest, WarnsOfAnEndThatNoLinkExplains) {
  pod().at("status").at("containerStatuses").at(0).as_object()["state"] =
      json(R"({"terminated":{"reason":"Error","exitCode":3}})");
  EXPECT_EQ(cause(), "well") << last.text();
  EXPECT_TRUE(last.has_cause("container-ends-with-an-error"));
}

TEST_F(DoctorTest, DoesNotCallAPodStartedThatIsNot) {
  pod().at("status").as_object()["phase"] = "Pending";
  waiting("ContainerCreating", "");
  EXPECT_EQ(cause(), "well") << last.text();
  const auto start = std::ranges::find(last.findings, "pod starts", &Finding::link);
  ASSERT_NE(start, last.findings.end()) << last.text();
  EXPECT_EQ(start->verdict, Verdict::unknown) << last.text();
}

TEST_F(DoctorTest, NamesTheOtherNamespaceOfAPod) {
  objects->held["/api/v1/pods?fieldSelector=metadata.name%3Dfar"] =
      json(R"({"items":[{"metadata":{"name":"far","namespace":"shop"}}]})");
  const auto report = doctor().check_pod(cluster, "default", "far");
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.error().message.find("There is one in namespace 'shop'"), std::string::npos);
}

TEST_F(DoctorTest, TakesAClientIdOfThePodsOwn) {
  annotations().clear();
  own_env("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555");
  EXPECT_EQ(cause(), "well") << last.text();
  annotations()["azure.workload.identity/client-id"] = "22222222-2222-3333-4444-555555555555";
  EXPECT_EQ(cause(), "well") << last.text();
  EXPECT_TRUE(last.has_cause("client-id-differs-from-annotation"));
}

TEST_F(DoctorTest, ContainerThatReadsTheEndpointNeedsTheIdentity) {
  auto& containers = pod().at("spec").at("containers").as_array();
  containers.push_back(json(R"({"name":"worker","image":"i",
      "env":[{"name":"AZURE_OPENAI_ENDPOINT","value":"https://myopenai.openai.azure.com/"}]})"));
  pod().at("metadata").as_object()["annotations"] = json(R"({"azure.workload.identity/skip-containers":"worker"})");
  EXPECT_EQ(cause(), "container-without-identity") << last.text();
}

TEST_F(DoctorTest, FindsThePodOfAWorkload) {
  JsonArray items;
  items.push_back(pod());
  objects->held["/api/v1/namespaces/default/pods"] = JsonObject{{"items", std::move(items)}};
  EXPECT_TRUE(examine("deploy/app").well());
}

TEST_F(DoctorTest, SaysWhichPodsThereAre) {
  JsonArray items;
  items.push_back(pod());
  objects->held["/api/v1/namespaces/default/pods"] = JsonObject{{"items", std::move(items)}};
  Doctor doctor({service, objects_of(), authorizer, clock, {}, {}});
  const auto report = doctor.check_pod(cluster, "default", "nope");
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().status, 404);
  EXPECT_NE(report.error().message.find("app-1"), std::string::npos);
  EXPECT_EQ(
      doctor.check_pod(in_group("Microsoft.ContainerService/managedClusters/none"), "default", "x").error().status,
      404);
  cluster_runs = false;
  EXPECT_EQ(doctor.check_pod(cluster, "default", "app-1").error().code, "ClusterNotRunning");
}

TEST_F(DoctorTest, SaysWhyAWorkloadHasNoPod) {
  objects->held["/api/v1/namespaces/default/pods"] = json(R"({"items":[]})");
  objects->held["/api/v1/namespaces/default/events"] = json(R"({"items":[{"reason":"FailedCreate",
      "involvedObject":{"name":"app-x"},"message":"failed calling webhook: deadline exceeded"}]})");
  Doctor doctor({service, objects_of(), authorizer, clock, {}, {}});
  EXPECT_NE(doctor.check(cluster, "default", "deploy/app").error().message.find("failed calling webhook"),
            std::string::npos);
}

TEST_F(DoctorTest, SurvivesPodsThatAreNotAsExpected) {
  for (const auto* odd :
       {R"({})", R"({"metadata":7,"spec":[]})", R"({"metadata":{"name":"app-1"},"spec":{"containers":[1,{}]}})",
        R"({"metadata":{"name":"app-1"},"spec":{"containers":{}},"status":{"containerStatuses":"x"}})"}) {
    pod() = json(odd);
    EXPECT_FALSE(examine().findings.empty());
  }
}

}  // namespace
}  // namespace lazuli::doctor
