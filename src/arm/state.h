// What arm::Service is made of, for the files that implement it. Not for others.
#pragma once

#include <mutex>

#include "arm/polls.h"
#include "arm/routing.h"
#include "arm/service.h"

namespace lazuli::arm {

struct Service::State {
  explicit State(Parts given)
      : parts(std::move(given)),
        resources(parts.store),
        operations(parts.store, parts.clock, parts.random, parts.log),
        polls(operations) {}

  void add_operation_identifier(Answer& answer, const Call& call) const;

  Parts parts;
  Resources resources;
  Routing routing;
  std::multimap<std::string, std::function<Status(const Resource&)>> cleanups;  // by lower-case type
  Operations operations;                                                        // after all that its bodies use
  Polls polls;
  std::mutex conditional;  // held while a write on a condition is checked and done: of two, one sees the other's tag
};

// A call that failed, and whether Resource Manager itself refused it (its answers say so in x-ms-failure-cause).
struct Outcome {
  Result<Answer> answer;
  bool own = false;
};

// Everything between a known caller and a handler: routing, api-version, access, locks, what must exist, defaults.
class Dispatch {
 public:
  explicit Dispatch(Service::State& state) : state_(state) {}

  // `call` has method, path, query, headers, body, caller, correlation id and url; the rest is filled in here.
  Outcome run(Call call);

 private:
  Status check_version(const Route& route, Call& call) const;
  bool allowed(const Call& call, std::string_view permission, std::string_view scope) const;
  Status check_existence(const Route& route, const Call& call) const;
  Status check_tracked(const Route& route, const Call& call) const;
  ResourceId stored_spelling(const ResourceId& id) const;
  Result<Answer> handled_on_condition(const Route& route, const Call& call);
  Result<Answer> handled(const Route& route, const Call& call);

  Service::State& state_;
};

}  // namespace lazuli::arm
