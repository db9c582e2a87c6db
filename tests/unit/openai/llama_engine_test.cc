// The managed engine's life: started, found dead, started again, stopped when idle. The child is a small server of this
// test's; with LAZULI_TEST_ENGINE set, the real one is asked too.
#include "openai/llama_engine.h"

#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "gateway_fixture.h"

namespace lazuli::openai {
namespace {

namespace fs = std::filesystem;

// What lazuli expects of a llama-server: --port, the key in the environment, /health, /v1/chat/completions.
constexpr std::string_view kProgram = R"(#!/usr/bin/python3
import http.server, json, os, sys
port = int(sys.argv[sys.argv.index("--port") + 1])
key = os.environ["LLAMA_API_KEY"]
assert key not in " ".join(sys.argv)
name = "pid-embeddings" if "--embeddings" in sys.argv else "pid"
open(os.path.join(os.path.dirname(sys.argv[0]), name), "w").write(str(os.getpid()))
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200, b'{"status":"ok"}')
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != "Bearer " + key:
            return self.answer(401, b"{}")
        if self.path == "/v1/chat/completions/input_tokens":
            return self.answer(200, json.dumps({"input_tokens": len(body["messages"][0]["content"])}).encode())
        text = body["messages"][-1]["content"]
        if text == "die":
            os._exit(3)
        self.answer(200, json.dumps({"choices": [{"index": 0, "finish_reason": "stop", "message":
            {"role": "assistant", "content": "max_tokens %s" % body.get("max_tokens")}}]}).encode())
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
)";

class LlamaEngineTest : public GatewayTest {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "llama-" + random_.uuid();
    ASSERT_TRUE(make_directories(directory_).ok());
    write("server", kProgram, 0700);
    write("model.gguf", "not a model", 0600);
  }
  void TearDown() override {
    server_.reset();
    gateway_.reset();
    EXPECT_TRUE(remove_tree(directory_).ok());
  }

  void write(const std::string& name, std::string_view text, unsigned mode) {
    ASSERT_TRUE(write_file(directory_ + "/" + name, text, mode).ok());
  }
  void serve_with(JsonObject settings) {
    settings["program"] = directory_ + "/server";
    settings["file"] = directory_ + "/model.gguf";
    start({{"*", "llama", std::move(settings)}}, nullptr, directory_);
  }
  int pid() const {
    const auto text = read_file(directory_ + "/pid");
    return text ? std::atoi(text->c_str()) : 0;
  }
  static bool gone(int pid) {
    for (int i = 0; i < 500 && ::kill(pid, 0) == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return ::kill(pid, 0) != 0;
  }
  static std::string content(const net::Response& response) {
    const Json body = json(response);
    return string_at(find(body, "choices")->as_array()[0], "message", "content");
  }

  std::string directory_;
};

TEST_F(LlamaEngineTest, IsStartedWhenItIsNeededAndLimitsWhatHasNoLimit) {
  serve_with({{"default_max_tokens", 77}});
  const auto response = chat(kHello);
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(content(response), "max_tokens 77");
  EXPECT_EQ(response.headers.get("x-lazuli-engine"), "llama");
  EXPECT_EQ(response.headers.get("x-lazuli-model"), "model");
  const int child = pid();
  gateway_->remove_account(kAccountId);
  server_.reset();
  gateway_.reset();
  EXPECT_TRUE(gone(child));
}

TEST_F(LlamaEngineTest, IsStartedAgainWhenItHasDied) {
  serve_with({});
  ASSERT_EQ(chat(kHello).status, 200);
  const int first = pid();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  EXPECT_EQ(chat(kHello).status, 200);
  EXPECT_NE(pid(), first);
}

TEST_F(LlamaEngineTest, AnAnswerThatItDiesOverIs503AndTheNextCallWorks) {
  serve_with({});
  const auto lost = chat(R"({"messages":[{"role":"user","content":"die"}]})");
  EXPECT_EQ(lost.status, 503) << lost.body;
  EXPECT_FALSE(lost.headers.get("retry-after").empty());
  EXPECT_EQ(chat(kHello).status, 200);
}

TEST_F(LlamaEngineTest, CountsTokensByItsOwnTokenizer) {
  serve_with({});
  const auto count = [this] {
    return send(request("POST", "/openai/v1/responses/input_tokens", R"({"model":"MyModel","input":"Hello"})"));
  };
  EXPECT_EQ(integer(find(json(count()), "input_tokens")), 5);
  write("server", "#!/bin/sh\nexit 1\n", 0700);
  serve_with({});
  EXPECT_EQ(count().status, 503);
}

TEST_F(LlamaEngineTest, IsStoppedWhenItHasBeenIdle) {
  serve_with({{"idle", 1}});
  ASSERT_EQ(chat(kHello).status, 200);
  EXPECT_TRUE(gone(pid()));
  EXPECT_EQ(chat(kHello).status, 200);
}

TEST_F(LlamaEngineTest, AProgramThatEndsAtOnceIs503ThatNamesItsLog) {
  write("server", "#!/bin/sh\necho no such model\nexit 1\n", 0700);
  serve_with({});
  const auto response = chat(kHello);
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("engine.log"), std::string::npos) << response.body;
  const auto log = read_file(directory_ + "/engine.log");
  ASSERT_TRUE(log.ok());
  EXPECT_NE(log->find("no such model"), std::string::npos);
}

TEST_F(LlamaEngineTest, TheRealEngineAnswersWholeStreamedEmbeddedAndByASchema) {
  if (std::getenv("LAZULI_TEST_ENGINE") == nullptr) GTEST_SKIP() << "LAZULI_TEST_ENGINE is not set";
  start({{"*", "llama", nullptr}}, nullptr, directory_);
  const auto whole = chat(R"({"messages":[{"role":"user","content":"Say hello."}],"max_tokens":20})");
  ASSERT_EQ(whole.status, 200) << whole.body;
  EXPECT_FALSE(content(whole).empty());
  EXPECT_EQ(whole.body.find("gguf"), std::string::npos);
  const auto streamed = chat(
      R"({"messages":[{"role":"user","content":"Say hello."}],"max_tokens":20,"stream":true,"stream_options":{"include_usage":true}})");
  ASSERT_EQ(streamed.status, 200) << streamed.body;
  EXPECT_TRUE(streamed.body.ends_with("data: [DONE]\n\n"));
  const auto formed = chat(
      R"({"messages":[{"role":"user","content":"A number"}],"max_tokens":60,"response_format":{"type":"json_schema",)"
      R"("json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"n":{"type":"integer"}},)"
      R"("required":["n"],"additionalProperties":false}}}})");
  ASSERT_EQ(formed.status, 200) << formed.body;
  const auto embedded =
      send(request("POST", "/openai/deployments/Embed/embeddings?api-version=2024-02-01", R"({"input":["a","b"]})"));
  ASSERT_EQ(embedded.status, 200) << embedded.body;
  EXPECT_EQ(find(json(embedded), "data")->as_array().size(), 2u);
  EXPECT_EQ(find(json(embedded), "data")->as_array()[0].at("embedding").as_array().size(), 384u);
  EXPECT_EQ(embedded.headers.get("x-lazuli-model"), "all-MiniLM-L6-v2");
  std::string words;
  for (int i = 0; i < 600; ++i) words += "word ";
  const auto long_text = send(
      request("POST", "/openai/deployments/Embed/embeddings?api-version=2024-02-01", R"({"input":")" + words + "\"}"));
  EXPECT_EQ(long_text.status, 400);
  EXPECT_EQ(code(long_text), "context_length_exceeded") << long_text.body;
  const auto too_long = chat(R"({"messages":[{"role":"user","content":")" + std::string(60000, 'x') + R"( y"}]})");
  EXPECT_EQ(code(too_long), "context_length_exceeded") << too_long.body;
}

}  // namespace
}  // namespace lazuli::openai
