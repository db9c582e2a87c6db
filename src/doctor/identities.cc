#include "doctor/identities.h"

#include <algorithm>

#include "base/text.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

std::vector<entra::FederatedCredential> credentials_of(const Parts& parts, const arm::Resource& identity) {
  std::vector<entra::FederatedCredential> found;
  const auto collection = arm::ResourceId::parse(identity.id() + "/federatedIdentityCredentials");
  if (!collection) return found;
  for (const auto& held : parts.service.resources().children(*collection)) {
    const auto id = arm::ResourceId::parse(held.id()).value_or(arm::ResourceId());
    entra::FederatedCredential made{id.name(), held.property_text("issuer"), held.property_text("subject"), {}};
    const auto* audiences = held.property("audiences");
    if (audiences && audiences->is_array()) {
      for (const auto& one : audiences->get_array()) made.audiences.push_back(string_or(&one));
    }
    found.push_back(std::move(made));
  }
  return found;
}

Identity identity_of(const Parts& parts, const arm::Resource& resource) {
  const auto id = arm::ResourceId::parse(resource.id()).value_or(arm::ResourceId());
  return {id.name(),
          resource.property_text("clientId"),
          resource.property_text("principalId"),
          resource.property_text("tenantId"),
          false,
          id,
          credentials_of(parts, resource)};
}

// Slashes doubled or at the end do not count.
std::string without_slashes(std::string_view issuer) {
  std::string plain;
  for (const char c : issuer) {
    const bool doubled = c == '/' && !plain.empty() && plain.back() == '/' && !plain.ends_with(":/");
    if (!doubled) plain += c;
  }
  return std::string(without_trailing_slashes(plain));
}

Miss issuer_miss(std::string_view given, std::string_view wanted) {
  if (given == wanted) return {};
  if (without_slashes(given) == without_slashes(wanted)) return {"issuer-differs-by-a-slash", 1};
  if (equals_ignoring_case(given, wanted)) return {"issuer-differs-in-case", 1};
  if (equals_ignoring_case(without_slashes(given), without_slashes(wanted))) return {"issuer-differs-in-case", 2};
  return {"issuer-of-another-cluster", 4};
}

Miss subject_miss(std::string_view given, std::string_view wanted) {
  if (given == wanted) return {};
  if (equals_ignoring_case(given, wanted)) return {"subject-differs-in-case", 1};
  const auto mine = split(wanted, ':', true);
  const auto other = split(given, ':', true);
  if (other.size() != 4) return {"subject-not-federated", 5};
  if (other[3] == mine[3]) return {"subject-of-another-namespace", 3};
  if (other[2] == mine[2]) return {"subject-of-another-service-account", 3};
  return {"subject-not-federated", 5};
}

// A token for the audience that all use, which the credential lacks; or one for another, which is the token's fault.
Miss audience_miss(const std::vector<std::string>& given, std::string_view wanted) {
  if (std::ranges::find(given, wanted) != given.end()) return {};
  return {wanted == kAudience ? "audience-not-federated" : "token-for-another-audience", 1};
}

}  // namespace

std::string Identity::shown() const {
  if (user) return "user " + principal_id;
  return resource ? resource->text() : "application " + name + " (" + client_id + ")";
}

std::vector<Identity> user_assigned_identities(const Parts& parts) {
  std::vector<Identity> found;
  for (const auto& resource : parts.service.resources().of_type(kIdentityType)) {
    found.push_back(identity_of(parts, resource));
  }
  return found;
}

std::optional<Identity> find_identity(const Parts& parts, std::string_view id) {
  if (!is_guid(id)) return std::nullopt;
  for (const auto& resource : parts.service.resources().of_type(kIdentityType)) {
    if (equals_ignoring_case(resource.property_text("clientId"), id) ||
        equals_ignoring_case(resource.property_text("principalId"), id)) {
      return identity_of(parts, resource);
    }
  }
  return parts.application ? parts.application(id) : std::nullopt;
}

Miss miss_of(const entra::FederatedCredential& credential, const Presented& presented) {
  const Miss parts[] = {issuer_miss(credential.issuer, presented.issuer),
                        subject_miss(credential.subject, presented.subject),
                        audience_miss(credential.audiences, presented.audience)};
  Miss whole;
  for (const auto& part : parts) {
    if (whole.cause.empty()) whole.cause = part.cause;
    whole.distance += part.distance;
  }
  return whole;
}

}  // namespace lazuli::doctor
