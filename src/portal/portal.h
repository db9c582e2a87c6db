// The portal: a web page over the calls that `az` makes, on the plain-HTTP door on loopback where the sign-in pages
// are. It has no interface of its own and no rights of its own: pages are files, a person signs in at the sign-in pages
// as at every other client, and what the pages then call is Azure Resource Manager with that person's token. Requests
// that another site's page sends, or that come under another name, are refused before anything is looked at.
// Thread-safe.
#pragma once

#include <map>
#include <string>

#include "net/exchange.h"
#include "net/server.h"

namespace lazuli::portal {

class Portal {
 public:
  struct Parts {
    std::string origin;        // "http://127.0.0.1:8911"
    const net::Router& azure;  // Azure's hosts, as every other door serves them
    // By path, what others answer at this door. They refuse what comes from elsewhere themselves: the sign-in says so
    // as a page, and an identity's tokens are for who holds its header.
    std::map<std::string, net::StreamHandler> others;
  };
  explicit Portal(Parts parts) : parts_(std::move(parts)) {}

  net::Task<void> serve(net::Exchange& exchange);

 private:
  net::Task<void> call_azure(net::Exchange& exchange);

  Parts parts_;
};

}  // namespace lazuli::portal
