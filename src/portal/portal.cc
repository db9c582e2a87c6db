#include "portal/portal.h"

#include "net/same_origin.h"
#include "portal/azure_call.h"
#include "portal/site.h"

namespace lazuli::portal {

namespace {

net::Response refusal(const Error& error) {
  return net::plain_error(error.status, error.code, error.message);
}

Error not_ours(const std::string& origin) {
  return Error{"NotFromThePortal",
               "This request came from another site's page, or under another name, and was refused. The portal is at " +
                   origin + "/.",
               403};
}

}  // namespace

net::Task<void> Portal::serve(net::Exchange& exchange) {
  const net::Request& request = exchange.request();
  const auto other = parts_.others.find(request.path);
  if (other != parts_.others.end()) {
    co_await other->second(exchange);
    co_return;
  }
  if (net::from_elsewhere(request, parts_.origin)) {
    co_await exchange.send(refusal(not_ours(parts_.origin)));
    co_return;
  }
  if (request.path.starts_with(kAzurePrefix)) {
    co_await call_azure(exchange);
    co_return;
  }
  co_await exchange.send(answer_site(request));
}

net::Task<void> Portal::call_azure(net::Exchange& exchange) {
  net::Request& request = exchange.request();
  Status allowed = check_fetch(request);
  if (allowed) allowed = readdress(request);
  if (!allowed) {
    co_await exchange.send(refusal(allowed.error()));
    co_return;
  }
  const net::StreamHandler* handler = parts_.azure.find(request.host);
  if (!handler) {
    co_await exchange.send(net::plain_error(404, "NotFound", "Nothing is served at this host."));
    co_return;
  }
  co_await (*handler)(exchange);
}

}  // namespace lazuli::portal
