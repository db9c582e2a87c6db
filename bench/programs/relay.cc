// The peer of nginx's proxy_pass: answers TLS connections by asking an upstream over TLS, piece by piece. Used by
// bench/relay. Arguments: certificate, key, the upstream's URL, number of threads. Prints its port.
#include <cstdlib>

#include "announce.h"
#include "base/files.h"
#include "net/client.h"
#include "net/server.h"

using namespace lazuli;

namespace {

net::Task<void> relay(net::Exchange& exchange, net::Client& client, const std::string& upstream) {
  const auto body = co_await exchange.read_all(std::size_t{1} << 20);
  if (!body) co_return;
  net::ClientRequest request;
  request.method = exchange.request().method;
  request.url = upstream + exchange.request().target;
  request.body = std::move(exchange.request().body);
  // Only streams are passed on piece by piece, as by the gateway.
  if (exchange.request().headers.get("Accept") != "text/event-stream") {
    auto whole = co_await client.send(std::move(request));
    if (!whole) whole = net::plain_error(502, whole.error().code, whole.error().message);
    co_await exchange.send(std::move(*whole));
    co_return;
  }
  auto answer = co_await client.open(std::move(request));
  if (!answer) {
    co_await exchange.send(net::plain_error(502, answer.error().code, answer.error().message));
    co_return;
  }
  net::Response head = (*answer)->head();
  bool going = co_await exchange.start(std::move(head));
  char piece[1024];
  while (going) {
    const auto got = co_await (*answer)->read(piece);
    if (!got || *got == 0) {
      co_await exchange.finish(got.ok());
      break;
    }
    going = co_await exchange.write({piece, *got});
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return 2;
  const auto certificate = read_file(arguments[1]);
  const auto key = read_file(arguments[2]);
  if (!certificate || !key) return 2;
  net::ClientOptions options;
  options.trust = *certificate;
  net::Client client(options);
  const std::string upstream = arguments[3];
  net::Router router;
  router.otherwise([&](net::Exchange& exchange) { return relay(exchange, client, upstream); });
  Log log;
  net::Server server(router, log, static_cast<unsigned>(std::atoi(arguments[4])));
  return bench::serve_until_ended(server, {*certificate, *key});
}
