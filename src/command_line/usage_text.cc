#include "command_line/usage_text.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace lazuli::command_line {

namespace {

struct Column {
  std::string_view title;
  std::string_view member;
  bool number;
};

constexpr std::array<Column, 7> kColumns = {{{"Account", "account", false},
                                             {"Deployment", "deployment", false},
                                             {"Identity", "identity", false},
                                             {"Answered", "requests", true},
                                             {"Refused", "refused", true},
                                             {"Prompt tokens", "promptTokens", true},
                                             {"Completion tokens", "completionTokens", true}}};

bool matches(const Json& row, const UsageFilter& filter) {
  const auto same = [&row](const std::string& wanted, std::string_view member) {
    return wanted.empty() || equals_ignoring_case(wanted, string_at(row, member));
  };
  return same(filter.account, "account") && same(filter.deployment, "deployment") &&
         (same(filter.identity, "identity") || same(filter.identity, "name"));
}

std::string cell(const Json& row, const Column& column) {
  if (column.number) return std::to_string(integer(find(row, column.member)).value_or(0));
  const std::string text = string_at(row, column.member);
  if (text.empty()) return "-";
  const std::string name = column.member == "identity" ? string_at(row, "name") : std::string();
  return name.empty() ? text : text + " (" + name + ")";
}

using Line = std::array<std::string, kColumns.size()>;

Line line_of(const Json& row) {
  Line line;
  for (std::size_t i = 0; i < line.size(); ++i) line[i] = cell(row, kColumns[i]);
  return line;
}

std::string print(const std::vector<Line>& lines) {
  std::array<std::size_t, kColumns.size()> widths{};
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string gap(widths[i] - line[i].size(), ' ');
      text += (i > 0 ? "  " : "") + (kColumns[i].number ? gap + line[i] : line[i] + gap);
    }
    while (text.ends_with(' ')) text.pop_back();
    out += text + "\n";
  }
  return out;
}

}  // namespace

Json filter_usage(const Json& said, const UsageFilter& filter) {
  JsonArray rows;
  JsonObject total;
  for (const auto& column : kColumns) {
    if (column.number) total[column.member] = 0;
  }
  const auto* all = find(said, "usage");
  for (const auto& row : all && all->is_array() ? all->as_array() : JsonArray()) {
    if (!matches(row, filter)) continue;
    for (auto& [member, sum] : total) sum = sum.to_number<std::int64_t>() + integer(find(row, member)).value_or(0);
    rows.push_back(row);
  }
  return JsonObject{{"since", string_at(said, "since")}, {"usage", std::move(rows)}, {"total", std::move(total)}};
}

std::string usage_text(const Json& filtered) {
  const auto& rows = find(filtered, "usage")->as_array();
  const std::string since = "since " + string_at(filtered, "since") + "\n";
  if (rows.empty()) return "No calls " + since;
  Line titles;
  std::ranges::transform(kColumns, titles.begin(), [](const Column& column) { return std::string(column.title); });
  std::vector<Line> lines{titles};
  for (const auto& row : rows) lines.push_back(line_of(row));
  if (rows.size() > 1) {
    lines.push_back(line_of(*find(filtered, "total")));
    lines.back()[0] = "Total";
    lines.back()[1] = lines.back()[2] = "";
  }
  return print(lines) + "\n" + since;
}

}  // namespace lazuli::command_line
