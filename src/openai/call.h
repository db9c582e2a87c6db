// One request on its way through the gateway: address, caller, deployment, body, quota, engine, answer. The steps stand
// in call.cc in the order in which Azure takes them (a deployment is looked up before the body is read); relay.cc has
// the way of the engine's answer to the client. Lives as long as its coroutine; what it used is counted when it goes.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "access/principal.h"
#include "net/exchange.h"
#include "net/sse.h"
#include "openai/answer.h"
#include "openai/background.h"
#include "openai/engine.h"
#include "openai/held_chunks.h"
#include "openai/response_answer.h"
#include "openai/response_store.h"
#include "openai/routes.h"
#include "openai/services.h"
#include "openai/stream.h"

namespace lazuli::openai {

class Call {
 public:
  // run: the call is made in the background, and the exchange is the run's.
  Call(Services& services, net::Exchange& exchange, BackgroundRun* run = nullptr);
  ~Call();  // quota, metrics, audit, refusals
  Call(const Call&) = delete;

  net::Task<void> serve();
  // The request is one to be answered in the background, by a call of its own, which will be the one that counts.
  // Nothing: it is not; else whether its client asks for a stream.
  std::optional<bool> for_background() const { return for_background_; }

 private:
  // call.cc: up to the engine.
  net::Task<Status> answer();
  Status authenticate();
  Status authenticate_key(std::string_view key);
  Status find_deployment(std::string_view name);
  net::Task<Status> answer_models();
  net::Task<Status> infer();
  Status read_body(const Status& received);
  Status check_body();
  Status admit();
  net::Task<Status> suffer_faults(fault::Rules& faults);
  Shape make_shape() const;

  // stored_chats.cc
  bool keeps_chat() const;
  void keep_chat(const Json& answer) const;
  net::Task<Status> answer_stored_chat();
  Result<JsonObject> about_stored_chat();

  // responses.cc: what is the Responses API's own.
  net::Task<Status> answer_stored_response();
  Result<std::string> about_stored_response(const ResponseStore::Kept& kept);
  net::Task<Status> answer_input_tokens();
  Status translate_response();
  Status resolve_references(Json& input) const;
  Status hand_over();
  net::Task<Status> stream_again(const ResponseStore::Kept& kept);
  Result<JsonObject> cancel_response(const ResponseStore::Kept& kept);
  ResponseShape make_response_shape() const;
  void keep_response(const JsonObject& response) const;

  // relay.cc: from the engine to the client.
  net::Task<Status> relay_whole();
  net::Task<void> fetch_whole(Status& outcome);
  Result<std::string> shape_whole(const Json& engine) const;
  Result<std::string> shape_response(const Json& engine) const;
  std::unique_ptr<AnswerStream> make_stream() const;
  net::Task<Status> relay_stream();
  net::Task<void> pump(Status& outcome);
  net::Task<Status> relay_engine(std::unique_ptr<AnswerStream>& shaper);
  net::Task<Status> relay_events(net::ClientStream& stream, AnswerStream& shaper);
  net::Task<bool> start_stream();
  Result<std::string> take_events(net::EventReader& events, AnswerStream& shaper, bool& done);
  Result<Json> read_chunk(std::string_view data, boost::json::storage_ptr storage = {}) const;
  net::Task<Status> fill(net::ClientStream& stream, std::string& body);
  EngineCall engine_call();
  Error engine_error(int status, std::string_view body) const;
  Error unusable(std::string_view why) const;  // says so in the log

  // filtering.cc: where a service is the content filter.
  net::Task<Status> judge_prompt();
  net::Task<Status> judge_text(std::size_t choice, std::string_view text);
  net::Task<Status> judge_choices(const Json& engine);
  net::Task<Result<std::string>> judge_held(HeldChunks& held, AnswerStream& shaper);
  net::Task<Result<std::string>> judge_events(net::EventReader& events, AnswerStream& shaper, HeldChunks& held,
                                              bool& done);

  // tracing.cc
  void begin_trace();
  void begin_engine_span();
  TraceContext engine_trace() const;
  void end_trace(const Served& served) const;
  std::string trace_error(const Served& served) const;
  JsonObject server_span(const Served& served, TimePoint end) const;
  JsonObject engine_span(const Served& served, TimePoint end) const;

  // headers.cc
  net::Response response(int status, std::string_view content_type) const;
  void add_common_headers(net::Response& response) const;
  void add_engine_headers(net::Response& response) const;
  void add_quota_headers(net::Response& response) const;

  net::Task<bool> send(net::Response response);
  net::Task<void> refuse(const Error& error);
  std::string_view identity() const;
  Served served() const;
  void write_audit(const Served& served) const;
  void note_refusal(const Served& served) const;

  Services& services_;
  net::Exchange& exchange_;
  BackgroundRun* const run_;
  std::optional<bool> for_background_;
  const std::chrono::steady_clock::time_point began_;
  std::optional<TraceContext> trace_;  // of this call's span; nothing: no collector is configured
  std::string parent_span_;
  std::string engine_span_;  // empty: no engine was asked
  std::optional<TimePoint> engine_began_, engine_ended_;
  std::string request_id_;  // apim-request-id, x-request-id
  std::optional<Route> route_;
  std::shared_ptr<const ServedAccount> account_;
  std::shared_ptr<const access::Principal> who_;
  std::string key_name_;     // "key1", where a key was used
  std::uint64_t fault_ = 0;  // the rule of `lazuli fault` that refused it
  std::string refused_;      // object id of one without the role
  std::shared_ptr<const ServedDeployment> deployment_;
  std::optional<Inference> inference_;
  Json response_request_ = nullptr;  // of the Responses API: as sent; the inference is the chat that it became
  std::string chat_text_;
  JsonArray conversation_;  // its items, those of earlier responses first
  std::string prompt_results_;
  ChoiceVerdicts verdicts_;
  std::string engine_model_;
  std::string engine_text_;                // the engine's whole answer
  std::shared_ptr<Quota> identity_quota_;  // null: the caller has no limit of its own
  std::string_view policy_;                // which limit refused it
  bool admitted_ = false;
  std::int64_t charged_ = 0;  // what the quota counted on the way in
  Usage usage_;
  int status_ = 0;
  std::string code_;    // of the error that was answered
  std::string reason_;  // why, where the answer does not say
  std::chrono::steady_clock::time_point first_byte_{};
};

}  // namespace lazuli::openai
