#include "arm/preconditions.h"

#include "service_fixture.h"

namespace lazuli::arm {
namespace {

class PreconditionTest : public ServiceFixture {
 protected:
  PreconditionTest() {
    TypeSpec tagged;
    tagged.type = "Test.Things/tagged";
    tagged.etag = service_.stored_etag();
    tagged.put = [this](const Call& call) -> Result<Answer> { return write(call); };
    tagged.del = [this](const Call& call) -> Result<Answer> {
      if (auto gone = service_.forget(call.id); !gone) return gone.error();
      return Answer::no_body(200);
    };
    service_.add(tagged);
    TypeSpec plain;
    plain.type = "Test.Things/plain";
    plain.put = tagged.put;
    service_.add(plain);
    save(scope_, "Microsoft.Resources/subscriptions", std::string(kSubscription));
    save(scope_ + "/resourceGroups/G", "Microsoft.Resources/resourceGroups", "G");
  }

  Result<Answer> write(const Call& call) {
    Resource resource;
    resource.document = JsonObject{{"id", call.id.text()}, {"name", call.id.name()}, {"type", call.id.type()}};
    if (const auto tag = string_at(call.body, "tag"); !tag.empty()) resource.document["etag"] = tag;
    if (auto saved = service_.resources().save(resource); !saved) return saved.error();
    return Answer::json(200, resource.visible());
  }

  net::Response put(const std::string& name, const std::string& header, const std::string& value,
                    const std::string& method = "PUT") {
    net::Headers headers;
    if (!header.empty()) headers.set(header, value);
    return send(method, group_ + name + "?api-version=2024-01-01", R"({"tag":"\"2\""})", "good", headers);
  }

  const std::string group_ = scope_ + "/resourceGroups/G/providers/Test.Things/";
};

TEST_F(PreconditionTest, HoldOrFailAsHttpSays) {
  struct Case {
    const char *stored, *header, *value;  // the tag of the resource: null for no resource
    bool met;
  };
  for (const Case& row : {Case{"\"1\"", "If-Match", "\"1\"", true},
                          {"\"1\"", "If-Match", "1", true},
                          {"\"1\"", "If-Match", "W/\"1\"", true},
                          {"\"1\"", "If-Match", "\"0\", \"1\"", true},
                          {"\"1\"", "If-Match", "*", true},
                          {"\"1\"", "If-Match", "\"0\"", false},
                          {"\"1\"", "If-Match", "", false},
                          {"", "If-Match", "*", true},
                          {"", "If-Match", "\"1\"", false},
                          {"", "If-Match", "", false},
                          {nullptr, "If-Match", "*", false},
                          {nullptr, "If-Match", "\"1\"", false},
                          {nullptr, "If-None-Match", "*", true},
                          {"\"1\"", "If-None-Match", "*", false},
                          {"\"1\"", "If-None-Match", "1", false},
                          {"\"1\"", "If-None-Match", "\"2\"", true}}) {
    Call call;
    call.method = "PUT";
    call.headers.set(row.header, row.value);
    ASSERT_TRUE(is_conditional(call));
    const auto checked = check_precondition(call, row.stored ? std::optional<std::string>(row.stored) : std::nullopt);
    EXPECT_EQ(checked.ok(), row.met) << row.header << ": " << row.value;
    if (!checked) {
      EXPECT_EQ(checked.error().code, "PreconditionFailed");
      EXPECT_EQ(checked.error().status, 412);
    }
  }
}

TEST_F(PreconditionTest, AFailedOneChangesNothing) {
  EXPECT_EQ(put("tagged/a", "If-Match", "*").status, 412);
  EXPECT_FALSE(service_.resources().get(group_ + "tagged/a"));
  EXPECT_EQ(put("tagged/a", "If-None-Match", "*").status, 200);
  const auto refused = put("tagged/a", "If-None-Match", "*");
  EXPECT_EQ(refused.status, 412);
  EXPECT_EQ(code(refused), "PreconditionFailed");
  EXPECT_FALSE(refused.headers.has("x-ms-failure-cause"));  // the provider's answer, not the gateway's
  EXPECT_EQ(put("tagged/a", "If-Match", "\"1\"", "DELETE").status, 412);
  EXPECT_EQ(put("tagged/a", "If-Match", "\"2\"", "DELETE").status, 200);
}

TEST_F(PreconditionTest, TypesWithoutTagsDoNotLook) {
  EXPECT_EQ(put("plain/a", "If-Match", "\"1\"").status, 200);
}

TEST_F(PreconditionTest, ReadsAreNotConditional) {
  EXPECT_EQ(put("tagged/a", "", "").status, 200);
  EXPECT_EQ(put("tagged/a", "If-Match", "\"1\"", "GET").status, 200);
}

}  // namespace
}  // namespace lazuli::arm
