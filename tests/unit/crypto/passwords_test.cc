#include "crypto/passwords.h"

#include <gtest/gtest.h>

namespace lazuli::crypto {
namespace {

TEST(Passwords, MatchOnlyThemselves) {
  const std::string hashed = hash_password("correct horse", "salt-salt-salt");
  EXPECT_TRUE(password_matches(hashed, "correct horse"));
  EXPECT_FALSE(password_matches(hashed, "correct horsf"));
  EXPECT_FALSE(password_matches(hashed, ""));
  EXPECT_EQ(hashed.find("correct"), std::string::npos);
}

TEST(Passwords, NoHashMatchesNothing) {
  EXPECT_FALSE(password_matches("", ""));
  EXPECT_FALSE(password_matches("scrypt$$", ""));
  EXPECT_FALSE(password_matches("plain$c2FsdA$c2FsdA", "salt"));
}

}  // namespace
}  // namespace lazuli::crypto
