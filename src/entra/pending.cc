#include "entra/pending.h"

#include "base/text.h"
#include "crypto/keys.h"
#include "entra/sts_error.h"

namespace lazuli::entra {

namespace {

constexpr std::size_t kUserCodeLength = 9;
constexpr std::string_view kUserCodeAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";  // nothing that looks like another
constexpr std::size_t kCodeBytes = 32;
// Expired entries are kept a little, so that the answer can say "expired" and not "never heard of".
constexpr auto kRemembered = std::chrono::minutes(30);

template <typename Map>
void bound(Map& map, TimePoint now) {
  std::erase_if(map, [&](const auto& entry) { return entry.second.until + kRemembered < now; });
  while (map.size() >= PendingSignIns::kMost) map.erase(map.begin());
}

}  // namespace

void PendingSignIns::forget_expired() {
  bound(codes_, clock_.now());
  bound(devices_, clock_.now());
}

std::string PendingSignIns::add_code(CodeGrant grant) {
  std::string code = base64url(random_.bytes(kCodeBytes));
  const std::lock_guard lock(mutex_);
  forget_expired();
  codes_.emplace(crypto::sha256(code), Code{std::move(grant), clock_.now() + kCodeLifetime});
  return code;
}

Result<CodeGrant> PendingSignIns::redeem_code(std::string_view code) {
  const std::lock_guard lock(mutex_);
  const auto found = codes_.find(crypto::sha256(code));
  if (found == codes_.end()) {
    return sts_error(70000,
                     "The provided value for the 'code' parameter is not valid, or the sign-in was interrupted by a "
                     "restart. Sign in again.");
  }
  Code& entry = found->second;
  if (entry.redeemed) {
    return sts_error(54005, "The OAuth2 authorization code was already redeemed. Sign in again for a new one.");
  }
  entry.redeemed = true;
  if (entry.until <= clock_.now()) {
    return sts_error(70008, "The provided authorization code has expired. Sign in again for a new one.");
  }
  return entry.grant;
}

DeviceGrant PendingSignIns::begin_device(std::string client_id, std::string scope) {
  DeviceGrant grant{std::move(client_id), std::move(scope), random_.text(kUserCodeLength, kUserCodeAlphabet),
                    base64url(random_.bytes(kCodeBytes))};
  const std::lock_guard lock(mutex_);
  forget_expired();
  devices_.emplace(crypto::sha256(grant.device_code), Device{grant, clock_.now() + kDeviceLifetime, {}});
  return grant;
}

const PendingSignIns::Device* PendingSignIns::find_device(std::string_view user_code) const {
  const std::string wanted = to_upper(trim(user_code));  // as it was made
  const Device* found = nullptr;
  for (const auto& [digest, device] : devices_) {
    const bool waiting = !device.answer && device.until > clock_.now();
    if (waiting && crypto::equal_in_constant_time(device.grant.user_code, wanted)) found = &device;
  }
  return found;
}

std::optional<DeviceGrant> PendingSignIns::waiting_device(std::string_view user_code) const {
  const std::lock_guard lock(mutex_);
  const Device* device = find_device(user_code);
  return device ? std::optional(device->grant) : std::nullopt;
}

bool PendingSignIns::answer_device(std::string_view user_code, std::string user_id) {
  const std::lock_guard lock(mutex_);
  const Device* device = find_device(user_code);
  if (!device) return false;
  devices_.find(crypto::sha256(device->grant.device_code))->second.answer = std::move(user_id);
  return true;
}

Result<PendingSignIns::RedeemedDevice> PendingSignIns::redeem_device(std::string_view device_code,
                                                                     std::string_view client_id) {
  const std::lock_guard lock(mutex_);
  const auto found = devices_.find(crypto::sha256(device_code));
  if (found == devices_.end() || !equals_ignoring_case(found->second.grant.client_id, client_id)) {
    return sts_error(70018, "The device code is not known, or was redeemed before. Begin the sign-in again.");
  }
  Device& device = found->second;
  if (device.until <= clock_.now()) {
    return sts_error(70019, "The device code has expired. Begin the sign-in again.");
  }
  if (!device.answer) {
    return sts_error(70016, "The authorization is pending: nobody has entered the code and signed in yet.");
  }
  RedeemedDevice out{std::move(device.grant), std::move(*device.answer)};
  devices_.erase(found);
  if (out.user_id.empty()) return sts_error(70020, "The person declined the sign-in.");
  return out;
}

}  // namespace lazuli::entra
