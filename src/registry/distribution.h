// The OCI distribution API (specification 1.1) over the catalog: everything under /v2/ but the bodies of uploads, which
// registry/uploads.h takes in as they stream. The caller has been checked already. Blocking; thread-safe.
#pragma once

#include "net/http.h"
#include "registry/catalog.h"
#include "registry/routes.h"

namespace lazuli::registry {

class Distribution {
 public:
  explicit Distribution(Catalog& catalog) : catalog_(catalog) {}

  // `space`: whose repositories. `request` has its whole body.
  net::Response handle(const net::Request& request, const Route& route, const std::string& space) const;

  // The two that a mirror and a cluster's node use as well.
  net::Response manifest(const Place& place, const std::string& reference) const;
  net::Response blob(const net::Request& request, const Place& place, const std::string& digest) const;

 private:
  net::Response put_manifest(const net::Request& request, const Place& place, const std::string& reference) const;
  net::Response remove(const Route& route, const Place& place) const;
  net::Response tags(const net::Request& request, const Place& place) const;
  net::Response catalog(const net::Request& request, const std::string& space) const;
  net::Response referrers(const net::Request& request, const Place& place, const std::string& digest) const;

  Catalog& catalog_;
};

// ?n, ?last, ?orderby of a listing; and the Link header to the page after it.
PageRequest page_request(const net::Request& request);
void add_next_link(net::Response& response, const net::Request& request, const Page& page);

}  // namespace lazuli::registry
