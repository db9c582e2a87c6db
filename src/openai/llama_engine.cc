#include "openai/llama_engine.h"

#include <filesystem>
#include <thread>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "base/worker_pool.h"
#include "openai/engine_child.h"
#include "openai/errors.h"
#include "openai/llama_answer.h"

namespace lazuli::openai {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// Starts llama.cpp's own server out of the wheel and sleeps until it is told to end. What has to be set on the
// parameters was found by trying; the key comes by the environment, so that no other user of the machine reads it.
constexpr std::string_view kLauncher = R"(
import os, signal, sys
import xllamacpp
model, port, context, parallel, threads, embeddings = sys.argv[1:7]
p = xllamacpp.CommonParams()
p.model.path = model
p.hostnames = ["127.0.0.1"]
p.port = int(port)
p.n_ctx = int(context)
p.n_parallel = int(parallel)
p.cpuparams.n_threads = int(threads)
p.use_jinja = True
p.endpoint_metrics = True
p.ui = False
p.api_keys = [os.environ.pop("LAZULI_ENGINE_KEY")]
if embeddings == "1":
    p.embedding = True
    p.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
server = xllamacpp.Server(p)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
os._exit(0)
)";

struct LlamaSettings {
  std::string directory, program, model, embedding_model;
  std::string model_name, embedding_name;
  std::int64_t context = 8192, parallel = 2, threads = 0, default_tokens = 512;
  std::chrono::seconds idle{900}, timeout{300};
};

// What the directory says of its own files, for others the file's name.
std::string name_of_model(const LlamaSettings& settings, const std::string& path, const char* file,
                          std::string_view member) {
  if (const auto text = read_file(fs::path(settings.directory) / "engine.json");
      text.ok() && path == (fs::path(settings.directory) / file).string()) {
    const auto about = parse_json(*text);
    std::string name = about.ok() ? string_at(*about, member) : std::string();
    if (!name.empty()) return name;
  }
  return fs::path(path).stem().string();
}

Result<LlamaSettings> read_settings(const Json& json, const EngineParts& parts) {
  LlamaSettings settings;
  const auto number = [&json](std::string_view name, std::int64_t otherwise, std::int64_t most) {
    return std::clamp<std::int64_t>(integer(find(json, name)).value_or(otherwise), 0, most);
  };
  settings.directory = string_at(json, "directory");
  if (settings.directory.empty()) settings.directory = parts.engine_directory;
  if (settings.directory.empty()) settings.directory = find_engine_directory();
  settings.program = string_at(json, "program");
  settings.model = string_at(json, "file");
  if (settings.model.empty() && !settings.directory.empty()) {
    settings.model = (fs::path(settings.directory) / "model.gguf").string();
  }
  std::error_code ignored;
  if (settings.model.empty() || !fs::exists(settings.model, ignored)) {
    return Error{"InvalidSettings",
                 "The engine 'llama' has no model" +
                     (settings.model.empty() ? std::string() : ": " + settings.model + " is not there") +
                     ". scripts/fetch-engine.sh fetches one.",
                 400};
  }
  settings.embedding_model = string_at(json, "embeddings");
  if (settings.embedding_model.empty() && string_at(json, "file").empty()) {
    const auto beside = fs::path(settings.directory) / "embedding.gguf";
    if (fs::exists(beside, ignored)) settings.embedding_model = beside.string();
  }
  if (settings.embedding_model.empty()) settings.embedding_model = settings.model;
  settings.context = std::max<std::int64_t>(256, number("context", settings.context, 1 << 22));
  settings.parallel = std::max<std::int64_t>(1, number("parallel", settings.parallel, 64));
  settings.threads = number("threads", 0, 1024);
  // Half of the cores: its threads wait for each other spinning, and crawl when another process takes one of them.
  if (settings.threads == 0) settings.threads = std::max(1U, std::thread::hardware_concurrency() / 2);
  settings.default_tokens = number("default_max_tokens", settings.default_tokens, 1 << 20);
  settings.idle = std::chrono::seconds(number("idle", settings.idle.count(), 1 << 30));
  settings.timeout =
      std::chrono::seconds(std::max<std::int64_t>(1, number("timeout", settings.timeout.count(), 86400)));
  settings.model_name = name_of_model(settings, settings.model, "model.gguf", "model");
  settings.embedding_name = name_of_model(settings, settings.embedding_model, "embedding.gguf", "embeddings");
  return settings;
}

Command command_for(const LlamaSettings& settings, bool embeddings, unsigned short port, const std::string& key) {
  Command command;
  const std::string& model = embeddings ? settings.embedding_model : settings.model;
  const std::string context = std::to_string(settings.context), parallel = std::to_string(settings.parallel),
                    threads = std::to_string(settings.threads), at = std::to_string(port);
  if (settings.program.empty()) {
    command.arguments = {(fs::path(settings.directory) / "bin" / "python").string(),
                         "-c",
                         std::string(kLauncher),
                         model,
                         at,
                         context,
                         parallel,
                         threads,
                         embeddings ? "1" : "0"};
    command.environment["LAZULI_ENGINE_KEY"] = key;
  } else {
    command.arguments = {settings.program, "--model",   model,        "--host",  "127.0.0.1",
                         "--port",         at,          "--ctx-size", context,   "--parallel",
                         parallel,         "--threads", threads,      "--jinja", "--metrics"};
    if (embeddings) command.arguments.insert(command.arguments.end(), {"--embeddings", "--pooling", "mean"});
    command.environment["LLAMA_API_KEY"] = key;
  }
  return command;
}

// What llama.cpp leaves unread, where reading it would change the answer.
Status refuse_unread(const Json& body) {
  const auto number = [&](const char* name) { return integer(find(body, name)).value_or(1); };
  std::string unread;
  if (bool_or(find(body, "echo"))) unread = "echo";
  if (!string_at(body, "suffix").empty()) unread = "suffix";
  if (number("best_of") > number("n")) unread = "best_of";
  if (find(body, "functions")) unread = "functions";
  if (unread.empty()) return {};
  return invalid_request("Unsupported parameter: '" + unread +
                             "' is not supported by the engine that serves this deployment." +
                             (unread == "functions" ? " Use 'tools' instead." : ""),
                         unread, "unsupported_parameter");
}

// Without top_logprobs llama.cpp gives twenty for each token, and for 0 no logprobs at all.
std::vector<MemberEdit> llama_edits(Operation operation, const Json& body) {
  std::vector<MemberEdit> edits;
  const auto repair = LlamaAnswer::repair_of(body);
  if (repair.forced) edits = repair.forced->edits();
  if (repair.hides_logprobs && operation == Operation::completion) edits.push_back({"logprobs", "1"});
  if (repair.hides_logprobs && operation != Operation::completion) {
    edits.insert(edits.end(), {{"logprobs", "true"}, {"top_logprobs", "1"}});
  }
  const auto* logprobs = find(body, "logprobs");
  const bool asked = logprobs && logprobs->is_bool() && logprobs->get_bool();
  if (asked && integer(find(body, "top_logprobs")).value_or(0) == 0) edits.push_back({"top_logprobs", "1"});
  const bool completion = logprobs && logprobs->is_int64();  // where the number is that of the alternatives
  if (completion && logprobs->get_int64() == 0) edits.push_back({"logprobs", "1"});
  return edits;
}

// Keeps the child from being thought idle while an answer is being read.
class UsedAnswer final : public net::ClientStream {
 public:
  UsedAnswer(std::unique_ptr<net::ClientStream> inner, EngineChild& child) : inner_(std::move(inner)), child_(child) {
    child_.begin_use();
  }
  ~UsedAnswer() override {
    inner_.reset();
    child_.end_use();
  }
  const net::Response& head() const override { return inner_->head(); }
  net::Task<Result<std::size_t>> read(std::span<char> into) override { return inner_->read(into); }
  void skip_rest() override { inner_->skip_rest(); }

 private:
  std::unique_ptr<net::ClientStream> inner_;
  EngineChild& child_;
};

class LlamaEngine final : public Engine {
 public:
  LlamaEngine(LlamaSettings settings, const EngineParts& parts)
      : settings_(std::move(settings)),
        random_(parts.random),
        log_(parts.log),
        pool_(std::make_unique<WorkerPool>("engine", 2)),
        chat_(plan("engine", false, parts), parts.random, parts.log),
        embeddings_(plan("engine-embeddings", true, parts), parts.random, parts.log) {}

  ~LlamaEngine() override {
    chat_.shut_down();
    embeddings_.shut_down();
    pool_.reset();  // jobs that waited for a start have been let go
  }

  std::string_view kind() const override { return "llama"; }

  void prepare(Operation operation) override { child_for(operation).wake(); }

  net::Task<Result<EngineAnswer>> open(const EngineCall& call) override {
    if (auto refused = refuse_unread(call.inference.body); !refused) co_return refused.error();
    if (call.inference.choices > settings_.parallel) {
      co_return invalid_request(
          "Invalid 'n': integer above maximum value. Expected a value <= " + std::to_string(settings_.parallel) +
              ", but got " + std::to_string(call.inference.choices) + " instead.",
          "n", "integer_above_max_value");
    }
    const auto repair = LlamaAnswer::repair_of(call.inference.body);
    EngineChild& child = child_for(call.operation);
    // The second try is for a child that has died since: it is noticed by the first.
    for (int tries = 0; tries < 2; ++tries) {
      const auto address = co_await address_of(child, tries > 0);
      if (!address) co_return address.error();
      auto opened = co_await client_.open(request_for(*address, call));
      if (opened) {
        std::unique_ptr<net::ClientStream> used = std::make_unique<UsedAnswer>(*std::move(opened), child);
        if (repair) used = std::make_unique<LlamaAnswer>(std::move(used), call.inference.stream, repair, random_);
        const bool embeds = call.operation == Operation::embedding;
        co_return EngineAnswer(std::move(used), embeds ? settings_.embedding_name : settings_.model_name);
      }
      if (opened.error().code == "Cancelled") co_return opened.error();
      if (opened.error().code == "Timeout") co_return engine_timed_out();
      log_.warning("openai", "The engine was lost: " + opened.error().message, {{"requestId", call.request_id}});
    }
    co_return engine_unavailable("The engine that serves this deployment was lost.", std::chrono::seconds(2));
  }

  // With the model's template and tokenizer: what its answer's usage would say.
  net::Task<Result<std::int64_t>> count(const EngineCall& call) override {
    const auto address = co_await address_of(chat_, false);
    if (!address) co_return address.error();
    net::ClientRequest request = request_for(*address, call);
    request.url += "/input_tokens";
    const auto answer = co_await client_.send(std::move(request));
    const auto told = answer && answer->status == 200 ? parse_json(answer->body) : Json();
    if (const auto tokens = told ? integer(find(*told, "input_tokens")) : std::nullopt) co_return *tokens;
    log_.warning(
        "openai", "The engine did not count a prompt's tokens",
        {{"requestId", call.request_id}, {"reason", answer ? std::to_string(answer->status) : answer.error().message}});
    co_return engine_unavailable("The engine that serves this deployment did not count the tokens.",
                                 std::chrono::seconds(2));
  }

 private:
  EngineChild& child_for(Operation operation) { return operation == Operation::embedding ? embeddings_ : chat_; }

  ChildPlan plan(std::string name, bool embeddings, const EngineParts& parts) {
    ChildPlan plan;
    plan.log_file = (fs::path(parts.state_directory) / (name + ".log")).string();
    plan.name = std::move(name);
    plan.idle = settings_.idle;
    plan.command = [this, embeddings](unsigned short port, const std::string& key) {
      return command_for(settings_, embeddings, port, key);
    };
    return plan;
  }

  net::Task<Result<EngineChild::Address>> address_of(EngineChild& child, bool lost) {
    if (!lost) {
      if (auto running = child.running()) co_return *std::move(running);
    }
    auto started = co_await start(child, lost);
    if (started) co_return started;
    co_return engine_unavailable(
        "The engine that serves this deployment could not be started: " + started.error().message,
        std::chrono::seconds(5));
  }

  net::Task<Result<EngineChild::Address>> start(EngineChild& child, bool lost) {
    auto outcome = std::make_shared<Result<EngineChild::Address>>(Error{"EngineStartFailed", "It was not tried.", 503});
    std::function<void()> wait = [outcome, &child, lost] { *outcome = child.wait(lost); };
    co_await net::run_on(*pool_, std::move(wait));
    co_return *outcome;
  }

  net::ClientRequest request_for(const EngineChild::Address& address, const EngineCall& call) const {
    net::ClientRequest request;
    request.method = "POST";
    request.url = address.url + "/v1" + std::string(engine_path(call.operation));
    request.headers.set("Content-Type", "application/json");
    request.headers.set("Authorization", "Bearer " + address.key);
    request.body = engine_body(call.inference, call.text, {}, settings_.default_tokens);
    if (const auto edits = llama_edits(call.operation, call.inference.body); !edits.empty()) {
      request.body = edit_members(request.body, edits);
    }
    request.timeout = settings_.timeout;
    return request;
  }

  LlamaSettings settings_;
  Random& random_;
  Log& log_;
  std::unique_ptr<WorkerPool> pool_;
  net::Client client_;
  EngineChild chat_;
  EngineChild embeddings_;
};

}  // namespace

std::string find_engine_directory() {
  std::string newest;
  std::error_code failed;
  for (fs::directory_iterator at(cache_directory(), failed), end; !failed && at != end; at.increment(failed)) {
    const std::string path = at->path().string();
    std::error_code ignored;
    if (at->path().filename().string().starts_with("engine-") && fs::exists(at->path() / "engine.json", ignored) &&
        path > newest) {
      newest = path;
    }
  }
  return newest;
}

Result<std::unique_ptr<Engine>> make_llama_engine(const Json& settings, const EngineParts& parts) {
  auto read = read_settings(settings, parts);
  if (!read) return read.error();
  return std::unique_ptr<Engine>(std::make_unique<LlamaEngine>(*std::move(read), parts));
}

}  // namespace lazuli::openai
