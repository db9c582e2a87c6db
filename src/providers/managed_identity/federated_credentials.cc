#include "providers/managed_identity/federated_credentials.h"

#include <algorithm>
#include <mutex>

#include "base/text.h"
#include "net/http.h"

namespace lazuli::providers {

namespace {

using arm::Answer;
using arm::Call;
using arm::Resource;
using arm::ResourceId;
using entra::FederatedCredential;

constexpr std::string_view kType = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
constexpr std::size_t kMost = 20;      // Azure's limit for one identity
constexpr std::size_t kLongest = 600;  // of issuer, subject and audience
constexpr std::size_t kLongestName = 120;

Error invalid(std::string message, std::string target) {
  return arm::bad_request("InvalidFederatedIdentityCredentialValue", std::move(message), std::move(target));
}

bool is_valid_name(std::string_view name) {
  const auto letter_or_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return name.size() >= 3 && name.size() <= kLongestName && letter_or_digit(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter_or_digit(c) || c == '-' || c == '_'; });
}

FederatedCredential read(std::string_view name, const Json& document) {
  FederatedCredential credential{
      std::string(name), string_at(document, "properties", "issuer"), string_at(document, "properties", "subject"), {}};
  const Json* audiences = find(document, "properties", "audiences");
  if (audiences && audiences->is_array()) {
    for (const auto& audience : audiences->as_array()) credential.audiences.push_back(string_or(&audience));
  }
  return credential;
}

bool same(const FederatedCredential& a, const FederatedCredential& b) {
  return a.issuer == b.issuer && a.subject == b.subject && a.audiences == b.audiences;
}

JsonObject document(const std::string& id, const FederatedCredential& credential) {
  JsonArray audiences;
  for (const auto& audience : credential.audiences) audiences.emplace_back(audience);
  return {{"id", id},
          {"name", credential.name},
          {"type", kType},
          {"properties",
           JsonObject{
               {"issuer", credential.issuer}, {"subject", credential.subject}, {"audiences", std::move(audiences)}}}};
}

class FederatedCredentials {
 public:
  FederatedCredentials(arm::Service& service, entra::Entra& entra) : service_(service), entra_(entra) {}

  Result<Answer> put(const Call& call) {
    const auto credential = read(call.id.name(), call.body);
    if (auto valid = check_federated_credential(credential); !valid) return valid.error();
    const auto identity = service_.resources().get(*call.id.parent());
    if (!identity) return arm::resource_not_found(*call.id.parent());
    // Azure refuses writes that meet on one identity; here they wait for each other.
    const std::lock_guard lock(mutex_);
    const auto existing = service_.resources().get(call.id);
    if (auto free = check_others(call, credential, existing.has_value()); !free) return free.error();
    Resource resource;
    resource.document = document(identity->id() + "/federatedIdentityCredentials/" + credential.name, credential);
    // The resource first: after a crash in between, restore() brings the working copy up to it.
    if (auto saved = service_.resources().save(resource); !saved) return saved.error();
    if (auto put = entra_.put_federated_credential(identity->id(), credential); !put) return put.error();
    Answer answer = Answer::json(existing ? 200 : 201, resource.visible());
    if (!existing) answer.headers.set("Location", resource.id());
    return answer;
  }

  Result<Answer> remove(const Call& call) {
    const std::lock_guard lock(mutex_);
    if (!service_.resources().get(call.id)) return Answer::no_body(204);
    if (auto gone = service_.forget(call.id); !gone) return gone.error();
    return Answer::no_body(200);
  }

  // Undoes what lives outside the store.
  Status clean_up(const Resource& resource) {
    const auto id = ResourceId::parse(resource.id());
    return entra_.remove_federated_credential(id->parent()->text(), id->name());
  }

  // What a crash kept from entra.
  void restore() {
    for (const auto& resource : service_.resources().of_type(kType)) {
      const auto id = ResourceId::parse(resource.id());
      const auto credential = read(id->name(), resource.document);
      const auto known = entra_.federated_credentials(id->parent()->text());
      if (std::ranges::any_of(known, [&](const auto& each) {
            return equals_ignoring_case(each.name, credential.name) && same(each, credential);
          })) {
        continue;
      }
      if (auto put = entra_.put_federated_credential(id->parent()->text(), credential); !put) {
        service_.parts().log.error("identity", put.error().message, {{"resource", resource.id()}});
      }
    }
  }

 private:
  Status check_others(const Call& call, const FederatedCredential& credential, bool replaces) const {
    const auto collection = ResourceId::parse(call.id.parent()->text() + "/federatedIdentityCredentials");
    const auto others = service_.resources().children(*collection);
    if (!replaces && others.size() >= kMost) {
      return arm::bad_request("FederatedIdentityCredentialLimitExceeded",
                              "The managed identity has " + std::to_string(kMost) +
                                  " federated identity credentials, which is the most that one can have.");
    }
    for (const auto& other : others) {
      const auto name = ResourceId::parse(other.id())->name();
      if (equals_ignoring_case(name, credential.name)) continue;
      const auto known = read(name, other.document);
      if (known.issuer == credential.issuer && known.subject == credential.subject) {
        return Error{"Conflict", "Issuer and subject combination already exists for this Managed Identity.", 409};
      }
    }
    return {};
  }

  arm::Service& service_;
  entra::Entra& entra_;
  std::mutex mutex_;
};

}  // namespace

Status check_federated_credential(const FederatedCredential& credential) {
  if (!is_valid_name(credential.name)) {
    return invalid("The name '" + credential.name +
                       "' is not valid: it must have 3 to 120 letters, digits, '-' or '_', and begin with a letter or "
                       "digit.",
                   "name");
  }
  const auto issuer = net::parse_url(credential.issuer);
  if (!issuer || !issuer->tls() || credential.issuer.size() > kLongest) {
    return invalid("The issuer '" + credential.issuer.substr(0, kLongest) + "' is not a valid https URL.", "issuer");
  }
  if (credential.subject.empty() || credential.subject.size() > kLongest) {
    return invalid("The subject must have 1 to 600 characters.", "subject");
  }
  if (credential.audiences.size() != 1 || credential.audiences.front().empty() ||
      credential.audiences.front().size() > kLongest) {
    return invalid("Exactly one audience must be given.", "audiences");
  }
  return {};
}

void add_federated_credentials(arm::Service& service, entra::Entra& entra) {
  const auto credentials = std::make_shared<FederatedCredentials>(service, entra);
  arm::TypeSpec spec;
  spec.type = kType;
  spec.api_versions = {"2024-11-30", "2023-07-31-preview", "2023-01-31", "2022-01-31-preview"};
  spec.put = [credentials](const Call& call) { return credentials->put(call); };
  spec.del = [credentials](const Call& call) { return credentials->remove(call); };
  service.add(std::move(spec));
  service.on_forget(std::string(kType),
                    [credentials](const Resource& resource) { return credentials->clean_up(resource); });
  credentials->restore();
}

}  // namespace lazuli::providers
