#include "providers/service_linker/provision.h"

#include <algorithm>

#include "base/text.h"
#include "providers/service_linker/linker.h"
#include "providers/service_linker/names.h"
#include "providers/service_linker/steps.h"
#include "providers/service_linker/target.h"

namespace lazuli::providers::service_linker {

namespace {

// What a connection uses, in its document's "private" under "uses": resource ids, and paths in its cluster.
constexpr std::string_view kUses = "uses";
constexpr std::string_view kCredentialUse = "federatedCredential";
constexpr std::string_view kRoleUse = "roleAssignment";
constexpr std::string_view kAccountUse = "serviceAccount";
constexpr std::string_view kSecretUse = "secret";

constexpr std::string_view kLeaving = "leaving";
constexpr std::chrono::minutes kCreateLimit(30);

bool is_leaving(const arm::Resource& linker) {
  const auto* hidden = linker.document.if_contains("private");
  return hidden && bool_or(find_member(*hidden, kLeaving));
}

JsonObject uses_of(const arm::Resource& linker) {
  const auto* hidden = linker.document.if_contains("private");
  const Json* uses = hidden ? find_member(*hidden, kUses) : nullptr;
  return uses && uses->is_object() ? uses->get_object() : JsonObject();
}

Error cancelled() {
  return Error{"OperationCanceled", "The operation was canceled.", 409};
}

// Failures as Azure words them (azure-cli issue 30296): the code tells little, so the cause follows in words.
Error general_error(const Error& cause) {
  std::string text = "Execution failed. ";
  if (cause.status == 409) text += "Operation returned an invalid status code 'Conflict'. ";
  return Error{"GeneralUserError", text + cause.message, cause.status, cause.target};
}

std::string principal_of(const Linker& linker, const Identity* identity) {
  return identity ? identity->principal_id : linker.principal_id;
}

JsonObject planned_uses(const Linker& linker, const arm::Resource& account, const Identity* identity) {
  JsonObject uses{{kSecretUse, secret_path(linker.name_space, linker.secret())}};
  if (linker.auth == Auth::secret) return uses;
  const auto role = role_assignment_name(linker.target.text(), principal_of(linker, identity), role_for(account).id);
  uses[kRoleUse] = linker.target.extension("Microsoft.Authorization", "roleAssignments", role).key();
  if (!identity) return uses;
  const auto credential = federated_credential_name(linker.cluster, linker.name_space);
  uses[kCredentialUse] = identity->id.child("federatedIdentityCredentials", credential).key();
  uses[kAccountUse] = service_account_path(linker.name_space, linker.service_account());
  return uses;
}

Status set_state(arm::Service& service, const arm::ResourceId& id, std::string_view state,
                 const std::function<void(arm::Resource&)>& more = {}) {
  return service.resources().update(id, [&](arm::Resource& linker) -> Status {
    linker.properties()["provisioningState"] = state;
    if (more) more(linker);
    return {};
  });
}

// A key is answered as its kind only, and only from the finished connection on (recordings).
void mark_secret(arm::Resource& linker) {
  auto& auth = object_at(linker.properties(), "authInfo");
  if (string_or(auth.if_contains("authType")) == "secret") auth["secretInfo"] = JsonObject{{"secretType", "rawValue"}};
}

Status ignore_absent(const Result<arm::Answer>& answered) {
  if (answered || answered.error().status == 404) return {};
  return answered.error();
}

}  // namespace

Result<Json> Provisioner::create(arm::OperationContext& context) {
  const auto id = arm::ResourceId::parse(context.operation().resource);
  const auto stored = id ? service_.resources().get(*id) : std::nullopt;
  if (!stored || stored->property_text("provisioningState") == "Deleting") return cancelled();
  if (auto made = provision(*stored, context); !made) {
    if (context.cancelled()) return cancelled();  // by a DELETE; or by shutdown, and the journal runs it again
    const Error failed = general_error(made.error());
    if (auto noted = set_state(service_, *id, "Failed"); !noted) return noted.error();
    return failed;
  }
  if (auto noted = set_state(service_, *id, "Succeeded", mark_secret); !noted) return noted.error();
  return Json(JsonObject{{"Message", nullptr}});
}

Status Provisioner::provision(const arm::Resource& stored, arm::OperationContext& context) {
  auto making = look(stored);
  if (!making) return making.error();
  const auto earlier = uses_of(stored);
  const auto uses = planned_uses(making->linker, making->account, making->identity ? &*making->identity : nullptr);
  if (auto noted = note_uses(making->linker.id, uses); !noted) return noted;
  if (auto granted = grant(*making, context); !granted) return granted;
  context.progress("installing the cluster extension");
  if (auto ok = ensure_extension(service_, making->linker.cluster); !ok) return ok;
  context.progress("writing the Kubernetes objects");
  if (auto written = write_objects(*making); !written) return written;
  // What an earlier form of this connection used goes once the new is in place.
  return give_back(making->linker, earlier, uses);
}

Result<Provisioner::Making> Provisioner::look(const arm::Resource& stored) {
  auto linker = read_linker(stored);
  if (!linker) return linker.error();
  auto& resources = service_.resources();
  auto account = find_account(resources, linker->target);
  if (!account) return account.error();
  if (auto cluster = find_cluster(resources, linker->cluster); !cluster) return cluster.error();
  Making making{*std::move(linker), *std::move(account), std::nullopt, {}};
  making.credentials = {{}, stored.private_text("secret"), service_.parts().tenant_id};
  if (making.linker.auth == Auth::identity) {
    auto identity = find_identity(resources, making.linker.client_id, making.linker.subscription_id);
    if (!identity) return identity.error();
    making.identity = *std::move(identity);
  }
  return making;
}

Status Provisioner::note_uses(const arm::ResourceId& id, const JsonObject& uses) {
  const std::lock_guard lock(uses_mutex_);
  return service_.resources().update(id, [&](arm::Resource& written) -> Status {
    written.hidden()[kUses] = uses;
    written.hidden().erase(kLeaving);
    return {};
  });
}

// What the connection's credential needs outside the cluster.
Status Provisioner::grant(Making& making, arm::OperationContext& context) {
  const auto& linker = making.linker;
  if (linker.auth == Auth::secret) {
    context.progress("reading the account's key");
    const auto keys = service_.call("POST", linker.target.text() + "/listKeys");
    if (!keys) return keys.error();
    making.credentials.key = string_at(keys->body, "key1");
    return {};
  }
  if (making.identity) {
    context.progress("turning on the cluster's OIDC issuer and workload identity");
    const auto issuer = ensure_issuer(service_, linker.cluster);
    if (!issuer) return issuer.error();
    if (context.cancelled()) return cancelled();
    context.progress("creating the federated credential");
    const Federation wanted{*issuer, service_account_subject(linker.name_space, linker.service_account())};
    const auto name = federated_credential_name(linker.cluster, linker.name_space);
    if (auto ok = ensure_federated_credential(service_, *making.identity, name, wanted); !ok) return ok;
  }
  if (context.cancelled()) return cancelled();
  context.progress("assigning the role on the target");
  const auto principal = principal_of(linker, making.identity ? &*making.identity : nullptr);
  return ensure_role(service_, linker.target, role_for(making.account), principal);
}

Status Provisioner::write_objects(const Making& making) {
  const auto& linker = making.linker;
  auto objects = objects_(linker.cluster.text());
  if (!objects) return objects.error();
  if (auto ok = ensure_name_space(**objects, linker.name_space); !ok) return ok;
  if (making.identity) {
    if (auto ok = write_service_account(**objects, linker, *making.identity); !ok) return ok;
  }
  return write_secret(**objects, linker, secret_configurations(linker, making.account, making.credentials));
}

Result<Json> Provisioner::remove(arm::OperationContext& context) {
  const auto id = arm::ResourceId::parse(context.operation().resource);
  if (!id) return Error{"ResourceNotFound", "The connection's id cannot be read.", 404};
  // The DELETE asked it to stop; what it still writes must be there before it is taken away.
  for (const auto& other : service_.operations().unfinished()) {
    if (other.kind == kCreate && equals_ignoring_case(other.resource, id->text())) {
      service_.operations().cancel(other.id);
      service_.operations().wait(other.id, kCreateLimit);
    }
  }
  context.progress("removing what the connection made");
  if (auto gone = service_.forget(*id); !gone) {
    if (context.cancelled()) return cancelled();
    const Error failed = general_error(gone.error());
    if (auto noted = set_state(service_, *id, "Failed"); !noted) return noted.error();
    return failed;
  }
  return Json(nullptr);
}

Status Provisioner::withdraw(const arm::Resource& stored) {
  const auto id = arm::ResourceId::parse(stored.id());
  if (!id) return {};
  // Two connections that share something and go at the same time must not each wait for the other to take it away.
  auto noted = service_.resources().update(*id, [](arm::Resource& linker) -> Status {
    linker.hidden()[kLeaving] = true;
    return {};
  });
  if (!noted && noted.error().status != 404) return noted;
  Linker linker;
  linker.id = *id;
  linker.cluster = id->scope();
  return give_back(linker, uses_of(stored), {});
}

bool Provisioner::used_elsewhere(const Linker& linker, std::string_view use, const std::string& value) const {
  const bool in_cluster = use == kSecretUse || use == kAccountUse;
  for (const auto& other : service_.resources().of_type(kType)) {
    const auto id = arm::ResourceId::parse(other.id());
    if (!id || id->key() == linker.id.key()) continue;
    if (in_cluster && id->scope().key() != linker.cluster.key()) continue;
    if (is_leaving(other)) continue;
    const auto uses = uses_of(other);
    if (string_or(uses.if_contains(use)) == value) return true;
  }
  return false;
}

Status Provisioner::give_back(const Linker& linker, const JsonObject& earlier, const JsonObject& kept) {
  const std::lock_guard lock(uses_mutex_);
  for (const auto use : {kSecretUse, kAccountUse, kRoleUse, kCredentialUse}) {
    const auto value = string_or(earlier.if_contains(use));
    if (value.empty() || value == string_or(kept.if_contains(use)) || used_elsewhere(linker, use, value)) continue;
    if (use == kRoleUse || use == kCredentialUse) {
      if (auto gone = ignore_absent(service_.call("DELETE", value)); !gone) return gone;
    } else if (auto gone = remove_object(linker.cluster, value); !gone) {
      return gone;
    }
  }
  return {};
}

// Only what is still ours; and nothing of a cluster that is stopped or being deleted, whose objects go with it.
Status Provisioner::remove_object(const arm::ResourceId& cluster, const std::string& path) {
  auto objects = objects_(cluster.text());
  if (!objects) return {};
  const auto there = (*objects)->get(path);
  if (!there) return {};
  if (string_at(*there, "metadata", "labels", "app.kubernetes.io/managed-by") != kManagedBy) return {};
  return (*objects)->remove(path);
}

}  // namespace lazuli::providers::service_linker
