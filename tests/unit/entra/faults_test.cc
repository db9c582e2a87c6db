#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "world.h"

namespace lazuli::entra {
namespace {

class TokenFaults : public World {
 protected:
  void add(std::string_view rule) {
    ASSERT_TRUE(faults.add(fault::read_rule(parse_json(rule).value(), clock.now()).value()).ok());
  }
  std::int64_t tried() { return error_code(exchange(assertion(assertion_claims()))); }
};

TEST_F(TokenFaults, ThrottleSaysWhenToTryAgain) {
  add(R"({"kind":"throttle","service":"token","calls":1,"retryAfter":"7s"})");
  EXPECT_EQ(tried(), 90055);
  EXPECT_EQ(last.status, 429);
  EXPECT_EQ(last.headers.get("Retry-After"), "7");
  EXPECT_EQ(refused.newest(1)[0].fault, 1U);
  EXPECT_EQ(tried(), 0);
}

TEST_F(TokenFaults, ErrorHasTheStatusThatIsAskedFor) {
  add(R"({"kind":"error","status":502,"calls":1})");
  EXPECT_EQ(tried(), 90033);
  EXPECT_EQ(last.status, 502);
  EXPECT_EQ(tried(), 0);
}

TEST_F(TokenFaults, NewCredentialIsSeenAfterItsDelay) {
  clock.advance(std::chrono::hours(1));  // the fixture's own has long been seen
  add(R"({"kind":"credential-delay","delay":"90s"})");
  EXPECT_EQ(tried(), 0);
  ASSERT_TRUE(entra->put_federated_credential(kIdentity, {"fic", kIssuer, kSubject, {kExchange}}).ok());
  EXPECT_EQ(tried(), 70025);
  clock.advance(std::chrono::seconds(90));
  EXPECT_EQ(tried(), 0);
}

TEST_F(TokenFaults, FirstFailingTryIsRemembered) {
  add(R"({"kind":"negative-cache","delay":"60s"})");
  ASSERT_TRUE(entra->remove_federated_credential(kIdentity, "fic").ok());
  EXPECT_EQ(tried(), 70025);
  ASSERT_TRUE(entra->put_federated_credential(kIdentity, {"fic", kIssuer, kSubject, {kExchange}}).ok());
  EXPECT_EQ(tried(), 70025);
  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(tried(), 0);
}

TEST_F(TokenFaults, IssuerIsOutOfReachOrSignsWithAKeyThatIsNotKnownYet) {
  add(R"({"kind":"issuer-unreachable","resource":")" + kIssuer + R"(","calls":1})");
  EXPECT_EQ(tried(), 50166);
  add(R"({"kind":"key-rollover","resource":")" + kIssuer + R"(","calls":1})");
  EXPECT_EQ(tried(), 700027);
  EXPECT_EQ(tried(), 0);
}

// Tokens of before, during and after a rotation verify, and no request fails.
TEST_F(TokenFaults, NothingBreaksWhenKeysRotateUnderLoad) {
  std::atomic<bool> over{false};
  std::atomic<int> failed{0}, done{0};
  const auto verified = [&](const std::string& token) {
    return entra->verifier().verify(token, {"https://cognitiveservices.azure.com"}).ok();
  };
  const std::string first = string_at(exchange(assertion(assertion_claims())), "access_token");
  const std::string proof = assertion(assertion_claims());
  const std::string body = form({{"grant_type", "client_credentials"},
                                 {"client_id", identity.client_id},
                                 {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                                 {"client_assertion", proof},
                                 {"scope", kOpenAiScope}});
  const auto load = [&] {
    while (!over) {
      const auto answer = ask("POST", "/" + kTenant + "/oauth2/v2.0/token", "", body);
      const auto read = parse_json(answer.body);
      if (answer.status != 200 || !verified(string_at(*read, "access_token"))) ++failed;
      ++done;
    }
  };
  std::thread one(load), two(load);
  const auto wait_for_more = [&] {
    const int from = done + 4;
    while (done < from) std::this_thread::yield();
  };
  wait_for_more();
  ASSERT_TRUE(entra->rotate_signing_keys().ok());
  EXPECT_EQ(entra->signing_keys().size(), 2U);
  wait_for_more();
  over = true;
  one.join();
  two.join();
  EXPECT_EQ(failed, 0);
  // The new key takes over; the old one's tokens stay good for as long as they live.
  clock.advance(std::chrono::minutes(6));
  const std::string second = string_at(exchange(assertion(assertion_claims())), "access_token");
  EXPECT_NE(crypto::parse_jws(first)->key_id(), crypto::parse_jws(second)->key_id());
  EXPECT_TRUE(verified(first));
  EXPECT_TRUE(verified(second));
  clock.advance(std::chrono::hours(26));
  exchange(assertion(assertion_claims()));
  EXPECT_EQ(entra->signing_keys().size(), 1U);
}

}  // namespace
}  // namespace lazuli::entra
