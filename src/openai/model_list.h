// GET …/models: on the dated paths the region's catalogue in Azure's form, on /openai/v1 OpenAI's own form. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "openai/directory.h"

namespace lazuli::openai {

std::string model_list(const ServedAccount& account, bool v1);
Result<std::string> model_entry(const ServedAccount& account, bool v1, std::string_view id);  // 404 if there is none

}  // namespace lazuli::openai
