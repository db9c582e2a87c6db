// The way of an engine's answer to the client: whole, or streamed frame by frame. Nothing is sent before the engine's
// first piece is there, so that an engine that fails early still gives a clean error.
#include <algorithm>
#include <array>
#include <cstdio>

#include "net/cohort.h"
#include "openai/call.h"
#include "openai/compaction.h"
#include "openai/engine_json.h"
#include "openai/errors.h"
#include "openai/kept_chat.h"
#include "openai/response_stream.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kAnswerLimit = std::size_t{64} << 20;
// Of a stream: waits with it, so that thousands of streams cost no more than they use.
constexpr std::size_t kPiece = std::size_t{2} << 10;
constexpr std::size_t kEventLimit = std::size_t{4} << 20;
constexpr std::size_t kErrorLimit = std::size_t{64} << 10;

Error client_gone() {
  return Error{"ClientGone", "The client went away.", 499};
}

std::uint64_t seed_of(std::string_view id) {
  return std::hash<std::string_view>()(id);
}

// An engine's own account of an error: {"error":{…}}, {"error":"…"}, {"message":…} of vLLM, {"detail":…} of FastAPI.
struct EngineSaid {
  std::string message, type, code, param;
  const Json* filter = nullptr;  // the results that another Azure blocked the prompt for
};

EngineSaid read_said(const Json& body) {
  EngineSaid said;
  const auto *error = find(body, "error"), *detail = find(body, "detail");
  if (error && error->is_string()) said.message = string_or(error);
  const Json& from = error && error->is_object() ? *error : body;
  if (said.message.empty()) said.message = string_at(from, "message");
  if (said.message.empty()) said.message = string_or(detail);
  if (said.message.empty() && detail && detail->is_array() && !detail->get_array().empty()) {
    said.message = string_at(detail->get_array().front(), "msg");
  }
  said.type = string_at(from, "type");
  said.code = string_at(from, "code");
  said.param = string_at(from, "param");
  said.filter = find(from, "innererror", "content_filter_result");
  return said;
}

}  // namespace

EngineCall Call::engine_call() {
  begin_engine_span();
  const std::string& text = chat_text_.empty() ? exchange_.request().body : chat_text_;
  return EngineCall{inference_->operation, *inference_, text, deployment_->info.name, request_id_, engine_trace()};
}

net::Task<Status> Call::fill(net::ClientStream& stream, std::string& body) {
  std::size_t size = 0;
  // One byte more than is announced, so that the end is seen without growing.
  const std::uint64_t announced = net::content_length(stream.head().headers.get("Content-Length")).value_or(0);
  body.resize(std::min<std::uint64_t>(announced, 1 << 20) + 1);
  for (;;) {
    if (size == body.size()) body.resize(size + std::clamp(size, std::size_t{8} << 10, std::size_t{1} << 20));
    auto got = co_await stream.read(std::span(body.data() + size, body.size() - size));
    if (!got) co_return got.error();
    if (*got == 0) break;
    size += *got;
    if (size > kAnswerLimit) co_return engine_garbage("bounded size");
  }
  body.resize(size);
  co_return Status();
}

net::Task<void> Call::fetch_whole(Status& outcome) {
  const EngineCall call = engine_call();
  co_await net::next_stage();
  auto opened = co_await deployment_->engine->open(call);
  if (!opened) {
    outcome = opened.error();
    co_return;
  }
  engine_model_ = opened->model;
  co_await net::next_stage();
  outcome = co_await fill(*opened->stream, engine_text_);
  const int status = opened->stream->head().status;
  if (outcome.ok() && status != 200) outcome = engine_error(status, engine_text_);
}

net::Task<Status> Call::relay_whole() {
  Status outcome;
  const bool there = co_await exchange_.unless_gone(fetch_whole(outcome));
  if (trace_) engine_ended_ = services_.clock.now();
  if (!there) co_return client_gone();
  if (!outcome) {
    const Error& error = outcome.error();
    if (error.code == "Timeout" && error.status == 504) co_return engine_timed_out();
    if (error.code == "ProtocolError" || error.code == "EngineGarbage") co_return unusable(error.message);
    co_return outcome;
  }
  co_await net::next_stage();
  JsonScratch scratch;
  auto engine = read_engine_json(engine_text_, &scratch);
  if (engine) usage_ = read_usage(*engine);
  engine_text_ = {};
  if (engine && services_.filter_service != nullptr) {
    const auto judged = co_await judge_choices(*engine);
    if (!judged) co_return judged;
  }
  co_await net::next_stage();
  auto body = engine ? shape_whole(*engine) : Result<std::string>(engine.error());
  if (!body && body.error().code != "EngineGarbage" && body.error().status == 400 && engine) co_return body.error();
  if (!body) co_return unusable(body.error().message);
  if (keeps_chat()) {
    if (const auto told = parse_json(*body)) keep_chat(*told);
  }
  net::Response answer = response(200, "application/json");
  add_engine_headers(answer);
  add_quota_headers(answer);
  answer.body = *std::move(body);
  co_await send(std::move(answer));
  co_await net::next_stage();
  co_return Status();
}

Result<std::string> Call::shape_whole(const Json& engine) const {
  switch (route_->operation) {
    case Operation::completion:
      return completion_answer(engine, make_shape());
    case Operation::responses:
      return shape_response(engine);
    case Operation::response_compact: {
      auto compacted = compaction_answer(engine, make_response_shape(), conversation_);
      if (!compacted) return compacted.error();
      return to_pretty(*compacted);
    }
    case Operation::embedding:
      return embedding_answer(engine, make_shape(), inference_->base64,
                              integer(find(inference_->body, "dimensions")).value_or(0));
    default:
      return chat_answer(engine, make_shape());
  }
}

Result<std::string> Call::shape_response(const Json& engine) const {
  const ResponseShape shape = make_response_shape();
  auto outcome = outcome_of(engine, shape);
  if (!outcome) return outcome.error();
  outcome->completed = unix_seconds(services_.clock.now());
  const JsonObject response = response_object(shape, &*outcome);
  keep_response(response);
  return to_pretty(response);
}

std::unique_ptr<AnswerStream> Call::make_stream() const {
  if (route_->operation == Operation::responses) {
    return std::make_unique<ResponseStream>(
        make_response_shape(), [this] { return unix_seconds(services_.clock.now()); },
        [this](const JsonObject& response) { keep_response(response); });
  }
  StreamOptions options;
  options.legacy = route_->operation == Operation::completion;
  options.include_usage = inference_->include_usage;
  options.obfuscate = inference_->obfuscate;
  options.seed = seed_of(request_id_);
  return std::make_unique<StreamShaper>(make_shape(), options);
}

net::Task<Status> Call::relay_stream() {
  Status outcome;
  const bool there = co_await exchange_.unless_gone(pump(outcome));
  if (!there) co_return client_gone();
  co_return outcome;
}

net::Task<void> Call::pump(Status& outcome) {
  std::unique_ptr<AnswerStream> shaper;
  if (run_ != nullptr) {  // its client is not to wait for the engine
    shaper = make_stream();
    co_await start_stream();
    const std::string opening = shaper->head();
    co_await exchange_.write(opening);
  }
  const auto relayed = co_await relay_engine(shaper);
  if (relayed.ok() || relayed.error().code == "ClientGone" || !exchange_.started()) {
    outcome = relayed;
    co_return;
  }
  // In the middle of a stream: an event that says what happened, and a connection that is broken off where a client
  // might take the end for a good one.
  code_ = relayed.error().code;
  const std::string event = shaper->failure(run_ != nullptr ? relayed.error() : engine_failed(request_id_));
  co_await exchange_.write(event);
  co_await exchange_.finish(shaper->fails_well());
}

net::Task<Status> Call::relay_engine(std::unique_ptr<AnswerStream>& shaper) {
  const EngineCall call = engine_call();
  auto opened = co_await deployment_->engine->open(call);
  if (!opened) co_return opened.error();
  engine_model_ = opened->model;
  net::ClientStream& stream = *opened->stream;
  if (stream.head().status != 200) {
    const auto filled = co_await fill(stream, engine_text_);
    co_return filled.ok() ? Status(engine_error(stream.head().status, engine_text_)) : filled;
  }
  if (!shaper) shaper = make_stream();
  const auto relayed = co_await relay_events(stream, *shaper);
  usage_ = shaper->usage(inference_->prompt_estimate);
  co_return relayed;
}

net::Task<Status> Call::relay_events(net::ClientStream& stream, AnswerStream& shaper) {
  net::EventReader events;
  std::string opening;  // sent with the first frames
  if (!exchange_.started()) opening = shaper.head();
  HeldChunks held;
  StreamedChat told;  // to the client
  const bool keeps = keeps_chat();
  std::string buffer(kPiece, '\0');
  bool done = false;
  while (!done) {
    auto got = co_await stream.read(std::span(buffer.data(), buffer.size()));
    if (!got) {
      if (got.error().code == "Timeout" && !exchange_.started()) co_return engine_timed_out();
      services_.log.warning("openai", "An engine broke off in a stream: " + got.error().message,
                            {{"requestId", request_id_}});
      co_return engine_failed(request_id_);
    }
    if (*got == 0) done = true;
    events.feed(std::string_view(buffer.data(), *got));
    if (events.pending() > kEventLimit) co_return unusable("An event of it does not end.");
    Result<std::string> frames = std::string();
    if (services_.filter_service == nullptr) {
      frames = take_events(events, shaper, done);
    } else {
      frames = co_await judge_events(events, shaper, held, done);
    }
    if (!frames) co_return frames.error();
    if (frames->empty()) continue;
    if (keeps) told.take(*frames);
    if (!exchange_.started()) {
      const bool started = co_await start_stream();
      if (!started) co_return client_gone();
      frames->insert(0, opening);
    }
    const bool written = co_await exchange_.write(*frames);
    if (!written) co_return client_gone();
  }
  if (!shaper.finished()) co_return unusable("It ended without a reason to end.");
  if (keeps) keep_chat(told.answer(shaper.usage(inference_->prompt_estimate)));
  std::string tail = shaper.tail(inference_->prompt_estimate);
  if (!exchange_.started()) {  // an answer without a piece of text
    const bool started = co_await start_stream();
    if (!started) co_return client_gone();
    tail.insert(0, opening);
  }
  bool whole = co_await exchange_.write(tail);
  if (whole) whole = co_await exchange_.finish();
  if (!whole) co_return client_gone();
  if (!shaper.blocked()) stream.skip_rest();  // engines end the body after their last event, many a moment later
  co_return Status();
}

net::Task<bool> Call::start_stream() {
  first_byte_ = std::chrono::steady_clock::now();
  net::Response head = response(200, "text/event-stream; charset=utf-8");
  add_engine_headers(head);
  add_quota_headers(head);
  status_ = 200;
  co_return co_await exchange_.start(std::move(head));
}

// The frames for all events that have arrived whole.
Result<std::string> Call::take_events(net::EventReader& events, AnswerStream& shaper, bool& done) {
  std::string frames;
  std::array<unsigned char, 1024> room;  // of most chunks
  while (auto event = events.next()) {
    if (event->data == "[DONE]") {
      done = true;
      break;
    }
    JsonScratch scratch(room.data(), room.size());
    auto chunk = read_chunk(event->data, &scratch);
    if (!chunk) return chunk.error();
    auto frame = shaper.take(*chunk);
    if (!frame) return unusable(frame.error().message);
    frames += *frame;
    if (shaper.blocked()) {
      done = true;
      break;
    }
  }
  return frames;
}

Result<Json> Call::read_chunk(std::string_view data, boost::json::storage_ptr storage) const {
  auto chunk = read_engine_json(data, std::move(storage));
  if (!chunk) return unusable(chunk.error().message);
  if (const auto* error = find(*chunk, "error"); error && !error->is_null()) {
    return engine_error(static_cast<int>(integer(find(*error, "code")).value_or(500)), data);
  }
  return chunk;
}

Error Call::unusable(std::string_view why) const {
  services_.log.warning("openai", "The engine's answer cannot be used: " + std::string(why),
                        {{"requestId", request_id_}});
  return engine_failed(request_id_);
}

// An engine's refusal in Azure's words. Its 401 or 403 is about lazuli's own key, not about the caller's.
Error Call::engine_error(int status, std::string_view body) const {
  const auto parsed = read_engine_json(body.substr(0, kErrorLimit));
  const EngineSaid said = parsed ? read_said(*parsed) : EngineSaid();
  const auto& [message, type, code, param, filter] = said;
  const bool too_long = type == "exceed_context_size_error" || code == "context_length_exceeded" ||
                        message.find("maximum context length") != std::string::npos;
  // llama.cpp's words for a text that is longer than its embedding model takes.
  int too_many = 0, most = 0;
  const bool text_too_long = std::sscanf(message.c_str(),
                                         "input (%d tokens) is too large to process. increase the physical batch size "
                                         "(current batch size: %d)",
                                         &too_many, &most) == 2;
  if (text_too_long) {
    return invalid_request("This model's maximum context length is " + std::to_string(most) +
                               " tokens, however you requested " + std::to_string(too_many) + " tokens (" +
                               std::to_string(too_many) +
                               " in your prompt; 0 for the completion). Please reduce your prompt; or completion "
                               "length.",
                           {}, "context_length_exceeded");
  }
  if (too_long) {
    const auto limit = parsed ? integer(find(*parsed, "error", "n_ctx")) : std::nullopt;
    const auto tokens = parsed ? integer(find(*parsed, "error", "n_prompt_tokens")) : std::nullopt;
    if (!limit || !tokens) return invalid_request(message, "messages", "context_length_exceeded");
    return invalid_request("This model's maximum context length is " + std::to_string(*limit) +
                               " tokens. However, your messages resulted in " + std::to_string(*tokens) +
                               " tokens. Please reduce the length of the messages.",
                           "messages", "context_length_exceeded");
  }
  if (status == 501 || type == "not_supported_error") {
    return operation_not_supported(route_->operation, deployment_->info.model_name);
  }
  if (status == 400 || status == 413 || status == 422) {
    if (code == "content_filter" && filter) return blocked_by_filter(to_text(*filter));
    return invalid_request(message.empty() ? "The engine refused the request." : message, param, code);
  }
  services_.log.warning("openai", "An engine answered with an error",
                        {{"requestId", request_id_}, {"status", status}, {"engineMessage", message}});
  return status >= 400 && status < 500
             ? engine_unavailable("The engine that serves this deployment refused lazuli's request (status " +
                                      std::to_string(status) + ").",
                                  std::chrono::seconds(5))
             : engine_failed(request_id_);
}

}  // namespace lazuli::openai
