// What clients and engines do wrong: each gets an answer in Azure's form, and afterwards the gateway holds no more
// descriptors and no more calls than before.
#include <filesystem>
#include <thread>

#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class BadInputTest : public UpstreamTest {
 protected:
  // What is given back is given back soon, not at once: the other side has to see its connection end.
  template <typename Condition>
  static bool soon(const Condition& condition) {
    for (int i = 0; i < 500; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }
  bool at_rest() const { return gateway_->metrics().find("lazuli_openai_in_progress 0\n") != std::string::npos; }
};

TEST_F(BadInputTest, EachIsRefusedInAzuresForm) {
  start();
  struct Case {
    std::string body;
    int status;
    const char* code;
    const char* param;
  };
  const std::string user = R"({"role":"user","content":"x"})";
  const Case cases[] = {
      {"", 400, "", ""},
      {"{", 400, "", ""},
      {"[]", 400, "", ""},
      {"{\"messages\":[" + user + "],}", 400, "", ""},
      {"\xff\xfe{}", 400, "", ""},
      {std::string(100000, '['), 400, "", ""},
      {"{}", 400, "missing_required_parameter", "messages"},
      {R"({"messages":{}})", 400, "invalid_type", "messages"},
      {R"({"messages":[]})", 400, "empty_array", "messages"},
      {R"({"messages":[5]})", 400, "invalid_type", "messages[0]"},
      {R"({"messages":[{"role":"king","content":"x"}]})", 400, "invalid_value", "messages[0].role"},
      {"{\"messages\":[" + user + R"(],"temperature":"hot"})", 400, "invalid_type", "temperature"},
      {"{\"messages\":[" + user + R"(],"temperature":3})", 400, "decimal_above_max_value", "temperature"},
      {"{\"messages\":[" + user + R"(],"n":0})", 400, "integer_below_min_value", "n"},
      {"{\"messages\":[" + user + R"(],"temprature":1})", 400, "", ""},
      {"{\"messages\":[" + user + R"(],"stop":["a","b","c","d","e"]})", 400, "array_above_max_length", "stop"},
      {"{\"messages\":[" + user + R"(],"response_format":{"type":"xml"}})", 400, "invalid_value",
       "response_format.type"},
  };
  for (const auto& c : cases) {
    const auto response = chat(c.body);
    const std::string shown = c.body.substr(0, 80);
    EXPECT_EQ(response.status, c.status) << shown;
    const Json body = json(response);
    EXPECT_FALSE(string_at(body, "error", "message").empty()) << shown;
    EXPECT_EQ(string_at(body, "error", "code"), c.code) << shown;
    EXPECT_EQ(string_at(body, "error", "param"), c.param) << shown;
  }
  EXPECT_TRUE(soon([&] { return at_rest(); }));
}

TEST_F(BadInputTest, ABodyOverTheLimitIs413AndTheNextCallWorks) {
  start();
  const auto refused = chat(std::string((std::size_t{32} << 20) + 1, 'x'));
  EXPECT_EQ(refused.status, 413);
  EXPECT_FALSE(string_at(json(refused), "error", "message").empty());
  EXPECT_EQ(chat(kHello).status, 200);
}

// Every fault of an engine, many times over, whole and streamed; and clients that leave in the middle.
TEST_F(BadInputTest, FaultsLeaveNoDescriptorsAndNoCallsBehind) {
  auto silent = [](net::Exchange& exchange) -> net::Task<void> {
    co_await exchange.read_all(1 << 20);
    co_await exchange.gone();
  };
  auto stalls = [](net::Exchange& exchange) -> net::Task<void> {
    co_await exchange.read_all(1 << 20);
    net::Response head;
    head.headers.set("Content-Type", "text/event-stream");
    co_await exchange.start(std::move(head));
    co_await exchange.write(kPiece);
    co_await exchange.gone();
  };
  const std::string engines[] = {answering(200, "garbage"),
                                 answering(500, "{}"),
                                 streaming({kPiece}, false),
                                 streaming({"data: {oops\n\n"}),
                                 streaming({kPiece, "data: " + std::string(std::size_t{5} << 20, 'x')}),
                                 upstream(silent),
                                 upstream(stalls)};
  // By patterns in one gateway, so that its own parts are not counted.
  std::vector<EngineRule> rules;
  for (std::size_t i = 0; i < std::size(engines); ++i) {
    rules.push_back({"gpt-4-" + std::to_string(i), "url", JsonObject{{"url", engines[i]}, {"timeout", 1}}});
  }
  start(std::move(rules));
  for (std::size_t i = 0; i < std::size(engines); ++i) {
    deploy("D" + std::to_string(i), "gpt-4-" + std::to_string(i), "1", 1000000);
  }
  const auto ask = [&](std::size_t engine, const char* body, bool leaves) {
    auto out = request(
        "POST", "/openai/deployments/D" + std::to_string(engine) + "/chat/completions?api-version=2024-02-01", body);
    if (leaves) out.timeout = std::chrono::milliseconds(50);
    net::Client client;  // its connections end with it
    const auto answer = client.fetch(std::move(out));
    EXPECT_TRUE(!answer || answer->status >= 400) << engine;
  };
  const auto round = [&] {
    for (std::size_t engine = 0; engine < std::size(engines); ++engine) {
      for (const auto* body : {kHello, kStreamed}) ask(engine, body, engine >= 5);
    }
    EXPECT_TRUE(soon([&] { return at_rest(); }));
  };
  round();  // connections that are kept for the next call are there after the first
  const auto before = open_descriptors();
  for (int i = 0; i < 3; ++i) round();
  EXPECT_TRUE(soon([&] { return open_descriptors() <= before; })) << before << " -> " << open_descriptors();
}

}  // namespace
}  // namespace lazuli::openai
