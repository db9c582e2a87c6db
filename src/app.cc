#include "app.h"

#include "app_names.h"
#include "app_ports.h"
#include "app_telemetry.h"
#include "base/files.h"
#include "base/text.h"
#include "cluster/downloads.h"
#include "cluster/issuer.h"
#include "cluster/toolbox.h"
#include "providers/cognitive_services/cognitive_services.h"
#include "providers/container_registry/container_registry.h"
#include "providers/container_service/container_service.h"
#include "providers/kubernetes_configuration/kubernetes_configuration.h"
#include "providers/managed_identity/managed_identity.h"
#include "providers/resources/resources.h"
#include "providers/service_linker/service_linker.h"

namespace lazuli {

namespace {

constexpr unsigned short kProxyPort = 8910;
constexpr unsigned short kPortalPort = 8911;
constexpr unsigned kRequestThreads = 16;
constexpr unsigned kBackgroundThreads = 8;

std::vector<std::string> texts(const Json* array) {
  std::vector<std::string> out;
  if (array && array->is_array())
    for (const auto& item : array->get_array()) out.push_back(string_or(&item));
  return out;
}

JsonArray array_of(const std::vector<std::string>& items) {
  return JsonArray(items.begin(), items.end());
}

// The doctor's findings as `az aks connection validate` takes them.
Result<std::vector<providers::service_linker::Finding>> examined(const Result<doctor::Report>& report) {
  using providers::service_linker::Outcome;
  if (!report) return report.error();
  std::vector<providers::service_linker::Finding> findings;
  for (const auto& one : report->findings) {
    if (one.verdict == doctor::Verdict::wrong) findings.push_back({one.link, Outcome::failure, sentence(one)});
    if (one.verdict == doctor::Verdict::unknown)
      findings.push_back({one.link, Outcome::warning, one.link + ": not checked, " + one.found + "."});
  }
  return findings;
}

std::string first_of(std::string a, std::string b) {
  return a.empty() ? std::move(b) : std::move(a);
}

}  // namespace

Result<std::unique_ptr<App>> App::open(AppSettings settings, Log& log) {
  std::unique_ptr<App> app(new App(std::move(settings), log));
  if (auto opened = app->open_identity(); !opened) return opened.error();
  if (auto opened = app->open_services(); !opened) return opened.error();
  app->add_providers();
  app->route();
  if (auto opened = app->listen(); !opened) return opened.error();
  if (auto remembered = app->remember(); !remembered) return remembered.error();
  app->clusters_->resume();
  app->service_->operations().resume();
  return app;
}

App::~App() {
  // Doors first, then the handlers that still run behind them; operations before the parts that they work with;
  // clusters before the doors that they close.
  if (doors_) doors_->attach(static_cast<net::Server*>(nullptr));
  server_.reset();
  requests_.reset();
  pod_events_.reset();
  service_.reset();
  clusters_.reset();
  doors_.reset();
  background_.reset();
  registry_.reset();
  gateway_.reset();
}

Status App::open_identity() {
  const Json saved = settings_.state.settings();
  tenant_id_ = first_of(string_at(saved, "tenantId"), random_.uuid());
  subscription_id_ = first_of(string_at(saved, "subscriptionId"), random_.uuid());

  auto proxy = choose_port(settings_.config.proxy_port, integer(find(saved, "proxyPort")), kProxyPort);
  if (!proxy) return proxy.error();
  auto portal = choose_port(settings_.config.portal_port, integer(find(saved, "portalPort")), kPortalPort);
  if (!portal) return portal.error();
  proxy_socket_ = *std::move(proxy);
  portal_socket_ = *std::move(portal);
  proxy_ = proxy_socket_.at;
  portal_ = portal_socket_.at;

  // A shell that already has lazuli's variables names lazuli's own proxy: what counts is what stood there before.
  using command_line::variable_of_process;
  const std::string set = first_of(variable_of_process("https_proxy"), variable_of_process("HTTPS_PROXY"));
  const bool own = set == "http://127.0.0.1:" + std::to_string(integer(find(saved, "proxyPort")).value_or(0));
  proxy_settings_.offline = settings_.config.offline;
  proxy_settings_.upstream_proxy = own ? string_at(saved, "upstreamProxy") : set;
  proxy_settings_.no_proxy = split(first_of(variable_of_process("no_proxy"), variable_of_process("NO_PROXY")), ',');

  proxy_settings_.stand_ins = names::downloads();

  auto trust = Trust::open(settings_.state, clock_.now(), variable_of_process, texts(find(saved, "trustSources")));
  if (!trust) return trust.error();
  trust_ = std::move(*trust);
  return {};
}

Status App::open_services() {
  for (const auto& value : settings_.config.faults) {
    auto rule = fault::read_rule(value, clock_.now());
    if (!rule) return rule.error();
    if (auto added = faults_.add(*std::move(rule)); !added) return added.error();
  }
  auto store = store::Store::open(settings_.state.file("lazuli.db").string());
  if (!store) return store.error();
  store_ = std::move(*store);
  outside_ = std::make_unique<net::Client>(
      net::ClientOptions{.trust = trust_->bundle(), .proxy = proxy_settings_.upstream_proxy});
  for (const auto& network : settings_.config.issuer_networks) {
    if (!entra::is_network(network))
      return Error{"InvalidConfiguration", "issuers.private_networks: '" + network + "' is no network.", 400};
  }
  // An upstream proxy that guards its network itself may be left to resolve the names of issuers.
  const bool guarded = proxy_settings_.upstream_proxy.empty() || !settings_.config.proxy_resolves_issuers;
  std::function<bool(std::string_view)> allow;
  if (guarded) {
    allow = [networks = settings_.config.issuer_networks](std::string_view address) {
      return entra::is_public_address(address) || entra::is_in_networks(address, networks);
    };
  }
  issuers_ = std::make_unique<net::Client>(net::ClientOptions{
      .trust = trust_->bundle(), .proxy = proxy_settings_.upstream_proxy, .allow_address = std::move(allow)});
  background_ = std::make_unique<WorkerPool>("background", kBackgroundThreads);
  requests_ = std::make_unique<WorkerPool>("requests", kRequestThreads);

  auto entra = entra::Entra::open({*store_, clock_, random_, log_, *issuers_, tenant_id_, names::kTenantDomain,
                                   origin_of(portal_), &refused_, &faults_, settings_.config.key_period});
  if (!entra) return entra.error();
  entra_ = std::move(*entra);
  authorization_ = std::make_unique<providers::Authorization>(*store_, clock_, &faults_);
  const auto initial = entra_->initial_credentials();
  for (const auto& [object_id, type] : {std::pair{initial.object_id, access::PrincipalType::service_principal},
                                        std::pair{initial.user_object_id, access::PrincipalType::user}})
    if (auto owner = authorization_->ensure_owner(object_id, type, subscription_id_); !owner) return owner;

  std::vector<openai::EngineRule> engines;
  for (const auto& engine : settings_.config.engines) engines.push_back({engine.model, engine.kind, engine.settings});
  std::vector<openai::IdentityLimit> limits;
  for (const auto& limit : settings_.config.limits)
    limits.push_back({limit.identity, limit.account, limit.deployment, {limit.tokens, limit.requests}});
  gateway_ = std::make_unique<openai::Gateway>(
      openai::Gateway::Parts{clock_,
                             random_,
                             log_,
                             entra_->verifier(),
                             *authorization_,
                             std::move(engines),
                             settings_.state.file("openai").string(),
                             {},
                             settings_.config.content_filter,
                             std::move(limits),
                             &refused_,
                             &faults_,
                             trace_collector(settings_.config, command_line::variable_of_process)});
  registry_ = std::make_unique<registry::Registry>(registry::Registry::Parts{
      *store_, clock_, random_, log_, *outside_, entra_->verifier(), *authorization_,
      [this](std::string_view client_id, std::string_view secret) { return entra_->with_secret(client_id, secret); },
      settings_.state.file("registry").string(), tenant_id_, settings_.state.trust_bundle().string(),
      "http://127.0.0.1:" + std::to_string(proxy_.port), *background_});
  service_ = std::make_unique<arm::Service>(arm::Service::Parts{
      *store_, clock_, random_, log_, entra_->verifier(), *authorization_, tenant_id_, names::locations(), &faults_});
  doors_ = std::make_unique<ClusterDoors>(
      ClusterDoors::Parts{*trust_, *service_, *entra_, *registry_, *requests_, log_, tenant_id_, names::all()});
  clusters_ = std::make_unique<cluster::Clusters>(cluster::Clusters::Parts{settings_.state.file("clusters").string(),
                                                                           {},
                                                                           settings_.config.kubeconfig,
                                                                           settings_.config.doors_address,
                                                                           clock_,
                                                                           random_,
                                                                           log_,
                                                                           *doors_,
                                                                           names::all()});
  doors_->attach(clusters_.get());
  pod_events_ = std::make_unique<doctor::PodEvents>(doctor(), cluster::objects_of(*clusters_), clock_, log_);
  refused_.tell([events = pod_events_.get()](const access::RefusedCall& call) { events->refused(call); });
  return {};
}

void App::add_providers() {
  providers::add_resources(*service_, {subscription_id_, names::kSubscriptionName, tenant_id_, names::kTenantDomain});
  authorization_->add_to(*service_, *entra_);
  providers::add_managed_identity(*service_, *entra_);
  providers::add_cognitive_services(*service_, *gateway_, entra_.get());
  providers::add_container_registry(*service_, *registry_);
  providers::add_container_service(*service_, *clusters_, *entra_);
  providers::add_service_linker(
      *service_, cluster::objects_of(*clusters_),
      [doctor = doctor()](const arm::ResourceId& id) { return examined(doctor.check_connection(id)); });
  providers::add_kubernetes_configuration(*service_, *clusters_);
}

void App::route() {
  auto blocking = [this](net::Handler handler) { return net::on_pool(*requests_, std::move(handler)); };
  for (const auto& host : names::sign_in())
    router_.host(
        host, net::on_pool_if([this](const net::Request& request) { return entra_->login_blocks(request); }, *requests_,
                              [this](const net::Request& request) { return entra_->login(request); }));
  for (const auto& host : names::graph())
    router_.host(host, blocking([this](const net::Request& request) { return entra_->graph(request); }));
  router_.host(names::kManagement, blocking([this](const net::Request& request) { return service_->handle(request); }));
  for (const auto& suffix : names::openai())
    router_.suffix(suffix, [this](net::Exchange& exchange) { return gateway_->serve(exchange); });
  for (const auto& suffix : names::registry())
    router_.suffix(suffix, [this](net::Exchange& exchange) { return registry_->serve(exchange); });
  for (const auto& suffix : names::blobs())
    router_.suffix(suffix, [this](net::Exchange& exchange) { return registry_->serve_blobs(exchange); });
  router_.suffix(names::kIssuers, net::inline_handler(cluster::issuer_handler(
                                      [this](const std::string& issuer) { return entra_->published_keys(issuer); })));
  for (const auto& host : names::downloads())
    router_.host(host, blocking(cluster::downloads_handler(cache_directory() / cluster::kBundleFolder)));
}

Status App::listen() {
  server_ = std::make_unique<net::Server>(router_, log_);
  auto expired = trust_->expired_listener(clock_.now());
  if (!expired) return expired.error();
  auto identity = trust_->listener();
  identity.other = std::make_shared<const net::TlsIdentity>(*std::move(expired));
  identity.shows_other = [this](const std::string& host) {
    const auto service = names::service_of(host);
    return !service.empty() && faults_.strike(fault::Kind::certificate_expired, {service, {}, {}, host}).has_value();
  };
  server_->set_tls(identity);
  doors_->attach(server_.get());
  const auto sign_in =
      net::on_pool(*requests_, [this](const net::Request& request) { return entra_->sign_in(request); });
  const auto identity_tokens =
      net::on_pool(*requests_, [this](const net::Request& request) { return entra_->identity_endpoint(request); });
  portal_pages_ = std::make_unique<portal::Portal>(
      portal::Portal::Parts{origin_of(portal_),
                            router_,
                            {{"/authorize", sign_in}, {"/devicecode", sign_in}, {kIdentityPath, identity_tokens}}});
  server_->serve_http(std::move(portal_socket_),
                      [this](net::Exchange& exchange) { return portal_pages_->serve(exchange); });
  if (auto proxy = server_->serve_proxy(std::move(proxy_socket_), proxy_settings_); !proxy) return proxy;
  if (settings_.config.metrics) {
    auto metrics = server_->listen_http(*settings_.config.metrics,
                                        net::inline_handler(metrics_handler([this] { return gateway_->metrics(); })));
    if (!metrics) return metrics.error();
    metrics_ = *metrics;
  }
  const auto socket = settings_.state.control_socket();
  return server_->listen_unix(
      socket.text, net::on_pool(*requests_, [this](const net::Request& request) { return control(request); }));
}

Status App::remember() const {
  const JsonObject saved{{"tenantId", tenant_id_},
                         {"subscriptionId", subscription_id_},
                         {"proxyPort", proxy_.port},
                         {"portalPort", portal_.port},
                         {"upstreamProxy", proxy_settings_.upstream_proxy},
                         {"trustSources", array_of(trust_->sources())}};
  return settings_.state.settings() == Json(saved) ? Status() : settings_.state.save_settings(saved);
}

}  // namespace lazuli
