// What a response was made of, as GET …/responses/{id}/input_items lists it: the items of the conversation before the
// answer, in the form in which they are kept, a page at a time (the public API specification; no recording is known).
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "net/http.h"

namespace lazuli::openai {

// An item as sent, with what a kept one has beside it: an id from these digits unless it has one, a status, and its
// text as a list of parts. Chat understands it as it does the one that was sent.
JsonObject kept_item(const JsonObject& sent, std::string_view digits);

// The part of items that `limit`, `order` and `after` ask for; `usual` is the order where they do not say it.
Result<JsonObject> item_page(const JsonArray& items, const net::Query& query, std::string_view usual = "desc");

}  // namespace lazuli::openai
