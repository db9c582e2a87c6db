#include "doctor/connections.h"

#include <algorithm>

#include "base/text.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

// As `az` computes it from a connection's name: its letters and digits.
std::string secret_of(std::string_view connection) {
  std::string plain;
  for (const char c : to_lower(connection)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) plain += c;
  }
  return "sc-" + plain + "-secret";
}

}  // namespace

std::vector<Connection> connections_of(const Scene& scene) {
  std::vector<Connection> found;
  const auto collection = arm::ResourceId::parse(scene.cluster.text() + "/providers/Microsoft.ServiceLinker/linkers");
  for (const auto& held : scene.parts.service.resources().children(*collection)) {
    Connection made;
    made.id = arm::ResourceId::parse(held.id()).value_or(arm::ResourceId());
    made.state = held.property_text("provisioningState");
    made.name_space = held.property_text("scope");
    if (const auto* target = held.property("targetService")) made.target = string_at(*target, "id");
    if (const auto* auth = held.property("authInfo")) made.client_id = string_at(*auth, "clientId");
    made.secret = secret_of(made.id.name());
    if (!made.client_id.empty()) made.service_account = "sc-account-" + to_lower(made.client_id);
    found.push_back(std::move(made));
  }
  return found;
}

std::optional<arm::Resource> federated_identity(const Scene& scene) {
  const auto subject = scene.token_subject();
  auto& resources = scene.parts.service.resources();
  for (auto& identity : resources.of_type(kIdentityType)) {
    const auto collection = arm::ResourceId::parse(identity.id() + "/federatedIdentityCredentials");
    for (const auto& held : resources.children(*collection)) {
      if (held.property_text("subject") == subject && held.property_text("issuer") == scene.issuer()) return identity;
    }
  }
  return std::nullopt;
}

std::string likely_client_id(const Scene& scene) {
  if (const auto federated = federated_identity(scene)) return federated->property_text("clientId");
  std::vector<std::string> made;
  for (const auto& identity : scene.parts.service.resources().of_type(kIdentityType)) {
    // The clusters' own are in their node resource groups.
    if (!contains(to_lower(identity.id()), "/resourcegroups/mc_")) made.push_back(identity.property_text("clientId"));
  }
  if (made.size() == 1) return made.front();
  return "$(az identity show -n <identity> -g <group> --query clientId -o tsv)";
}

bool reads_secret(const Scene& scene, const std::string& secret) {
  return std::ranges::any_of(scene.containers, [&](const Container& container) {
    const auto& held = container.environment;
    return std::ranges::any_of(held.variables, [&](const auto& one) { return one.source == "secret/" + secret; }) ||
           std::ranges::any_of(held.missing,
                               [&](const auto& one) { return one.kind == "secret" && one.name == secret; });
  });
}

}  // namespace lazuli::doctor
