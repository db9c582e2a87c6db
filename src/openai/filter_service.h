// A content filter of the operator's own, asked over HTTP. For each text, the prompt's before the engine sees it and
// the answer's before the client does:
//
//   POST {url}   {"source": "prompt"|"completion", "text": "…"}
//   200          {"content_filter_results": {"violence": {"filtered": true, "severity": "high"}, …}}
//
// with Azure's categories and members; those left out are "safe". Settings (`content_filter` in lazuli.yaml):
//
//   mode: service
//   url: "http://10.0.0.7:9000/judge"
//   timeout: 5             seconds
//   on_failure: pass       where the service gives no verdict: "pass" goes on and says so in the annotations, as Azure
//                          does; "refuse" answers 503
//
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "net/client.h"
#include "openai/content_filter.h"

namespace lazuli::openai {

class FilterService {
 public:
  FilterService(const Json& settings, Log& log);

  // Error: 503 in Azure's form, only with on_failure: refuse.
  net::Task<Result<Verdict>> judge(FilterSource source, std::string_view text) const;

 private:
  Result<Verdict> no_verdict(const Error& cause) const;

  std::string url_;
  std::chrono::seconds timeout_;
  bool refuses_;
  Log& log_;
  mutable net::Client client_;
};

}  // namespace lazuli::openai
