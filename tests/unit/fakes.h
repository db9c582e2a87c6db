// What the tests of providers that lean on others bring themselves: a cluster's objects in a map, a caller's rights in
// a set, and Resource Manager over a store in memory.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>

#include "arm/service.h"
#include "cluster/objects.h"

namespace lazuli::testing {

inline Json json(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed ? *parsed : Json(nullptr);
}

class MapObjects : public cluster::Objects {
 public:
  Result<Json> get(std::string_view path) override {
    const std::lock_guard lock(mutex);
    if (const auto found = held.find(path); found != held.end()) return found->second;
    return Error{"NotFound", std::string(path) + " not found", 404};
  }
  Result<Json> create(std::string_view path, const Json& object) override {
    return apply(std::string(path) + "/" + string_at(object, "metadata", "name"), object);
  }
  Result<Json> apply(std::string_view path, const Json& object) override {
    const std::lock_guard lock(mutex);
    if (!fault.code.empty()) return fault;
    held[std::string(path)] = object;
    return object;
  }
  Status remove(std::string_view path) override {
    const std::lock_guard lock(mutex);
    held.erase(std::string(path));
    return {};
  }
  Result<std::string> text(std::string_view path) override {
    const auto found = get(path);
    if (!found) return found.error();
    return string_or(&*found);
  }

  std::mutex mutex;
  std::map<std::string, Json, std::less<>> held;
  Error fault{};  // of every write, if it has a code
};

class FakeAuthorizer final : public access::Authorizer {
 public:
  access::Decision check(const access::Principal& who, std::string_view action, std::string_view scope,
                         access::Plane) const override {
    if (denied.contains(std::string(action))) return {};
    if (!granted_objects.empty() && !granted_objects.contains(who.object_id)) return {};
    return {true, "Owner", std::string(scope)};
  }
  std::set<std::string, std::less<>> denied;
  std::set<std::string, std::less<>> granted_objects;  // empty: everyone
};

class FakeTokens final : public access::TokenVerifier {
 public:
  Result<access::Principal> verify(std::string_view token, const std::vector<std::string>&) const override {
    if (token != "good") return Error{"TokenMalformed", "no token", 401};
    access::Principal who;
    who.object_id = "caller";
    who.app_id = "app";
    return who;
  }
};

// Resource Manager with one running cluster's objects. Types are added by the test.
class ArmTest : public ::testing::Test {
 public:
  static constexpr std::string_view kSubscription = "/subscriptions/00000000-0000-0000-0000-000000000001";
  static constexpr std::string_view kGroup = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/group";

  static std::string in_group(std::string_view rest) { return std::string(kGroup) + "/providers/" + std::string(rest); }

  void put(const std::string& id, std::string_view rest) {
    arm::Resource made;
    made.document = json(rest).as_object();
    made.document["id"] = id;
    const auto parsed = arm::ResourceId::parse(id);
    made.document["name"] = parsed->name();
    made.document["type"] = parsed->type();
    ASSERT_TRUE(service.resources().save(made).ok());
  }

  // A type whose PUT keeps the body, and whose DELETE forgets.
  void add_plain_type(std::string type) {
    arm::TypeSpec spec;
    spec.type = std::move(type);
    spec.put = [this](const arm::Call& call) -> Result<arm::Answer> {
      calls.push_back("PUT " + call.id.key());
      arm::Resource made;
      made.document = call.body.as_object();
      made.document["id"] = call.id.text();
      made.document["name"] = call.id.name();
      made.document["type"] = call.id.type();
      if (auto saved = service.resources().save(made); !saved) return saved.error();
      return arm::Answer::json(200, made.visible());
    };
    spec.del = [this](const arm::Call& call) -> Result<arm::Answer> {
      calls.push_back("DELETE " + call.id.key());
      if (auto gone = service.forget(call.id); !gone) return gone.error();
      return arm::Answer::no_body(200);
    };
    service.add(std::move(spec));
  }

  net::Response send(std::string method, const std::string& path, const Json& body = nullptr,
                     std::string_view api_version = "2024-07-01-preview") {
    net::Request request;
    request.method = std::move(method);
    request.host = "management.azure.com";
    request.path = path;
    request.raw_query = "api-version=" + std::string(api_version);
    request.target = path + "?" + request.raw_query;
    request.query = net::Query(request.raw_query);
    request.headers.set("Authorization", "Bearer good");
    if (!body.is_null()) {
      request.headers.set("Content-Type", "application/json");
      request.body = to_text(body);
    }
    return service.handle(request);
  }

  std::optional<arm::Operation> ended(const net::Response& begun) {
    const std::string url(begun.headers.get("Azure-AsyncOperation"));
    const auto mark = url.rfind('/');
    const auto id = url.substr(mark + 1, 36);
    return service.operations().wait(id, std::chrono::seconds(20));
  }

  std::unique_ptr<store::Store> store = store::Store::in_memory();
  ManualClock clock{from_unix(1800000000)};
  SystemRandom random;
  Log log{2, Level::error};
  FakeTokens tokens;
  FakeAuthorizer authorizer;
  std::shared_ptr<MapObjects> objects = std::make_shared<MapObjects>();
  std::vector<std::string> calls;
  bool cluster_runs = true;
  arm::Service service{arm::Service::Parts{*store, clock, random, log, tokens, authorizer, "tenant", {"eastus"}}};

  cluster::ObjectsOf objects_of() {
    return [this](std::string_view) -> Result<std::shared_ptr<cluster::Objects>> {
      if (!cluster_runs) return Error{"ClusterNotRunning", "The cluster is not running.", 409};
      return std::shared_ptr<cluster::Objects>(objects);
    };
  }
};

}  // namespace lazuli::testing
