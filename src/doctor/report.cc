#include "doctor/report.h"

#include <algorithm>

namespace lazuli::doctor {

namespace {

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "ok";
    case Verdict::wrong:
      return "wrong";
    case Verdict::warning:
      return "warning";
    case Verdict::unknown:
      break;
  }
  return "unknown";
}

constexpr std::size_t kVerdictColumn = 9;
constexpr std::size_t kLinkColumn = 24;

std::string padded(std::string_view text, std::size_t width) {
  std::string made(text);
  made.resize(std::max(width, made.size() + 1), ' ');
  return made;
}

void add_detail(std::string& text, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  text += std::string(kVerdictColumn + 2, ' ') + padded(name, 10) + value + "\n";
}

}  // namespace

std::string mend_clause(const Finding& finding) {
  return finding.mend.empty() ? "" : " To mend it: " + finding.mend;
}

std::string sentence(const Finding& finding) {
  std::string text = finding.link + ":";
  if (!finding.expected.empty()) text += " expected " + finding.expected + ";";
  const auto& found = finding.found.empty() ? std::string("nothing") : finding.found;
  const bool ended = found.ends_with('.') || found.ends_with('?');
  return text + " found " + found + (ended ? "" : ".") + mend_clause(finding);
}

bool Report::well() const {
  return first_wrong() == nullptr;
}

const Finding* Report::first_wrong() const {
  const auto found = std::ranges::find(findings, Verdict::wrong, &Finding::verdict);
  return found == findings.end() ? nullptr : &*found;
}

bool Report::is_wrong(std::string_view link) const {
  return std::ranges::any_of(findings,
                             [&](const Finding& one) { return one.link == link && one.verdict == Verdict::wrong; });
}

bool Report::has_cause(std::string_view cause) const {
  return std::ranges::any_of(findings, [&](const Finding& one) { return one.cause == cause; });
}

Json Report::json() const {
  JsonArray list;
  for (const auto& one : findings) {
    JsonObject item{{"link", one.link}, {"verdict", word(one.verdict)}};
    const auto add = [&](std::string_view name, const std::string& value) {
      if (!value.empty()) item[name] = value;
    };
    add("cause", one.cause);
    add("expected", one.expected);
    add("found", one.found);
    add("mend", one.mend);
    list.push_back(std::move(item));
  }
  const auto* broken = first_wrong();
  JsonObject made{{"subject", subject},
                  {"well", well()},
                  {"cause", broken ? Json(broken->cause) : Json(nullptr)},
                  {"findings", std::move(list)}};
  if (!call.is_null()) made["call"] = call;
  return made;
}

std::string Report::text() const {
  std::string made = subject + "\n";
  for (const auto& one : findings) {
    made += "  " + padded(word(one.verdict), kVerdictColumn);
    if (one.verdict == Verdict::good || one.verdict == Verdict::unknown) {
      made += padded(one.link, kLinkColumn) + one.found + "\n";
      continue;
    }
    made += padded(one.link, kLinkColumn) + one.cause + "\n";
    add_detail(made, "expected", one.expected);
    add_detail(made, "found", one.found);
    add_detail(made, "mend", one.mend);
  }
  if (const auto* broken = first_wrong()) {
    made += "The first broken link is: " + broken->link + " (" + broken->cause + ").\n";
  } else {
    made += "Every link that could be checked is sound.\n";
  }
  return made;
}

}  // namespace lazuli::doctor
