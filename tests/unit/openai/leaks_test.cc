// Faults of engines and of clients, again and again: afterwards the gateway holds no more descriptors, calls and memory
// than before.
#include <malloc.h>

#include <filesystem>
#include <fstream>

#include "../raw_client.h"
#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // freed memory is kept to catch its use
#else
constexpr bool kSanitized = false;
#endif

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::size_t resident_bytes() {
  ::malloc_trim(0);
  std::size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

class LeaksTest : public UpstreamTest {
 protected:
  // By patterns in one gateway, so that its own parts are not counted: deployment Di is served by the engine i.
  void serve_all(const std::vector<std::string>& engines) {
    std::vector<EngineRule> rules;
    for (std::size_t i = 0; i < engines.size(); ++i) {
      rules.push_back({"gpt-4-" + std::to_string(i), "url", JsonObject{{"url", engines[i]}, {"timeout", 1}}});
    }
    start(std::move(rules));
    for (std::size_t i = 0; i < engines.size(); ++i) {
      deploy("D" + std::to_string(i), "gpt-4-" + std::to_string(i), "1", 1000000);
    }
  }

  net::ClientRequest call(std::size_t engine, std::string body) {
    return request("POST",
                   "/openai/deployments/D" + std::to_string(engine) + "/chat/completions?api-version=2024-02-01",
                   std::move(body));
  }

  // A connection that has served may be kept for the next call or closed, whichever of two things comes first: the end
  // of an answer, or the decision to read no further. So each engine may have one, with an end on either side.
  static std::size_t kept_by(std::size_t engines) { return 2 * engines; }
};

TEST_F(LeaksTest, FaultsLeaveNoDescriptorsAndNoCallsBehind) {
  auto silent = [](net::Exchange& exchange) -> net::Task<void> {
    co_await exchange.read_all(1 << 20);
    co_await exchange.gone();
  };
  auto stalls = [](net::Exchange& exchange) { return stall(exchange, kPiece); };
  const std::vector<std::string> engines = {answering(200, "garbage"),
                                            answering(500, "{}"),
                                            streaming({kPiece}, false),
                                            streaming({"data: {oops\n\n"}),
                                            streaming({kPiece, "data: " + std::string(std::size_t{5} << 20, 'x')}),
                                            upstream(silent),
                                            upstream(stalls)};
  const auto bare = open_descriptors();
  serve_all(engines);
  const auto round = [&] {
    for (std::size_t engine = 0; engine < engines.size(); ++engine) {
      for (const auto* body : {kHello, kStreamed}) {
        auto out = call(engine, body);
        if (engine >= 5) out.timeout = std::chrono::milliseconds(50);  // the client leaves
        net::Client client;                                            // its connections end with it
        const auto answer = client.fetch(std::move(out));
        EXPECT_TRUE(!answer || answer->status >= 400) << engine;
      }
    }
    EXPECT_TRUE(soon([&] { return at_rest(); }));
  };
  round();
  const auto most = open_descriptors() + kept_by(engines.size());
  for (std::size_t i = 0; i < 2 * engines.size(); ++i) round();  // one left by each would be seen
  EXPECT_TRUE(soon([&] { return open_descriptors() <= most; })) << most << " < " << open_descriptors();
  server_.reset();
  gateway_.reset();
  EXPECT_TRUE(soon([&] { return open_descriptors() <= bare; })) << bare << " < " << open_descriptors();
}

TEST_F(LeaksTest, ThousandsOfFaultyCallsLeaveMemoryWhereItWas) {
  const std::vector<std::string> engines = {answering(200, "garbage"), answering(500, "{}"), streaming({kPiece}, false),
                                            streaming({"data: {oops\n\n"})};
  serve_all(engines);
  constexpr int kThreads = 4;
  const auto storm = [&](int times) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        net::Client client;
        for (int i = 0; i < times; ++i) {
          const auto engine = static_cast<std::size_t>(i + thread) % engines.size();
          for (const auto* body : {kHello, kStreamed, "{", R"({"messages":5})"}) {
            const auto answer = client.fetch(call(engine, body));
            EXPECT_TRUE(!answer || answer->status >= 400);
          }
          net::RawClient broken(port_);
          broken.send(
              "POST /openai/deployments/D0/chat/completions?api-version=2024-02-01 HTTP/1.1\r\nHost: "
              "myopenaiservice.openai.azure.com\r\nAuthorization: Bearer someone\r\nContent-Length: 99\r\n\r\n{");
          if (i % 2 == 0) broken.half_close();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_TRUE(soon([&] { return at_rest(); }));
  };
  storm(50);  // what is made once and kept is there now
  const auto memory = resident_bytes();
  const auto descriptors = open_descriptors() + kept_by(engines.size()) * kThreads;
  storm(kSanitized ? 50 : 250);  // 5,000 faults
  EXPECT_TRUE(soon([&] { return open_descriptors() <= descriptors; })) << descriptors << " < " << open_descriptors();
  if (kSanitized) return;
  EXPECT_LT(resident_bytes(), memory + (std::size_t{8} << 20));
}

}  // namespace
}  // namespace lazuli::openai
