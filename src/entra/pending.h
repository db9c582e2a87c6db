// Sign-ins that have begun and not ended: authorization codes waiting to be redeemed and device codes waiting for a
// person. In memory only: they live for minutes, and after a restart the client just begins again. Each is redeemed at
// most once. Bounded; thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "entra/string_map.h"

namespace lazuli::entra {

struct CodeGrant {
  std::string client_id, user_id, scope, redirect_uri, nonce;
  std::string challenge, challenge_method;  // PKCE; may be empty
};

struct DeviceGrant {
  std::string client_id, scope, user_code, device_code;
};

class PendingSignIns {
 public:
  static constexpr Seconds kCodeLifetime = std::chrono::minutes(10);
  static constexpr Seconds kDeviceLifetime = std::chrono::minutes(15);
  static constexpr std::size_t kMost = 10000;

  PendingSignIns(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  std::string add_code(CodeGrant grant);
  // Errors 70000 (unknown), 70008 (expired), 54005 (redeemed before).
  Result<CodeGrant> redeem_code(std::string_view code);

  DeviceGrant begin_device(std::string client_id, std::string scope);
  std::optional<DeviceGrant> waiting_device(std::string_view user_code) const;  // for the page; in any case
  // What the person said; false if the code is not waiting any more. An empty user id: declined.
  bool answer_device(std::string_view user_code, std::string user_id);
  struct RedeemedDevice {
    DeviceGrant grant;
    std::string user_id;
  };
  // Errors 70016 (still waiting), 70019 (expired), 70020 (declined), 70018 (unknown or redeemed before).
  Result<RedeemedDevice> redeem_device(std::string_view device_code, std::string_view client_id);

 private:
  struct Code {
    CodeGrant grant;
    TimePoint until;
    bool redeemed = false;
  };
  struct Device {
    DeviceGrant grant;
    TimePoint until;
    std::optional<std::string> answer;
  };
  void forget_expired();
  const Device* find_device(std::string_view user_code) const;

  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  // By the digests of their codes: how long a look-up takes tells nothing about a code.
  StringMap<Code> codes_;
  StringMap<Device> devices_;
};

}  // namespace lazuli::entra
