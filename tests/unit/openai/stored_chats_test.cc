// Chats that were asked to be kept, over an engine that the test plays.
#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

constexpr const char* kPath = "/openai/v1/chat/completions";
const std::string kCall =
    R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]}}]})";
const std::string kCallEnd =
    R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}}]})";

class StoredChatsTest : public UpstreamTest {
 protected:
  StoredChatsTest() { serve_with(JsonObject{{"url", answering(200, kWhole)}}); }

  net::Response make(const std::string& more) {
    return chat(
        R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"x"}]}],)" +
        more + "}");
  }
  std::string id_of(const std::string& more) { return string_at(json(make(more)), "id"); }
  net::Response ask(const std::string& method, const std::string& more, std::string body = {}) {
    return send(request(method, kPath + more, std::move(body)));
  }
  std::string ids(const std::string& query) {
    std::string out;
    const Json list = json(ask("GET", query));
    for (const auto& chat : find(list, "data")->as_array()) out += string_at(chat, "id") + " ";
    return out;
  }
};

TEST_F(StoredChatsTest, IsShownWithItsMessagesUntilItIsDeleted) {
  const std::string id = id_of(R"("store":true,"temperature":0.5,"metadata":{"k":"v"})");
  const auto kept = json(ask("GET", "/" + id));
  EXPECT_EQ(string_at(kept, "object"), "chat.completion");
  EXPECT_EQ(string_at(find(kept, "choices")->at(0), "message", "content"), "fine");
  EXPECT_EQ(string_at(find(kept, "choices")->at(0), "finish_reason"), "stop");
  EXPECT_EQ(find(find(kept, "choices")->at(0), "content_filter_results"), nullptr);
  EXPECT_EQ(string_at(kept, "metadata", "k"), "v");
  EXPECT_EQ(*find(kept, "temperature"), Json(0.5));
  EXPECT_EQ(integer(find(kept, "usage", "prompt_tokens")), 3);
  const auto messages = json(ask("GET", "/" + id + "/messages"));
  EXPECT_EQ(string_at(find(messages, "data")->at(0), "id"), id + "-0");
  EXPECT_EQ(string_at(find(messages, "data")->at(1), "content"), "x");
  EXPECT_EQ(to_text(*find(find(messages, "data")->at(1), "content_parts")), R"([{"type":"text","text":"x"}])");
  EXPECT_EQ(string_at(messages, "last_id"), id + "-1");
  EXPECT_EQ(to_text(json(ask("DELETE", "/" + id))),
            R"({"id":")" + id + R"(","object":"chat.completion.deleted","deleted":true})");
  for (const auto* path : {"", "/messages"}) EXPECT_EQ(ask("GET", "/" + id + path).status, 404);
  EXPECT_EQ(ask("DELETE", "/" + id).status, 404);
}

TEST_F(StoredChatsTest, GoWithTheirAccount) {
  const std::string id = id_of(R"("store":true)");
  ASSERT_EQ(ask("GET", "/" + id).status, 200);
  gateway_->remove_account(kAccountId);
  gateway_->put(account_);
  EXPECT_EQ(ask("GET", "/" + id).status, 404);
}

TEST_F(StoredChatsTest, OnlyWhatIsAskedToBeKeptIs) {
  EXPECT_EQ(ask("GET", "/" + id_of(R"("temperature":1)")).status, 404);
  EXPECT_EQ(ask("GET", "/" + id_of(R"("store":false)")).status, 404);
  EXPECT_EQ(ids(""), "");
}

TEST_F(StoredChatsTest, AreListedByTheirMetadataAndInPages) {
  const std::string a = id_of(R"("store":true,"metadata":{"k":"1"})"),
                    b = id_of(R"("store":true,"metadata":{"k":"2"})"), c = id_of(R"("store":true)");
  EXPECT_EQ(ids(""), a + " " + b + " " + c + " ");
  EXPECT_EQ(ids("?order=desc&limit=2"), c + " " + b + " ");
  EXPECT_EQ(ids("?after=" + a), b + " " + c + " ");
  EXPECT_EQ(ids("?metadata%5Bk%5D=2"), b + " ");
  EXPECT_EQ(ids("?model=gpt-4-0613&limit=1"), a + " ");
  EXPECT_EQ(ids("?model=other"), "");
  EXPECT_EQ(integer(find(json(ask("GET", "?limit=1")), "total")), 3);
  EXPECT_EQ(ask("GET", "?limit=0").status, 400);
}

TEST_F(StoredChatsTest, MetadataMayBeAddedLater) {
  const std::string a = id_of(R"("store":true,"metadata":{"k":"1"})"), b = id_of(R"("store":true)");
  const auto updated = json(ask("POST", "/" + a, R"({"metadata":{"l":"2"}})"));
  EXPECT_EQ(to_text(*find(updated, "metadata")), R"({"k":"1","l":"2"})");
  EXPECT_EQ(json(ask("GET", "/" + a)), updated);
  EXPECT_EQ(ids(""), a + " " + b + " ");  // it stays in its place
  for (const auto* wrong :
       {"", "{}", "[]", R"({"metadata":"x"})", R"({"metadata":{"k":1}})", R"({"metadata":{},"n":1})"}) {
    EXPECT_EQ(ask("POST", "/" + a, wrong).status, 400) << wrong;
  }
  std::string many;
  for (int i = 0; i < 15; ++i) many += (i ? ",\"m" : "\"m") + std::to_string(i) + "\":\"\"";
  EXPECT_EQ(ask("POST", "/" + a, "{\"metadata\":{" + many + "}}").status, 400);
  EXPECT_EQ(ask("POST", "/chatcmpl-none", R"({"metadata":{}})").status, 404);
}

TEST_F(StoredChatsTest, AStreamIsKeptAsTheAnswerThatItAddsUpTo) {
  serve_with(
      JsonObject{{"url", streaming({kPiece, kPiece, net::event_text(kCall), net::event_text(kCallEnd), kStop})}});
  const auto streamed = make(R"("store":true,"stream":true)");
  ASSERT_EQ(streamed.status, 200) << streamed.body;
  const auto kept = find(json(ask("GET", "")), "data")->at(0);
  EXPECT_NE(streamed.body.find(R"("id":")" + string_at(kept, "id")), std::string::npos);
  EXPECT_EQ(
      to_text(*find(kept, "choices")),
      R"([{"finish_reason":"stop","index":0,"logprobs":null,"message":{"content":"somesome","refusal":null,)"
      R"("role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"f"},"type":"function","id":"c"}]}}])");
  serve_with(JsonObject{{"url", streaming({kPiece}, false)}});
  const auto broken = client_.fetch_stream(request("POST", std::string(kPath),
                                                   R"({"model":"MyModel","store":true,"stream":true,)"
                                                   R"("messages":[{"role":"user","content":"x"}]})"),
                                           [](std::string_view) { return true; });
  EXPECT_FALSE(broken.ok());
  EXPECT_EQ(ids(""), "");  // what broke off is not
}

}  // namespace
}  // namespace lazuli::openai
