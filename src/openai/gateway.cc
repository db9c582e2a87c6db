#include "openai/gateway.h"

#include "base/files.h"
#include "base/text.h"
#include "openai/call.h"
#include "openai/engines.h"
#include "openai/services.h"
#include "store/write_behind.h"

namespace lazuli::openai {

namespace {

std::string session_name(const Clock& clock, Random& random) {
  std::string digits;
  for (const char c : iso8601(clock.now(), 0)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return "d" + digits + "-" + hex(random.bytes(6));
}

// Apart from all else that is stored, since these have content and are written with every call.
std::unique_ptr<store::Store> open_kept(const Gateway::Parts& parts) {
  if (parts.state_directory.empty() || !make_directories(parts.state_directory)) return nullptr;
  auto opened = store::Store::open(parts.state_directory + "/kept.db");
  if (opened) return *std::move(opened);
  parts.log.error("openai", "Responses and chats will not be there after a restart: " + opened.error().message);
  return nullptr;
}

net::Task<void> serve_in_background(Services& services, net::Exchange& exchange, BackgroundRun& run) {
  Call call(services, exchange, &run);
  co_await call.serve();
}

}  // namespace

struct Gateway::State {
  explicit State(Parts& parts)
      : began(parts.clock.now()),
        audit(parts.state_directory),
        engines(parts.engines,
                EngineParts{parts.clock, parts.random, parts.log, parts.state_directory, parts.engine_directory}),
        directory([this](const Deployment& deployment) { return engines.find(deployment.model_name); }),
        access(parts.tokens, parts.authorizer, parts.clock, parts.faults),
        limits(parts.limits),
        filter(parts.content_filter),
        filter_service(string_at(parts.content_filter, "mode") == "service"
                           ? std::make_unique<FilterService>(parts.content_filter, parts.log)
                           : nullptr),
        kept(open_kept(parts)),
        behind(kept ? std::make_unique<store::WriteBehind>(*kept, parts.log) : nullptr),
        responses(parts.clock, behind.get(), "responses"),
        chats(parts.clock, behind.get(), "chats"),
        background(parts.clock, parts.random),
        traces(parts.traces.url.empty() ? nullptr : std::make_unique<Traces>(parts.traces, parts.log)),
        services{parts.clock,
                 parts.random,
                 parts.log,
                 audit,
                 directory,
                 access,
                 meter,
                 parts.limits.empty() ? nullptr : &limits,
                 filter,
                 filter_service.get(),
                 responses,
                 chats,
                 background,
                 parts.refused,
                 parts.faults,
                 traces.get(),
                 session_name(parts.clock, parts.random)} {}

  const TimePoint began;
  Audit audit;
  Engines engines;
  Directory directory;
  AccessCheck access;
  Meter meter;
  IdentityLimits limits;
  ContentFilter filter;
  std::unique_ptr<FilterService> filter_service;
  std::unique_ptr<store::Store> kept;  // null: responses and chats are kept in memory alone
  std::unique_ptr<store::WriteBehind> behind;
  ResponseStore responses, chats;
  Background background;
  std::unique_ptr<Traces> traces;
  Services services;
};

Gateway::Gateway(Parts parts) : state_(std::make_unique<State>(parts)) {}
Gateway::~Gateway() {
  state_->background.stop();  // its calls use all else
}

void Gateway::put(const Account& account) {
  state_->directory.put(account);
}

void Gateway::remove_account(std::string_view resource_id) {
  state_->directory.remove_account(resource_id);
  for (auto* kept : {&state_->responses, &state_->chats}) kept->remove_all(resource_id);
}

void Gateway::put(const Deployment& deployment, bool warm) {
  const auto served = state_->directory.put(deployment);
  if (!served || !warm) return;
  const bool embeds = served->model && served->model->can(kEmbedding);
  served->engine->prepare(embeds ? Operation::embedding : Operation::chat);
}

void Gateway::remove_deployment(std::string_view resource_id) {
  state_->directory.remove_deployment(resource_id);
}

net::Task<void> Gateway::serve(net::Exchange& exchange) {
  std::optional<bool> streamed;
  {
    Call call(state_->services, exchange);
    co_await call.serve();
    streamed = call.for_background();
  }
  if (!streamed) co_return;
  Services& services = state_->services;
  co_await state_->background.serve(exchange, *streamed, [&services](net::Exchange& own, BackgroundRun& run) {
    return serve_in_background(services, own, run);
  });
}

std::string Gateway::metrics() const {
  std::string out = state_->meter.prometheus();
  if (state_->traces) {
    out +=
        "# HELP lazuli_openai_spans_dropped_total Spans that the collector did not take.\n"
        "# TYPE lazuli_openai_spans_dropped_total counter\nlazuli_openai_spans_dropped_total " +
        std::to_string(state_->traces->dropped()) + "\n";
  }
  return out;
}

JsonObject Gateway::usage() const {
  return JsonObject{{"since", iso8601(state_->began, 0)}, {"usage", state_->meter.usage()}};
}

}  // namespace lazuli::openai
