#include "cluster/webhook_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace lazuli::cluster {
namespace {

const Json& only_webhook(const Json& configuration) {
  return find(configuration, "webhooks")->get_array().front();
}

TEST(WebhookSettings, OfAnOwnClusterSeesEveryPodButTheSystemsOwn) {
  const auto configuration = webhook_configuration({"10.89.3.1", 4443, "PEM"});
  const auto& webhook = only_webhook(configuration);
  EXPECT_EQ(string_at(webhook, "clientConfig", "url"), "https://10.89.3.1:4443/mutate");
  EXPECT_EQ(string_at(webhook, "clientConfig", "caBundle"), base64("PEM"));
  EXPECT_EQ(string_at(webhook, "failurePolicy"), "Fail");
  EXPECT_EQ(find(webhook, "objectSelector"), nullptr);
  const auto& selector = find(webhook, "namespaceSelector", "matchExpressions")->get_array()[0];
  EXPECT_EQ(string_at(selector, "operator"), "NotIn");
}

TEST(WebhookSettings, SeesTheContainersOfKubectlDebug) {
  std::vector<std::string> seen;
  const auto configuration = webhook_configuration({"10.89.3.1", 4443, "PEM"});
  for (const auto& rule : find(only_webhook(configuration), "rules")->get_array())
    for (const auto& resource : find(rule, "resources")->get_array())
      seen.push_back(string_or(&find(rule, "operations")->get_array()[0]) + " " + string_or(&resource));
  EXPECT_THAT(seen, testing::ElementsAre("CREATE pods", "UPDATE pods/ephemeralcontainers"));
}

TEST(WebhookSettings, OfAnAttachedClusterLeavesUnlabelledPodsAloneAndNamesItsOwner) {
  const auto configuration = attached_webhook_configuration({"2001:db8::7", 4443, "PEM"}, "/subscriptions/S");
  const auto& webhook = only_webhook(configuration);
  EXPECT_EQ(string_at(webhook, "clientConfig", "url"), "https://[2001:db8::7]:4443/mutate");
  EXPECT_EQ(string_at(webhook, "objectSelector", "matchLabels", "azure.workload.identity/use"), "true");
  EXPECT_EQ(string_at(configuration, "metadata", "annotations", kWebhookOwner), "/subscriptions/S");
}

}  // namespace
}  // namespace lazuli::cluster
