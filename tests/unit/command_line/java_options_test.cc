#include "command_line/java_options.h"

#include <gtest/gtest.h>

namespace lazuli::command_line {
namespace {

constexpr const char* kOptions =
    "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=8910"
    " -Dhttp.nonProxyHosts=localhost|127.0.0.1|[::1]|10.89.*|*.example"
    " -Djavax.net.ssl.trustStore=/s/j.p12 -Djavax.net.ssl.trustStoreType=PKCS12"
    " -Djavax.net.ssl.trustStorePassword=changeit";

std::string options(std::string_view before) {
  return java_options("http://127.0.0.1:8910", "localhost,127.0.0.1,::1,10.89.0.0/16,172.16.0.0/12,.example",
                      "/s/j.p12", before);
}

TEST(JavaOptions, SayProxyAndTrust) {
  EXPECT_EQ(options(""), kOptions);
}

TEST(JavaOptions, APathWithABlankIsQuoted) {
  EXPECT_NE(java_options("http://127.0.0.1:1", "", "/my state/j.p12", "")
                .find(" \"-Djavax.net.ssl.trustStore=/my state/j.p12\" "),
            std::string::npos);
}

TEST(JavaOptions, KeepWhatAPersonHasSetAndReplaceWhatAnEarlierLazuliHas) {
  const std::string mine = "-Xmx1g -Dname=value";
  EXPECT_EQ(options(mine), mine + " " + kOptions);
  EXPECT_EQ(options(options(mine)), options(mine));
  EXPECT_EQ(options("-Dhttps.proxyPort=1 -Xmx1g"), std::string("-Xmx1g ") + kOptions);
}

}  // namespace
}  // namespace lazuli::command_line
