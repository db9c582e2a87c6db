// The section `engines` of lazuli.yaml: rules, whose settings beside `model` and `kind` are their kind's own. Each is
// known by name and type here, so that a word misspelt is an error at the start and not an engine that does something
// else; what they mean stands in openai/url_engine.h and openai/llama_engine.h, which read them.
#pragma once

#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "command_line/config.h"

namespace lazuli::command_line {

Status read_engines(const Json& value, std::vector<Config::Engine>& engines);

}  // namespace lazuli::command_line
