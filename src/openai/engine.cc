#include "openai/engine.h"

#include <algorithm>
#include <cstring>

#include "openai/llama_engine.h"
#include "openai/url_engine.h"

namespace lazuli::openai {

namespace {

class StoredAnswer final : public net::ClientStream {
 public:
  explicit StoredAnswer(net::Response response) : response_(std::move(response)), body_(std::move(response_.body)) {}

  const net::Response& head() const override { return response_; }

  net::Task<Result<std::size_t>> read(std::span<char> into) override {
    const std::size_t count = std::min(into.size(), body_.size() - read_);
    std::memcpy(into.data(), body_.data() + read_, count);
    read_ += count;
    co_return count;
  }

 private:
  net::Response response_;
  std::string body_;
  std::size_t read_ = 0;
};

}  // namespace

net::Task<Result<std::int64_t>> Engine::count(const EngineCall& call) {
  co_return call.inference.prompt_estimate;
}

std::unique_ptr<net::ClientStream> stored_answer(net::Response response) {
  return std::make_unique<StoredAnswer>(std::move(response));
}

std::string_view engine_path(Operation operation) {
  switch (operation) {
    case Operation::completion:
      return "/completions";
    case Operation::embedding:
      return "/embeddings";
    default:
      return "/chat/completions";
  }
}

Result<std::unique_ptr<Engine>> make_engine(std::string_view kind, const Json& settings, const EngineParts& parts) {
  if (kind == "echo") return make_echo_engine();
  if (kind == "url") return make_url_engine(settings, parts);
  if (kind == "llama") return make_llama_engine(settings, parts);
  return Error{"InvalidSettings",
               "There is no engine of the kind '" + std::string(kind) + "'. The kinds are llama, url and echo.", 400};
}

}  // namespace lazuli::openai
