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
#include <tuple>

#include "base/json.h"

namespace lazuli::openai {

// One answered call, whose texts these are.
struct Served {
  std::string_view account;     // name
  std::string_view deployment;  // empty where it was not known yet
  std::string_view identity;    // object id, or "key1", "key2"; empty: not authenticated
  std::string_view operation;   // "ChatCompletions_Create"
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
  void forget();  // what began is counted elsewhere

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
  template <typename Text>
  struct RequestKey {
    Text account, deployment, operation;
    int status = 0;
    auto names() const {
      return std::tuple<std::string_view, std::string_view, std::string_view, int>(account, deployment, operation,
                                                                                   status);
    }
  };
  template <typename Text>
  struct UserKey {
    Text account, deployment, identity;
    auto names() const {
      return std::tuple<std::string_view, std::string_view, std::string_view>(account, deployment, identity);
    }
  };
  struct ByNames {  // a key is looked up by views, and made only when it is new
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return a.names() < b.names(); }
  };
  Account& account_of(const UserKey<std::string_view>& user);
  static void write(const Histogram& histogram, std::string_view name, std::string_view label, std::string& out);

  mutable std::mutex mutex_;
  std::int64_t in_progress_ = 0;
  std::map<RequestKey<std::string>, std::uint64_t, ByNames> requests_;
  std::map<UserKey<std::string>, Account, ByNames> users_;
  std::map<std::string_view, Histogram> durations_;  // by operation: names that live for ever
  std::map<std::string_view, Histogram> first_bytes_;
};

}  // namespace lazuli::openai
