// What was used, by whom and how fast: Prometheus text for scrapers, and the table behind `lazuli usage`. Counts live
// as long as the process. Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/json.h"

namespace lazuli::openai {

// One answered call.
struct Served {
  std::string account;     // name
  std::string deployment;  // empty where it was not known yet
  std::string identity;    // object id, or "key1", "key2"; empty: not authenticated
  std::string operation;   // "ChatCompletions_Create"
  int status = 0;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::chrono::microseconds duration{0};
  std::chrono::microseconds first_byte{0};  // 0: no stream
};

class Meter {
 public:
  void begin();
  void end(const Served& served);

  std::string prometheus() const;
  JsonArray usage() const;  // {account, deployment, identity, requests, refused, promptTokens, completionTokens}

 private:
  static constexpr std::array<double, 14> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10,   60};
  struct Histogram {
    std::array<std::uint64_t, kBounds.size() + 1> buckets{};
    double sum = 0;
    void add(double seconds);
  };
  struct Account {
    std::uint64_t requests = 0, refused = 0;
    std::int64_t prompt = 0, completion = 0;
  };
  struct RequestKey {
    std::string account, deployment, operation;
    int status = 0;
    auto operator<=>(const RequestKey&) const = default;
  };
  struct UserKey {
    std::string account, deployment, identity;
    auto operator<=>(const UserKey&) const = default;
  };
  static void write(const Histogram& histogram, std::string_view name, std::string_view label, std::string& out);

  mutable std::mutex mutex_;
  std::int64_t in_progress_ = 0;
  std::map<RequestKey, std::uint64_t> requests_;
  std::map<UserKey, Account> users_;
  std::map<std::string, Histogram> durations_;  // by operation
  std::map<std::string, Histogram> first_bytes_;
};

}  // namespace lazuli::openai
