// lazuli itself: the one place where its parts are built, in the order of what they need, handed to each other, and put
// behind their doors. Opened by `up`; everything is served from open() until the object goes.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "access/refused_calls.h"
#include "app_doors.h"
#include "app_trust.h"
#include "arm/service.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/worker_pool.h"
#include "cluster/clusters.h"
#include "command_line/config.h"
#include "command_line/state_directory.h"
#include "doctor/pod_events.h"
#include "entra/entra.h"
#include "entra/public_address.h"
#include "fault/rules.h"
#include "net/client.h"
#include "net/server.h"
#include "openai/gateway.h"
#include "portal/portal.h"
#include "providers/authorization/authorization.h"
#include "registry/registry.h"
#include "store/store.h"

namespace lazuli {

struct AppSettings {
  command_line::StateDirectory state;
  command_line::Config config;        // ports in it are those that a person asked for
  std::function<void()> on_shutdown;  // called, from any thread, when a client asks for the end
};

class App {
 public:
  // Errors name what is in the way: a port that is taken, a full disk, a state that cannot be read.
  static Result<std::unique_ptr<App>> open(AppSettings settings, Log& log);
  ~App();

  Json status() const;       // what `lazuli status --output json` prints
  Json credentials() const;  // a service principal to sign in with; secret
  Json environment() const;  // what `lazuli env` makes the variables from

 private:
  App(AppSettings settings, Log& log) : settings_(std::move(settings)), log_(log) {}

  // The steps of open(), in order.
  Status open_identity();  // tenant, subscription, ports, trust
  Status open_services();  // store, entra, arm, gateway, registry, clusters
  void add_providers();
  void route();
  Status listen();
  Status remember() const;  // settings.json

  net::Response identity(const net::Request& request);
  net::Response control(const net::Request& request);
  net::Response examine(const net::Request& request);
  net::Response explain(const net::Request& request);
  net::Response add_fault(const net::Request& request);
  net::Response clear_faults(const net::Request& request);
  Json list_faults();
  net::Response rotate_keys();
  doctor::Doctor doctor();
  net::Response add_trust(const net::Request& request);
  net::Response import_image(const net::Request& request);
  Json usage() const;
  Json clusters_status() const;
  Json operations_status() const;

  AppSettings settings_;
  Log& log_;
  SystemClock clock_;
  SystemRandom random_;
  std::string tenant_id_, subscription_id_;
  net::Listening proxy_socket_, portal_socket_;  // until the server has them
  net::Endpoint proxy_, portal_;
  std::optional<net::Endpoint> metrics_;  // where a scraper reads them
  net::ProxySettings proxy_settings_;

  // In the order in which they are made; ~App says in which order they go.
  access::RefusedCalls refused_;
  fault::Rules faults_{clock_, random_};
  std::unique_ptr<Trust> trust_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<net::Client> outside_;
  std::unique_ptr<net::Client> issuers_;    // asks external issuers for their keys: public addresses only
  std::unique_ptr<WorkerPool> background_;  // blocking work of the parts themselves
  std::unique_ptr<WorkerPool> requests_;    // blocking handlers
  std::unique_ptr<entra::Entra> entra_;
  std::unique_ptr<providers::Authorization> authorization_;
  std::unique_ptr<openai::Gateway> gateway_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<arm::Service> service_;
  std::unique_ptr<ClusterDoors> doors_;
  std::unique_ptr<cluster::Clusters> clusters_;
  std::unique_ptr<doctor::PodEvents> pod_events_;
  net::Router router_;
  std::unique_ptr<portal::Portal> portal_pages_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace lazuli
