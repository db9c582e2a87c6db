// The registry's doors over real HTTP on loopback: sign-in, push, pull, what is refused.
#include "registry/registry.h"

#include "base/text.h"
#include "crypto/keys.h"
#include "fixture.h"
#include "net/server.h"

namespace lazuli::registry {
namespace {

constexpr const char* kHost = "r.azurecr.io";
constexpr const char* kId = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r";
constexpr const char* kClient = "5c0f5d4e-3d9b-4b21-9d07-3c1a0d0c7a11";
constexpr const char* kActions = "Microsoft.ContainerRegistry/registries/";
constexpr std::string_view kConfig = R"({"architecture":"amd64","os":"linux"})";

// Making a key is the slow part of a registry's first start; one does for all tests.
std::unique_ptr<store::Store> store_with_key() {
  static const std::string pem = crypto::PrivateKey::generate_rsa().pem();
  auto made = store::Store::in_memory();
  EXPECT_TRUE(made->put("registry.keys", "signing", JsonObject{{"pem", pem}}));
  return made;
}

class RegistryTest : public testing::Test {
 protected:
  RegistryTest() {
    rights.allowed["pusher"] = {kActions + std::string("pull/read"), kActions + std::string("push/write")};
    rights.allowed["puller"] = {kActions + std::string("pull/read")};
    EXPECT_TRUE(registry.put({kId, kHost, false, true, "r", {"right", "second"}}));
    router.suffix(".azurecr.io", [this](net::Exchange& exchange) { return registry.serve(exchange); });
    router.otherwise([this](net::Exchange& exchange) { return registry.serve_node(exchange, kubelet); });
    port = server.listen_http({})->port;
  }

  net::Response send(const std::string& method, const std::string& path, std::string body = {},
                     std::vector<std::pair<std::string, std::string>> headers = {}, const std::string& host = kHost) {
    net::ClientRequest request;
    request.method = method;
    request.url = "http://" + host + ":" + std::to_string(port) + path;
    request.connect_to = "127.0.0.1";
    request.body = std::move(body);
    for (auto& [name, value] : headers) request.headers.set(name, value);
    auto answer = client.fetch(std::move(request));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *std::move(answer) : net::Response();
  }

  std::string token(const std::string& who, const std::string& scope) {
    const auto exchanged =
        send("POST", "/oauth2/exchange", "grant_type=access_token&service=r.azurecr.io&access_token=" + who);
    EXPECT_EQ(exchanged.status, 200) << exchanged.body;
    const std::string refresh = string_at(*parse_json(exchanged.body), "refresh_token");
    const auto given =
        send("POST", "/oauth2/token",
             "grant_type=refresh_token&service=r.azurecr.io&scope=" + scope + "&refresh_token=" + refresh);
    return string_at(*parse_json(given.body), "access_token");
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  static Headers bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

  void push_image(const Headers& headers) {
    for (const std::string& content : {std::string(kConfig), std::string("layer")}) {
      const auto begun = send("POST", "/v2/app/blobs/uploads/", {}, headers);
      ASSERT_EQ(begun.status, 202) << begun.body;
      const std::string location(begun.headers.get("Location"));
      EXPECT_EQ(send("PATCH", location, content, headers).headers.get("Range"),
                "0-" + std::to_string(content.size() - 1));
      const auto done = send("PUT", location + "&digest=" + digest_of(content), {}, headers);
      ASSERT_EQ(done.status, 201) << done.body;
    }
    Headers typed = headers;
    typed.emplace_back("Content-Type", kOciManifest);
    ASSERT_EQ(send("PUT", "/v2/app/manifests/1", image_manifest(kConfig, "layer"), typed).status, 201);
  }

  TemporaryDirectory directory;
  SystemClock clock;
  SystemRandom random;
  Log log{2, Level::error};
  std::unique_ptr<store::Store> store = store_with_key();
  NamedTokens tokens;
  GivenRights rights;
  net::Client client;
  WorkerPool pool{"registry-test", 2};
  access::Principal kubelet{access::PrincipalType::managed_identity, "kubelet", {}, {}, {}, {}, nullptr};
  static Result<access::Principal> with_secret(std::string_view client_id, std::string_view secret) {
    if (secret != "secret") return Error{"AADSTS7000215", "Invalid client secret provided.", 401};
    access::Principal who;
    who.object_id = client_id == kClient ? "puller" : "stranger";
    return who;
  }
  Registry registry{
      {*store, clock, random, log, client, tokens, rights, with_secret, directory.path().string(), "t", "", "", pool}};
  net::Router router;
  unsigned short port = 0;
  net::Server server{router, log, 1};
};

TEST_F(RegistryTest, AsksForATokenAndSaysWhere) {
  const auto answer = send("GET", "/v2/");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.headers.get("WWW-Authenticate"),
            "Bearer realm=\"https://r.azurecr.io/oauth2/token\",service=\"r.azurecr.io\"");
  EXPECT_EQ(answer.headers.get("Docker-Distribution-Api-Version"), "registry/2.0");
}

TEST_F(RegistryTest, PushesAndPullsWithATokenForIt) {
  const auto headers = bearer(token("pusher", "repository:app:pull,push"));
  push_image(headers);
  const auto manifest = send("GET", "/v2/app/manifests/1", {}, headers);
  EXPECT_EQ(manifest.body, image_manifest(kConfig, "layer"));
  EXPECT_EQ(manifest.headers.get("Content-Type"), kOciManifest);
  EXPECT_EQ(send("GET", "/v2/app/blobs/" + digest_of("layer"), {}, headers).body, "layer");
  auto ranged = headers;
  ranged.emplace_back("Range", "bytes=1-3");
  const auto part = send("GET", "/v2/app/blobs/" + digest_of("layer"), {}, ranged);
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "aye");
  EXPECT_EQ(part.headers.get("Content-Range"), "bytes 1-3/5");
}

TEST_F(RegistryTest, TokenGivesNoMoreThanTheRole) {
  const auto headers = bearer(token("puller", "repository:app:pull,push"));
  const auto refused = send("POST", "/v2/app/blobs/uploads/", {}, headers);
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(refused.headers.get("WWW-Authenticate").find("error=\"insufficient_scope\""), std::string_view::npos);
}

TEST_F(RegistryTest, NoRoleNoRefreshToken) {
  EXPECT_EQ(send("POST", "/oauth2/exchange", "grant_type=access_token&access_token=stranger").status, 401);
  EXPECT_EQ(send("POST", "/oauth2/exchange", "grant_type=access_token&access_token=bad").status, 401);
}

TEST_F(RegistryTest, TokenOfOneRegistryDoesNotOpenAnother) {
  ASSERT_TRUE(registry.put({std::string(kId) + "2", "r2.azurecr.io", false, false, "r2", {}}));
  const auto headers = bearer(token("pusher", "repository:app:pull,push"));
  EXPECT_EQ(send("GET", "/v2/app/tags/list", {}, headers, "r2.azurecr.io").status, 401);
}

TEST_F(RegistryTest, ServicePrincipalSignsInWithItsSecret) {
  const auto token = [&](const std::string& user, const std::string& password) {
    return send("GET", "/oauth2/token?service=r.azurecr.io&scope=repository:app:pull", {},
                {{"Authorization", "Basic " + base64(user + ":" + password)}});
  };
  push_image(bearer(this->token("pusher", "repository:app:pull,push")));
  const auto given = token(kClient, "secret");
  ASSERT_EQ(given.status, 200) << given.body;
  const auto headers = bearer(string_at(*parse_json(given.body), "access_token"));
  EXPECT_EQ(send("GET", "/v2/app/manifests/1", {}, headers).status, 200);
  EXPECT_EQ(send("POST", "/v2/app/blobs/uploads/", {}, headers).status, 401);  // it may pull, no more
  EXPECT_NE(token(kClient, "wrong").body.find("Invalid client secret"), std::string::npos);
  const auto stranger = token("5c0f5d4e-3d9b-4b21-9d07-000000000000", "secret");
  EXPECT_EQ(stranger.status, 401);
  EXPECT_NE(stranger.body.find("AcrPull"), std::string::npos);
}

TEST_F(RegistryTest, AdminUserSignsInWithEitherPassword) {
  for (const char* password : {"right", "second"})
    EXPECT_EQ(send("GET", "/v2/", {}, {{"Authorization", "Basic " + base64(std::string("r:") + password)}}).status,
              200);
  EXPECT_EQ(send("GET", "/v2/", {}, {{"Authorization", "Basic " + base64("r:wrong")}}).status, 401);
  ASSERT_TRUE(registry.put({kId, kHost, false, false, "r", {"right", "second"}}));
  EXPECT_EQ(send("GET", "/v2/", {}, {{"Authorization", "Basic " + base64("r:right")}}).status, 401);
}

TEST_F(RegistryTest, AnonymousMayPullOnceThatIsSwitchedOn) {
  push_image(bearer(token("pusher", "repository:app:pull,push")));
  EXPECT_EQ(send("GET", "/oauth2/token?service=r.azurecr.io&scope=repository:app:pull").status, 401);
  ASSERT_TRUE(registry.put({kId, kHost, true, false, "r", {}}));
  const auto given = send("GET", "/oauth2/token?service=r.azurecr.io&scope=repository:app:pull,push");
  const auto headers = bearer(string_at(*parse_json(given.body), "access_token"));
  EXPECT_EQ(send("GET", "/v2/app/manifests/1", {}, headers).status, 200);
  EXPECT_EQ(send("POST", "/v2/app/blobs/uploads/", {}, headers).status, 401);
}

TEST_F(RegistryTest, WrongDigestKeepsNothing) {
  const auto headers = bearer(token("pusher", "repository:app:pull,push"));
  const auto begun = send("POST", "/v2/app/blobs/uploads/", {}, headers);
  const std::string location(begun.headers.get("Location"));
  EXPECT_EQ(send("PUT", location + "&digest=" + digest_of("this"), "that", headers).status, 400);
  EXPECT_EQ(send("HEAD", "/v2/app/blobs/" + digest_of("this"), {}, headers).status, 404);
  EXPECT_EQ(send("PUT", location + "&digest=" + digest_of("this"), "this", headers).status, 404);
}

TEST_F(RegistryTest, ChunkOutOfOrderIsRefused) {
  auto headers = bearer(token("pusher", "repository:app:pull,push"));
  const std::string location(send("POST", "/v2/app/blobs/uploads/", {}, headers).headers.get("Location"));
  headers.emplace_back("Content-Range", "5-9");
  EXPECT_EQ(send("PATCH", location, "56789", headers).status, 416);
}

TEST_F(RegistryTest, NodePullsAsItsKubelet) {
  push_image(bearer(token("pusher", "repository:app:pull,push")));
  const std::string path = "/v2/app/manifests/1?ns=r.azurecr.io";
  const auto refused = send("GET", path, {}, {}, "node");
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(refused.body.find("kubelet has no role on registry r"), std::string::npos) << refused.body;
  rights.allowed["kubelet"] = {kActions + std::string("pull/read")};
  EXPECT_EQ(send("GET", path, {}, {}, "node").status, 200);
  EXPECT_EQ(send("GET", "/v2/app/manifests/1?ns=gone.azurecr.io", {}, {}, "node").status, 404);
}

TEST_F(RegistryTest, AcrListsWhatWasPushed) {
  push_image(bearer(token("pusher", "repository:app:pull,push")));
  const auto catalog = send("GET", "/acr/v1/_catalog?n=100", {}, bearer(token("puller", "registry:catalog:*")));
  EXPECT_EQ(catalog.body, R"({"repositories":["app"]})");
  const auto tag = send("GET", "/acr/v1/app/_tags/1", {}, bearer(token("puller", "repository:app:metadata_read")));
  EXPECT_EQ(string_at(*parse_json(tag.body), "tag", "name"), "1");
  EXPECT_EQ(registry.tags("R.azurecr.io", "app"), std::vector<std::string>{"1"});
  EXPECT_TRUE(registry.tags(kHost, "none").empty());
}

TEST_F(RegistryTest, RemovingARegistryTakesItsBlobs) {
  push_image(bearer(token("pusher", "repository:app:pull,push")));
  EXPECT_GT(registry.size_of(kHost), 0U);
  ASSERT_TRUE(registry.remove(kId));
  EXPECT_EQ(send("GET", "/v2/").status, 404);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path() / "blobs"))
    EXPECT_FALSE(entry.is_regular_file()) << entry.path();
}

}  // namespace
}  // namespace lazuli::registry
