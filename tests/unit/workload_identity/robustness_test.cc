// The admission review under input that nobody would send: thousands of reviews, each with a few of its values put in
// each other's places. It answers every one of them in the protocol's form, and its patches are lists.
#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "workload_identity/webhook.h"

namespace lazuli::workload_identity {
namespace {

constexpr std::string_view kReview = R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{
  "uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"namespace":"n","operation":"CREATE","dryRun":false,
  "object":{"metadata":{"name":"p","labels":{"azure.workload.identity/use":"true"},
    "annotations":{"azure.workload.identity/service-account-token-expiration":"7200",
                   "azure.workload.identity/skip-containers":"a;b"}},
   "spec":{"serviceAccountName":"s","hostNetwork":true,"dnsPolicy":"Default","hostAliases":[{"ip":"1.2.3.4"}],
    "volumes":[{"name":"azure-workload-identity-reserved-1"},{"name":"lazuli-trust"}],
    "initContainers":[{"name":"i","env":[{"name":"SSL_CERT_FILE","value":"/x"}]}],
    "containers":[{"name":"c","env":[{"name":"JAVA_TOOL_OPTIONS","valueFrom":{"fieldRef":{}}}],
                   "volumeMounts":[{"name":"v","mountPath":"/m"}]}],
    "ephemeralContainers":[{"name":"e"}]}},
  "oldObject":{"spec":{"ephemeralContainers":[{"name":"e"}]}}}})";

class AnyCluster final : public Cluster {
 public:
  explicit AnyCluster(Json account) : account_(std::move(account)) {}
  Result<Json> service_account(std::string_view, std::string_view) override { return account_; }
  Status ensure_trust(std::string_view) override { return {}; }

 private:
  Json account_;
};

void collect(Json& at, std::vector<Json*>& all) {
  all.push_back(&at);
  if (auto* object = at.if_object()) {
    for (auto& member : *object) collect(member.value(), all);
  } else if (auto* array = at.if_array()) {
    for (auto& item : *array) collect(item, all);
  }
}

TEST(WebhookRobustness, AnswersEveryReviewInTheProtocolsForm) {
  std::mt19937 random(7);
  const auto whole = parse_json(kReview);
  ASSERT_TRUE(whole.ok());
  Settings settings;
  settings.tenant_id = "t";
  settings.host_address = "10.0.0.1";
  settings.host_names = {"login.microsoftonline.com"};
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    Json review_in = *whole;
    for (unsigned change = 0; change < 1 + random() % 4; ++change) {
      std::vector<Json*> places;
      collect(review_in, places);
      const Json taken = *places[random() % places.size()];
      *places[random() % places.size()] = taken;
    }
    std::vector<Json*> places;
    collect(review_in, places);
    AnyCluster cluster(*places[random() % places.size()]);
    const auto answer = review(review_in, settings, cluster);
    ASSERT_EQ(string_at(answer, "kind"), "AdmissionReview");
    const Json* allowed = find(answer, "response", "allowed");
    ASSERT_TRUE(allowed && allowed->is_bool()) << to_text(review_in);
    if (!allowed->get_bool()) {
      EXPECT_GE(find(answer, "response", "status", "code")->as_int64(), 400);
      continue;
    }
    const auto patch = string_at(answer, "response", "patch");
    if (patch.empty()) continue;
    const auto parsed = parse_json(base64_decode(patch).value());
    ASSERT_TRUE(parsed.ok() && parsed->is_array());
  }
}

}  // namespace
}  // namespace lazuli::workload_identity
