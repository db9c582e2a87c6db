// The newest calls that the token service and the data plane refused, each with what was presented: names and claims,
// never a token, a secret, a key, a prompt or an answer. The doctor explains a call from here by any of its ids.
// Bounded in number and in the length of every text; in memory alone, so it ends with the process. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "base/clock.h"
#include "base/json.h"

namespace lazuli::access {

struct RefusedCall {
  enum class Service { token, data };

  Service service = Service::token;
  TimePoint time;
  std::string request_id;      // "Trace ID" and x-ms-request-id; apim-request-id and x-request-id
  std::string correlation_id;  // client-request-id; x-ms-client-request-id; may be empty
  std::string peer;            // the caller's address
  int status = 0;
  std::string code;         // "AADSTS700213", "PermissionDenied"
  std::uint64_t fault = 0;  // the rule of `lazuli fault` that refused it; 0: none
  std::string reason;       // a sentence of the service's own about what it was shown

  // What was presented, as it was: nothing here was verified but `principal`.
  std::string client_id, issuer, subject, audience, key_id;
  // To the token service.
  std::string tenant, grant_type, scope;
  std::string pod_uid;  // of the pod that the service account's token was made for
  // To the data plane.
  std::string host, account, deployment, operation, action;  // account: its resource id; action: that the role lacks
  std::string principal;                                     // object id
  PrincipalType principal_type = PrincipalType::service_principal;
  bool with_key = false;  // an account's key instead of a token

  JsonObject json() const;  // without what is empty
};

class RefusedCalls {
 public:
  static constexpr std::size_t kMost = 512;
  static constexpr std::size_t kLongest = 300;  // bytes of a text

  // Called with each call once it is kept, by the thread that adds it, so it must not block. Set before calls come, and
  // good for as long as they do.
  void tell(std::function<void(const RefusedCall&)> listener) { listener_ = std::move(listener); }

  void add(RefusedCall call);
  // Those with this id, newest first: a client that tries again may use one correlation id for all its tries.
  std::vector<RefusedCall> find(std::string_view id) const;
  std::vector<RefusedCall> newest(std::size_t most) const;

 private:
  std::function<void(const RefusedCall&)> listener_;
  mutable std::mutex mutex_;
  std::deque<RefusedCall> calls_;  // oldest first
};

}  // namespace lazuli::access
