#include "openai/meter.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace lazuli::openai {

namespace {

constexpr std::size_t kMostSeries = 20000;  // a scan with made-up names must not fill the memory

std::string label(std::string_view name, std::string_view value) {
  std::string text = replace_all(replace_all(std::string(value), "\\", "\\\\"), "\"", "\\\"");
  return std::string(name) + "=\"" + replace_all(std::move(text), "\n", "\\n") + "\"";
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string described(std::string_view name, std::string_view type, std::string_view help) {
  const std::string of(name);
  return "# HELP " + of + " " + std::string(help) + "\n# TYPE " + of + " " + std::string(type) + "\n";
}

double seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

}  // namespace

void Meter::Histogram::add(double value) {
  const auto at = std::lower_bound(kBounds.begin(), kBounds.end(), value) - kBounds.begin();
  ++buckets[static_cast<std::size_t>(at)];
  sum += value;
}

void Meter::begin() {
  const std::lock_guard lock(mutex_);
  ++in_progress_;
}

void Meter::forget() {
  const std::lock_guard lock(mutex_);
  --in_progress_;
}

void Meter::end(const Served& served) {
  const RequestKey<std::string_view> request{served.account, served.deployment, served.operation, served.status};
  const std::lock_guard lock(mutex_);
  --in_progress_;
  if (const auto known = requests_.find(request); known != requests_.end()) {
    ++known->second;
  } else if (requests_.size() < kMostSeries) {
    requests_.insert(
        {{std::string(served.account), std::string(served.deployment), std::string(served.operation), served.status},
         1});
  }
  auto& user = account_of({served.account, served.deployment, served.identity});
  ++(served.status < 400 ? user.requests : user.refused);
  user.prompt += served.prompt_tokens;
  user.completion += served.completion_tokens;
  durations_[served.operation].add(seconds(served.duration));
  if (served.first_byte.count() > 0) first_bytes_[served.operation].add(seconds(served.first_byte));
}

Meter::Account& Meter::account_of(const UserKey<std::string_view>& user) {
  if (const auto known = users_.find(user); known != users_.end()) return known->second;
  if (users_.size() >= kMostSeries) return users_[{}];
  return users_[{std::string(user.account), std::string(user.deployment), std::string(user.identity)}];
}

void Meter::write(const Histogram& histogram, std::string_view name, std::string_view labels, std::string& out) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < histogram.buckets.size(); ++i) {
    count += histogram.buckets[i];
    const std::string bound = i < kBounds.size() ? number(kBounds[i]) : "+Inf";
    out +=
        std::string(name) + "_bucket{" + std::string(labels) + ",le=\"" + bound + "\"} " + std::to_string(count) + "\n";
  }
  out += std::string(name) + "_sum{" + std::string(labels) + "} " + number(histogram.sum) + "\n";
  out += std::string(name) + "_count{" + std::string(labels) + "} " + std::to_string(count) + "\n";
}

std::string Meter::prometheus() const {
  const std::lock_guard lock(mutex_);
  std::string out = described("lazuli_openai_in_progress", "gauge", "Calls that are being answered.") +
                    "lazuli_openai_in_progress " + std::to_string(in_progress_) + "\n";
  out += described("lazuli_openai_requests_total", "counter",
                   "Calls that have ended, by the status of the answer; 499: the client went away.");
  for (const auto& [key, count] : requests_) {
    const std::string labels = label("account", key.account) + "," + label("deployment", key.deployment) + "," +
                               label("operation", key.operation) + "," + label("status", std::to_string(key.status));
    out += "lazuli_openai_requests_total{" + labels + "} " + std::to_string(count) + "\n";
  }
  out += described("lazuli_openai_tokens_total", "counter", "Tokens, by who used them.");
  for (const auto& [key, account] : users_) {
    const std::string labels = label("account", key.account) + "," + label("deployment", key.deployment) + "," +
                               label("identity", key.identity);
    out += "lazuli_openai_tokens_total{" + labels + ",kind=\"prompt\"} " + std::to_string(account.prompt) + "\n";
    out +=
        "lazuli_openai_tokens_total{" + labels + ",kind=\"completion\"} " + std::to_string(account.completion) + "\n";
  }
  constexpr std::string_view durations = "lazuli_openai_request_duration_seconds";
  out += described(durations, "histogram", "From the head of a request to the end of its answer.");
  for (const auto& [operation, histogram] : durations_) {
    write(histogram, durations, label("operation", operation), out);
  }
  constexpr std::string_view first_bytes = "lazuli_openai_time_to_first_byte_seconds";
  out += described(first_bytes, "histogram", "From the head of a streamed request to the first byte of its answer.");
  for (const auto& [operation, histogram] : first_bytes_) {
    write(histogram, first_bytes, label("operation", operation), out);
  }
  return out;
}

JsonArray Meter::usage() const {
  const std::lock_guard lock(mutex_);
  JsonArray rows;
  for (const auto& [key, account] : users_) {
    rows.push_back(JsonObject{{"account", key.account},
                              {"deployment", key.deployment},
                              {"identity", key.identity},
                              {"requests", account.requests},
                              {"refused", account.refused},
                              {"promptTokens", account.prompt},
                              {"completionTokens", account.completion}});
  }
  return rows;
}

}  // namespace lazuli::openai
