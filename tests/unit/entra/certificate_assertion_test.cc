#include <gtest/gtest.h>

#include "world.h"

namespace lazuli::entra {
namespace {

class CertificateAssertion : public World {
 protected:
  CertificateAssertion() {
    pem = crypto::self_signed("client", test_key(1), clock.now(), std::chrono::hours(24));
    client_id = entra->initial_credentials().client_id;
    for (const auto& document : store->list("entra.applications")) {
      (void)store->update("entra.applications", document.key, [&](Json& value) -> Status {
        value.as_object()["certificates"] = JsonArray{JsonObject{{"keyId", "1"}, {"pem", pem}}};
        return {};
      });
    }
  }
  JsonObject claims() const {
    const std::int64_t now = unix_seconds(clock.now());
    return {{"iss", client_id},
            {"sub", client_id},
            {"aud", "https://login.microsoftonline.com/" + kTenant + "/oauth2/v2.0/token"},
            {"nbf", now},
            {"exp", now + 600}};
  }
  Json ask_with(const std::string& proof) {
    return token({{"grant_type", "client_credentials"},
                  {"client_id", client_id},
                  {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                  {"client_assertion", proof},
                  {"scope", "https://management.azure.com/.default"}});
  }
  std::string thumbprint(bool sha256) const {
    const std::string der = crypto::der_of(pem);
    return base64url(sha256 ? crypto::sha256(der) : crypto::sha1(der));
  }
  std::string pem, client_id;
};

TEST_F(CertificateAssertion, IsFoundByEitherThumbprintPaddedOrNot) {
  for (const JsonObject& header :
       {JsonObject{{"x5t", thumbprint(false)}}, JsonObject{{"x5t#S256", thumbprint(true) + "="}},
        JsonObject{{"kid", to_upper(hex(*base64url_decode(thumbprint(false))))}}}) {
    const Json answer = ask_with(crypto::sign_jws(header, claims(), test_key(1)));
    ASSERT_EQ(last.status, 200) << last.body;
    EXPECT_EQ(text(claims_of(answer), "appidacr"), "2");
  }
}

TEST_F(CertificateAssertion, RefusesOtherKeysAudiencesAndTimes) {
  const JsonObject header = {{"x5t", thumbprint(false)}};
  EXPECT_EQ(error_code(ask_with(crypto::sign_jws(header, claims(), test_key(2)))), 700027);
  EXPECT_EQ(error_code(ask_with(crypto::sign_jws({{"x5t", "other"}}, claims(), test_key(1)))), 700027);
  EXPECT_EQ(error_code(ask_with(crypto::sign_jws({}, claims(), test_key(1)))), 700027);
  JsonObject wrong = claims();
  wrong["aud"] = "https://attacker.example/token";
  EXPECT_EQ(error_code(ask_with(crypto::sign_jws(header, wrong, test_key(1)))), 700212);
  wrong = claims();
  wrong["exp"] = unix_seconds(clock.now());
  EXPECT_EQ(error_code(ask_with(crypto::sign_jws(header, wrong, test_key(1)))), 700024);
  const std::string good = crypto::sign_jws(header, claims(), test_key(1));
  clock.advance(std::chrono::hours(24));
  EXPECT_EQ(error_code(ask_with(good)), 700027);  // the certificate has expired
}

TEST_F(CertificateAssertion, OfAnotherApplicationIsNoProof) {
  JsonObject other = claims();
  other["iss"] = identity.client_id;
  other["sub"] = identity.client_id;
  EXPECT_EQ(error_code(ask_with(crypto::sign_jws({{"x5t", thumbprint(false)}}, other, test_key(1)))), 70025);
}

}  // namespace
}  // namespace lazuli::entra
