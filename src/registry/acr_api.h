// Azure's own API of a registry, under /acr/v1: what `az acr repository` and `az acr manifest` call. The caller has
// been checked already. Blocking; thread-safe.
#pragma once

#include "net/http.h"
#include "registry/catalog.h"
#include "registry/routes.h"

namespace lazuli::registry {

class AcrApi {
 public:
  explicit AcrApi(Catalog& catalog) : catalog_(catalog) {}

  net::Response handle(const net::Request& request, const Route& route, const std::string& space) const;

 private:
  net::Response show(const Place& place, const Route& route) const;
  net::Response list(const net::Request& request, const Place& place, const Route& route) const;
  net::Response change(const net::Request& request, const Place& place, const Route& route) const;
  net::Response remove(const Place& place, const Route& route) const;
  JsonObject repository_view(const Place& place, const Record& record) const;
  JsonObject manifest_view(const Place& place, const Record& record) const;

  Catalog& catalog_;
};

}  // namespace lazuli::registry
