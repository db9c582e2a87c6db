#include "crypto/passwords.h"

#include <gtest/gtest.h>

namespace lazuli::crypto {
namespace {

TEST(Passwords, MatchOnlyThemselves) {
  const std::string hashed = hash_password("correct horse", "salt-salt-salt");
  EXPECT_TRUE(password_matches(hashed, "correct horse"));
  EXPECT_FALSE(password_matches(hashed, "correct horsf"));
  EXPECT_FALSE(password_matches(hashed, ""));
  EXPECT_TRUE(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hashed;
  EXPECT_NE(hashed, hash_password("correct horse", "another-salt"));
  EXPECT_EQ(hashed.find("correct"), std::string::npos);
}

TEST(Passwords, NoHashMatchesNothing) {
  EXPECT_FALSE(password_matches("", ""));
  EXPECT_FALSE(password_matches("scrypt$$", ""));
  EXPECT_FALSE(password_matches("$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$c2FsdA", "salt"));
}

}  // namespace
}  // namespace lazuli::crypto
