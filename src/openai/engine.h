// What answers requests: a server that speaks the OpenAI API, wherever it runs. The gateway opens a call and reads the
// answer in pieces; dropping the answer cancels the engine's work. Three kinds: echo (tests), url (servers that exist),
// llama (a child process of lazuli's). Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "net/client.h"
#include "openai/request_body.h"
#include "openai/traces.h"
#include "openai/vocabulary.h"

namespace lazuli::openai {

struct EngineCall {
  Operation operation = Operation::chat;
  const Inference& inference;
  std::string_view text;  // the request's body as received
  std::string_view deployment;
  std::string_view request_id;
  TraceContext trace;  // goes on to the engine; without ids: there is none
};

struct EngineAnswer {
  EngineAnswer(std::unique_ptr<net::ClientStream> read, std::string name)
      : stream(std::move(read)), model(std::move(name)) {}

  std::unique_ptr<net::ClientStream> stream;
  std::string model;  // the engine's own name of what answered
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view kind() const = 0;  // "echo", "url", "llama"
  // The head of the answer has arrived when this returns. An answer with an error status of the engine's is no error
  // here unless every upstream was tried. Errors in Azure's form: 503 with a wait for a lost engine, 408, 429.
  virtual net::Task<Result<EngineAnswer>> open(const EngineCall& call) = 0;
  // How many tokens the call's prompt has: by the engine's own tokenizer, or as the quota estimates them.
  virtual net::Task<Result<std::int64_t>> count(const EngineCall& call);
  virtual bool sees() const { return false; }  // takes pictures in a chat
  virtual void prepare(Operation) {}           // a deployment exists that will need it: may begin to start
};

struct EngineParts {
  const Clock& clock;
  Random& random;
  Log& log;
  std::string state_directory;
  std::string engine_directory;
};

std::unique_ptr<Engine> make_echo_engine();
// settings: see url_engine.h and llama_engine.h. Error "InvalidSettings".
Result<std::unique_ptr<Engine>> make_engine(std::string_view kind, const Json& settings, const EngineParts& parts);

// An answer that is already there, read like one from the network.
std::unique_ptr<net::ClientStream> stored_answer(net::Response response);

// The path below an engine's base URL: "/chat/completions".
std::string_view engine_path(Operation operation);

}  // namespace lazuli::openai
