// The managed engine: llama.cpp's HTTP server as a child process on a loopback port, started when it is needed,
// restarted when it has died, stopped when idle. Settings of a rule, all optional:
//
//   directory: "…"       what scripts/fetch-engine.sh made (bin/python with xllamacpp, model.gguf, embedding.gguf);
//                        default: the cache
//   program: "…"         a llama-server to run instead of the wheel
//   file: "….gguf"       another model
//   embeddings: "….gguf" the model for embeddings; default: embedding.gguf in the directory, else the same one
//   context: 8192        tokens, shared by the parallel slots
//   parallel: 2          requests at a time
//   threads: 0           0: half of the cores
//   default_max_tokens: 512   of an answer whose request sets no limit: small models may not find an end; 0: none
//   idle: 900            seconds without a request after which the child is stopped; 0: never
//   timeout: 300         seconds to the head of an answer, then between pieces
//
// Embeddings need a server of their own (llama.cpp serves either), which is started with the first request for them.
#pragma once

#include "openai/engine.h"

namespace lazuli::openai {

Result<std::unique_ptr<Engine>> make_llama_engine(const Json& settings, const EngineParts& parts);

// The newest folder of the cache that holds a complete engine; empty if there is none.
std::string find_engine_directory();

}  // namespace lazuli::openai
