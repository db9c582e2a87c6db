#include "doctor/pod_events.h"

#include "doctor_fixture.h"

namespace lazuli::doctor {
namespace {

constexpr std::string_view kPods = "/api/v1/namespaces/default/pods";

// A pod whose identity has no role: its calls are refused, and the doctor finds out why.
class PodEventsTest : public DoctorTest {
 public:
  PodEventsTest() {
    authorizer.granted_objects = {"nobody"};
    pod().at("metadata").as_object()["uid"] = "uid-1";
    pod().at("status").as_object()["podIP"] = "10.244.1.7";
    JsonArray items;
    items.push_back(pod());
    objects->held[std::string(kPods)] = JsonObject{{"items", std::move(items)}};
  }

  access::RefusedCall call(std::string id, std::string peer = "10.244.1.7") const {
    access::RefusedCall made;
    made.service = access::RefusedCall::Service::data;
    made.time = clock.now();
    made.request_id = std::move(id);
    made.peer = std::move(peer);
    made.status = 401;
    made.code = "PermissionDenied";
    made.host = "myopenai.openai.azure.com";
    made.account = account;
    made.principal = "99999999-2222-3333-4444-555555555555";
    made.issuer = "https://sts.windows.net/tenant/";
    return made;
  }
  // Kept, told, and looked at: it returns when the work is done.
  void refuse(PodEvents& events, const access::RefusedCall& one) {
    refused.add(one);
    events.refused(one);
  }
  std::vector<Json> written() const {
    std::vector<Json> found;
    const std::lock_guard lock(objects->mutex);
    for (const auto& [path, object] : objects->held)
      if (string_at(object, "kind") == "Event") found.push_back(object);
    return found;
  }
};

TEST_F(PodEventsTest, RefusedCallIsAWarningOnItsPodWithTheLinkAndTheCommand) {
  {
    PodEvents events(doctor(), objects_of(), clock, log);
    refuse(events, call("a"));
    events.finish();
  }
  ASSERT_EQ(written().size(), 1U);
  const Json event = written().front();
  EXPECT_EQ(string_at(event, "type"), "Warning");
  EXPECT_EQ(string_at(event, "reason"), "RoleMissing");
  EXPECT_EQ(string_at(event, "involvedObject", "name"), "app-1");
  EXPECT_EQ(string_at(event, "involvedObject", "uid"), "uid-1");
  EXPECT_EQ(string_at(event, "source", "component"), "lazuli");
  const auto message = string_at(event, "message");
  EXPECT_TRUE(message.starts_with("role: expected ")) << message;
  EXPECT_NE(message.find("To mend it: az role assignment create"), std::string::npos) << message;
}

TEST_F(PodEventsTest, TheSameRefusalWithinAMinuteIsCountedAndNotLookedAt) {
  PodEvents events(doctor(), objects_of(), clock, log);
  for (const auto* id : {"a", "b", "c"}) refuse(events, call(id));
  events.finish();
  ASSERT_EQ(written().size(), 1U);
  EXPECT_EQ(integer(find(written().front(), "count")), 1);
  clock.advance(PodEvents::kBetween);
  refuse(events, call("d"));
  events.finish();
  ASSERT_EQ(written().size(), 1U);
  const Json event = written().front();
  EXPECT_EQ(integer(find(event, "count")), 4);
  EXPECT_LT(string_at(event, "firstTimestamp"), string_at(event, "lastTimestamp"));
}

TEST_F(PodEventsTest, AnotherCauseOfTheSamePodIsAnotherEvent) {
  PodEvents events(doctor(), objects_of(), clock, log);
  refuse(events, call("a"));
  events.finish();
  property(credential, "subject", "system:serviceaccount:shop:sc-account");
  auto other = call("b");
  other.service = access::RefusedCall::Service::token;
  other.code = "AADSTS700213";
  other.issuer = std::string(kIssuer);
  other.subject = "system:serviceaccount:default:sc-account";
  other.client_id = "11111111-2222-3333-4444-555555555555";
  refuse(events, other);
  events.finish();
  EXPECT_EQ(written().size(), 2U);
}

TEST_F(PodEventsTest, WordsOfACallFromElsewhereAreNotQuoted) {
  authorizer.granted_objects.clear();
  auto forged = call("a", "10.0.0.9");
  forged.service = access::RefusedCall::Service::token;
  forged.code = "AADSTS700024";
  forged.reason = "words of a stranger";
  forged.issuer = std::string(kIssuer);
  forged.subject = "system:serviceaccount:default:sc-account";
  forged.client_id = "11111111-2222-3333-4444-555555555555";
  forged.pod_uid = "uid-1";
  PodEvents events(doctor(), objects_of(), clock, log);
  refuse(events, forged);
  events.finish();
  EXPECT_TRUE(written().empty()) << to_text(written().front());
  // The pod itself is seen to be broken: that is said, in the doctor's own words.
  authorizer.granted_objects = {"nobody"};
  clock.advance(PodEvents::kBetween);
  refuse(events, forged);
  events.finish();
  ASSERT_EQ(written().size(), 1U);
  EXPECT_EQ(string_at(written().front(), "reason"), "RoleMissing");
  EXPECT_EQ(to_text(written().front()).find("stranger"), std::string::npos);
}

TEST_F(PodEventsTest, CallsWithAKeyAndCallsOfNobodyWriteNothing) {
  PodEvents events(doctor(), objects_of(), clock, log);
  auto key = call("a");
  key.with_key = true;
  refuse(events, key);
  auto nobody = call("b");
  nobody.principal = nobody.issuer = "";
  refuse(events, nobody);
  events.finish();
  EXPECT_TRUE(written().empty());
}

TEST_F(PodEventsTest, ASoundPodGetsNoEvent) {
  authorizer.granted_objects.clear();
  PodEvents events(doctor(), objects_of(), clock, log);
  events.write(examine());
  EXPECT_TRUE(written().empty());
}

TEST(PodEvent, KeepsTheCommandWholeWhereTheRestIsTooLong) {
  Finding finding{"credential", Verdict::wrong, "no-federated-credential", "one", std::string(3000, 'x'), "az it"};
  const Json event = pod_event({"c", "default", std::string(253, 'p'), "uid"}, finding, TimePoint(), 1, nullptr);
  const auto message = string_at(event, "message");
  EXPECT_LE(message.size(), 1024U);
  EXPECT_TRUE(message.ends_with("… To mend it: az it")) << message.substr(message.size() - 60);
  EXPECT_EQ(string_at(event, "reason"), "NoFederatedCredential");
  EXPECT_LE(string_at(event, "metadata", "name").size(), 253U);
}

}  // namespace
}  // namespace lazuli::doctor
