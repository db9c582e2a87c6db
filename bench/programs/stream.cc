// An engine that answers at once, for bench/stream: TLS, and each chat a stream of a few chunks, all of them there from
// the beginning; but where the prompt says "hold", the first chunk and then nothing until the caller goes. Arguments:
// certificate, key. Prints its port.
#include "announce.h"
#include "base/files.h"
#include "net/server.h"

using namespace lazuli;

namespace {

std::string chunk(std::string_view delta, std::string_view reason) {
  return R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench","choices":[{"index":0,"delta":)" +
         std::string(delta) + R"(,"finish_reason":)" + std::string(reason) + "}]}\n\n";
}

net::Task<void> answer(net::Exchange& exchange) {
  const auto read = co_await exchange.read_all(std::size_t{1} << 20);
  if (!read) co_return;
  const bool hold = exchange.request().body.find("hold") != std::string::npos;
  net::Response head;
  head.headers.set("Content-Type", "text/event-stream");
  bool going = co_await exchange.start(std::move(head));
  if (!going) co_return;
  const std::string first = chunk(R"({"role":"assistant","content":"The"})", "null");
  going = co_await exchange.write(first);
  if (!going) co_return;
  if (hold) {
    co_await exchange.gone();
    co_return;
  }
  std::string rest;
  for (const char* word : {" quick", " brown", " fox"}) {
    rest += chunk(std::string(R"({"content":")") + word + "\"}", "null");
  }
  rest += chunk("{}", "\"stop\"") + "data: [DONE]\n\n";
  going = co_await exchange.write(rest);
  if (going) co_await exchange.finish();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const auto certificate = read_file(arguments[1]);
  const auto key = read_file(arguments[2]);
  if (!certificate || !key) return 2;
  net::Router router;
  router.otherwise(answer);
  Log log;
  net::Server server(router, log, 1);
  return bench::serve_until_ended(server, {*certificate, *key});
}
