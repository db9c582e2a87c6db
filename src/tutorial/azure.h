// Azure's REST as az speaks it: tokens by the service principal's secret, ARM calls, and the wait for the operations
// that they begin. Blocking; used by one thread. Errors carry Azure's code and message.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "net/client.h"

namespace lazuli::tutorial {

struct Credentials {
  std::string client_id, client_secret, tenant, subscription;
};

class Azure {
 public:
  // working: called now and then while an operation runs, with the id of the resource that it works on.
  Azure(net::Client& client, Credentials credentials, std::function<void(std::string_view resource)> working);

  const Credentials& credentials() const { return credentials_; }
  // "/subscriptions/…" of this subscription, and ids below its groups.
  std::string subscription() const { return "/subscriptions/" + credentials_.subscription; }
  std::string group(std::string_view name) const { return subscription() + "/resourceGroups/" + std::string(name); }

  // One call at management.azure.com; waits for the operation that it may begin. Gives the final body.
  Result<Json> call(std::string_view method, const std::string& id, std::string_view api_version,
                    const Json& body = nullptr);
  // The resource, or nothing if it does not exist.
  Result<std::optional<Json>> find(const std::string& id, std::string_view api_version);

  // A token for a scope such as "https://management.core.windows.net//.default", kept while it lives.
  Result<std::string> token(const std::string& scope);
  // A call anywhere else, without a token. An answer of 400 and above is an error.
  Result<net::Response> send(net::ClientRequest request);
  Result<Json> post_form(const std::string& url, const std::vector<std::pair<std::string, std::string>>& fields);

 private:
  Result<net::Response> authorized(std::string_view method, std::string url, const Json& body);
  Result<Json> finish(const net::Response& first, std::string_view method, const std::string& id,
                      std::string_view api_version);
  Result<Json> poll(const std::string& url, const std::string& id,
                    const std::function<bool(const net::Response&, const Json&)>& ended);

  net::Client& client_;
  Credentials credentials_;
  std::function<void(std::string_view)> working_;
  std::map<std::string, std::string> tokens_;
};

}  // namespace lazuli::tutorial
