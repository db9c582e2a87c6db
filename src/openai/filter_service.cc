#include "openai/filter_service.h"

#include <algorithm>

#include "openai/answer.h"
#include "openai/errors.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kAnswerLimit = std::size_t{64} << 10;

}  // namespace

FilterService::FilterService(const Json& settings, Log& log)
    : url_(string_at(settings, "url")),
      timeout_(std::max<std::int64_t>(1, integer(find(settings, "timeout")).value_or(5))),
      refuses_(string_at(settings, "on_failure") == "refuse"),
      log_(log) {}

net::Task<Result<Verdict>> FilterService::judge(FilterSource source, std::string_view text) const {
  net::ClientRequest request;
  request.method = "POST";
  request.url = url_;
  request.headers.set("Content-Type", "application/json");
  request.body = std::string("{\"source\":") + (source == FilterSource::prompt ? "\"prompt\"" : "\"completion\"") +
                 ",\"text\":" + quote(text) + "}";
  request.connect_timeout = request.timeout = timeout_;
  request.limit = kAnswerLimit;
  auto answer = co_await client_.send(std::move(request));
  if (!answer) co_return no_verdict(answer.error());
  if (answer->status != 200) {
    co_return no_verdict(Error{"FilterFailed", "It answered with status " + std::to_string(answer->status) + ".", 502});
  }
  const auto said = parse_json(answer->body);
  if (!said) co_return no_verdict(said.error());
  auto verdict = read_verdict(*said, source);
  if (!verdict) co_return no_verdict(verdict.error());
  co_return verdict;
}

Result<Verdict> FilterService::no_verdict(const Error& cause) const {
  log_.warning("openai", "The content filter gave no verdict: " + cause.message, {{"filter", url_}});
  if (refuses_) {
    return engine_unavailable("The content filter cannot be asked at the moment.", std::chrono::seconds(1));
  }
  return Verdict{R"({"error":{"code":"content_filter_error","message":"The contents are not filtered"}})", false};
}

}  // namespace lazuli::openai
