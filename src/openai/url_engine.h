// Engines that exist already: a pool of servers that speak the OpenAI API (vLLM, Ollama, TGI, llama.cpp, OpenAI, a real
// Azure OpenAI at …/openai/v1). Settings of a rule:
//
//   url: "http://10.0.0.5:8000/v1"        one server, or
//   upstreams:                            several; each may have its own key, served_model, weight and priority
//     - {url: "…", weight: 2, priority: 0}
//   served_model: "Qwen/Qwen3-8B"         sent as `model`; absent: the deployment's name
//   key_file: "/run/secrets/key"          sent as Bearer; or key_env: "NAME", or key: "…"
//   images: false                         whether its models see: pictures in a chat go on to it, else they are a 400
//   timeout: 120                          seconds to the head of an answer, then between pieces
//   trust: "/etc/ssl/corp.pem"            roots for https; absent: the system's
//   health: {path: "/models", interval: 10, timeout: 2}   seconds; checks of several servers; interval 0: none
//   hedge: 0                              milliseconds without an answer's head after which a second server is asked,
//                                         too, and the first to answer is taken; 0: never. Costs the engines work
//
// The lowest priority number with a server that is well is used, by weight within it. A server that cannot be reached,
// answers 5xx or 429, or sends its answer compressed, unasked, is tried no more for a while (1 s, doubling to 30 s),
// then by one call, and the call goes to the next one, as long as nothing of an answer has been passed on.
#pragma once

#include "openai/engine.h"

namespace lazuli::openai {

Result<std::unique_ptr<Engine>> make_url_engine(const Json& settings, const EngineParts& parts);

}  // namespace lazuli::openai
