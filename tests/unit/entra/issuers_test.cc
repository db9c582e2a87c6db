#include "entra/issuers.h"

#include <gtest/gtest.h>

#include <atomic>

#include "entra/public_address.h"
#include "net/server.h"
#include "world.h"

namespace lazuli::entra {
namespace {

// An issuer on loopback, with TLS: what it answers can be changed, and how often it was asked is counted.
class ExternalIssuer {
 public:
  explicit ExternalIssuer(TimePoint now) : authority(crypto::make_authority("issuer's", now)) {
    const auto leaf = crypto::issue({.common_name = "issuer", .ip_addresses = {"127.0.0.1"}}, authority.certificate,
                                    authority.key, now);
    const auto bound =
        server.listen_tls({}, {leaf->certificate, leaf->key.pem()},
                          net::inline_handler([this](const net::Request& request) { return answer(request); }));
    EXPECT_TRUE(bound.ok()) << bound.error().message;
    address = "https://127.0.0.1:" + std::to_string(bound->port);
    discovery = to_text(JsonObject{{"issuer", address}, {"jwks_uri", address + "/keys"}});
  }

  net::Response answer(const net::Request& request) {
    const std::lock_guard lock(mutex);
    if (down) return net::Response::text(503, "down");
    if (request.path == "/.well-known/openid-configuration")
      return net::Response::text(200, discovery, "application/json");
    ++asked_for_keys;
    return net::Response::text(200, keys, "application/json");
  }
  void set(const std::function<void()>& change) {
    const std::lock_guard lock(mutex);
    change();
  }

  crypto::Certified authority;
  std::mutex mutex;
  std::string address, discovery, keys;
  bool down = false;
  std::atomic<int> asked_for_keys = 0;

 private:
  net::Router router_;
  Log log_{-1};

 public:
  net::Server server{router_, log_, 1};
};

class ExternalIssuers : public World {
 protected:
  // Certificates are checked against the machine's clock, whatever the test's says.
  ExternalIssuers()
      : issuer(SystemClock().now()), client({.trust = issuer.authority.certificate}), issuers(*store, client, clock) {
    issuer.keys = to_text(key_set("e1", test_key(1)));
  }
  std::string key(const std::string& id) {
    const auto found = issuers.key(issuer.address, id);
    return found.ok() ? "ok" : found.error().code;
  }

  ExternalIssuer issuer;
  net::Client client;
  Issuers issuers;
};

TEST_F(ExternalIssuers, KeysAreFetchedOnceAndKept) {
  EXPECT_EQ(key("e1"), "ok");
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(key("e1"), "ok");
  EXPECT_EQ(issuer.asked_for_keys, 1);
  clock.advance(Issuers::kFresh);
  EXPECT_EQ(key("e1"), "ok");
  EXPECT_EQ(issuer.asked_for_keys, 2);
}

TEST_F(ExternalIssuers, UnknownKeyIsLookedForAgainButNotForEachToken) {
  EXPECT_EQ(key("e1"), "ok");
  issuer.set([&] { issuer.keys = to_text(key_set("e2", test_key(2))); });
  EXPECT_EQ(key("e2"), "AADSTS700027");  // asked a moment ago
  clock.advance(Issuers::kBetweenFetches);
  EXPECT_EQ(key("e2"), "ok");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(key("made up " + std::to_string(i)), "AADSTS700027");
  EXPECT_EQ(issuer.asked_for_keys, 2);
  EXPECT_EQ(key("e1"), "AADSTS700027");  // rolled over: the old one counts no more
}

TEST_F(ExternalIssuers, KeysStayInUseWhileTheIssuerIsDown) {
  EXPECT_EQ(key("e1"), "ok");
  issuer.set([&] { issuer.down = true; });
  clock.advance(Issuers::kFresh * 2);
  EXPECT_EQ(key("e1"), "ok");
  EXPECT_EQ(key("e2"), "AADSTS50166");
}

TEST_F(ExternalIssuers, DocumentsThatAreNotTheIssuersAreRefused) {
  const std::string good = issuer.discovery;
  const std::pair<const char*, std::string> cases[] = {
      {"another issuer",
       to_text(JsonObject{{"issuer", "https://other.example"}, {"jwks_uri", issuer.address + "/keys"}})},
      {"issuer with a slash",
       to_text(JsonObject{{"issuer", issuer.address + "/"}, {"jwks_uri", issuer.address + "/keys"}})},
      {"keys over plain HTTP", to_text(JsonObject{{"issuer", issuer.address}, {"jwks_uri", "http://127.0.0.1/keys"}})},
      {"keys from a file", to_text(JsonObject{{"issuer", issuer.address}, {"jwks_uri", "file:///etc/passwd"}})},
      {"no JSON", "<html>"},
      {"too large", "{\"a\":\"" + std::string(Issuers::kDocumentLimit, 'x') + "\"}"},
      {"too deep", std::string(1000, '[')},
  };
  for (const auto& [rule, document] : cases) {
    issuer.set([&] { issuer.discovery = document; });
    EXPECT_EQ(key("e1"), "AADSTS50166") << rule;
    clock.advance(Issuers::kBetweenFetches);
  }
  issuer.set([&] {
    issuer.discovery = good;
    issuer.keys = R"({"keys":[{"kty":"oct","kid":"e1","k":"AAAA"}]})";
  });
  EXPECT_EQ(key("e1"), "AADSTS50166");
}

TEST_F(ExternalIssuers, UntrustedCertificatesAndGuardedAddressesAreRefused) {
  net::Client untrusting({.trust = crypto::make_authority("another", SystemClock().now()).certificate});
  Issuers others(*store, untrusting, clock);
  EXPECT_EQ(others.key(issuer.address, "e1").error().code, "AADSTS50166");
  net::Client guarded({.trust = issuer.authority.certificate, .allow_address = is_public_address});
  Issuers careful(*store, guarded, clock);
  EXPECT_EQ(careful.key(issuer.address, "e1").error().code, "AADSTS50166");
  EXPECT_EQ(issuer.asked_for_keys, 0);
}

TEST(PublicAddress, KnowsTheRangesThatAreNotPublic) {
  for (const char* address :
       {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    EXPECT_TRUE(is_public_address(address)) << address;
  }
  for (const char* address :
       {"127.0.0.1",    "10.1.2.3",    "172.16.0.1", "172.31.255.255", "192.168.1.1",      "169.254.169.254",
        "100.64.0.1",   "0.0.0.0",     "198.19.0.1", "224.0.0.1",      "255.255.255.255",  "::1",
        "::",           "fe80::1",     "fd00::1",    "ff02::1",        "::ffff:127.0.0.1", "64:ff9b::a00:1",
        "2002:a00:1::", "2001:db8::1", "2001::1",    "::127.0.0.1",    "localhost",        "",
        "1.2.3",        "fe80::1%eth0"}) {
    EXPECT_FALSE(is_public_address(address)) << address;
  }
}

TEST(PublicAddress, OrInANetworkThatIsAllowed) {
  const std::vector<std::string> networks = {"10.1.0.0/16", "192.168.7.9", "fd00:1::/32", "nonsense", "10.9.0.0/99"};
  for (const char* address : {"10.1.0.1", "10.1.255.255", "::ffff:10.1.2.3", "192.168.7.9", "fd00:1:2::3"}) {
    EXPECT_TRUE(is_in_networks(address, networks)) << address;
  }
  for (const char* address : {"10.2.0.1", "192.168.7.8", "fd00:2::1", "10.9.0.1", "", "host"}) {
    EXPECT_FALSE(is_in_networks(address, networks)) << address;
  }
  EXPECT_TRUE(is_network("0.0.0.0/0"));
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "fd00::/129", ""})
    EXPECT_FALSE(is_network(text)) << text;
}

}  // namespace
}  // namespace lazuli::entra
