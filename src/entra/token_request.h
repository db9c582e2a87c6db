// A request to the token endpoint, read: its form, which version of the endpoint, and the ids it will be known by.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "entra/entra.h"
#include "entra/sts_error.h"
#include "net/http.h"

namespace lazuli::entra {

class Form {
 public:
  explicit Form(std::vector<std::pair<std::string, std::string>> fields) : fields_(std::move(fields)) {}
  std::string get(std::string_view name) const;  // empty if absent
  bool has(std::string_view name) const;
  // The name of a field that comes twice (RFC 6749, section 3.2). The name may be empty: "=1&=2" has such a field.
  std::optional<std::string> repeated() const;
  // Error 900144 if the field is missing or empty.
  Result<std::string> require(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct TokenRequest {
  const net::Request& http;
  Form form;
  bool v2 = true;
  std::string tenant_segment;  // as in the path: the tenant's id or domain, "common", "organizations"
  Correlation ids;
  const TokenProxy* proxy = nullptr;  // of the cluster by which it came

  bool names_tenant() const { return tenant_segment != "common" && tenant_segment != "organizations"; }
  // "CP1" and the like, from claims={"access_token":{"xms_cc":{"values":[…]}}}.
  std::vector<std::string> client_capabilities() const;
};

}  // namespace lazuli::entra
