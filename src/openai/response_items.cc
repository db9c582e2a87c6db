#include "openai/response_items.h"

#include <algorithm>

#include "openai/errors.h"
#include "openai/parameters.h"

namespace lazuli::openai {

namespace {

constexpr std::int64_t kUsualItems = 20, kMostItems = 100;

std::string_view prefix_of(std::string_view type) {
  if (type == "function_call") return "fc_";
  if (type == "function_call_output") return "fco_";
  if (type == "custom_tool_call") return "ctc_";
  if (type == "custom_tool_call_output") return "ctco_";
  if (type == "compaction") return "cmp_";
  return type == "reasoning" ? "rs_" : "msg_";
}

JsonArray parts_of(const Json& content, std::string_view role) {
  if (const auto* parts = content.if_array()) return *parts;
  JsonObject part{{"type", role == "assistant" ? "output_text" : "input_text"}, {"text", content}};
  if (role == "assistant") part["annotations"] = JsonArray();
  return JsonArray{std::move(part)};
}

Result<std::int64_t> limit_of(const net::Query& query) {
  const std::string text = query.get("limit");
  if (text.empty()) return kUsualItems;
  const Json sent(text);
  const auto limit = integer(&sent);
  if (!limit) {
    return invalid_request("Invalid type for 'limit': expected an integer, but got '" + text + "' instead.", "limit",
                           "invalid_type");
  }
  if (*limit >= 1 && *limit <= kMostItems) return *limit;
  const bool above = *limit > kMostItems;
  return invalid_request(
      std::string("Invalid 'limit': integer ") +
          (above ? "above maximum value. Expected a value <= 100" : "below minimum value. Expected a value >= 1") +
          ", but got " + text + " instead.",
      "limit", above ? "integer_above_max_value" : "integer_below_min_value");
}

Json id_of(const Json& item) {
  const auto* id = find(item, "id");
  return id ? *id : Json(nullptr);
}

}  // namespace

JsonObject kept_item(const JsonObject& sent, std::string_view digits) {
  const Json item(sent);
  std::string type = string_at(item, "type");
  if (type.empty()) type = "message";
  std::string id = string_at(item, "id");
  if (id.empty()) id = std::string(prefix_of(type)) + std::string(digits);
  JsonObject kept{{"id", std::move(id)}, {"type", type}, {"status", "completed"}};
  for (const auto& [name, value] : sent) {
    if (name == "id" || name == "type" || (name == "status" && value.is_null())) continue;
    if (name == "content" && type == "message") {
      kept[name] = parts_of(value, string_at(item, "role"));
    } else {
      kept[name] = value;
    }
  }
  return kept;
}

Result<JsonObject> item_page(const JsonArray& items, const net::Query& query, std::string_view usual) {
  const auto limit = limit_of(query);
  if (!limit) return limit.error();
  const std::string order = query.get("order");
  if (!order.empty()) {
    if (auto known = check_word(order, "order", {"asc", "desc"}); !known) return known.error();
  }
  JsonArray ordered = items;
  if ((order.empty() ? usual : order) != "asc") std::reverse(ordered.begin(), ordered.end());
  auto from = ordered.begin();
  if (const std::string after = query.get("after"); !after.empty()) {
    from = std::ranges::find_if(ordered, [&](const Json& item) { return string_at(item, "id") == after; });
    if (from == ordered.end()) {
      return invalid_request("No item with id '" + after + "' is in the list.", "after", "invalid_value");
    }
    ++from;
  }
  const auto count = std::min<std::ptrdiff_t>(*limit, ordered.end() - from);
  JsonArray page(from, from + count);
  const bool empty = page.empty();
  JsonObject list{{"object", "list"},
                  {"first_id", empty ? Json(nullptr) : id_of(page.front())},
                  {"last_id", empty ? Json(nullptr) : id_of(page.back())},
                  {"has_more", from + count != ordered.end()}};
  list["data"] = std::move(page);
  return list;
}

}  // namespace lazuli::openai
