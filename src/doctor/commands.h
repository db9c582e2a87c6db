// The commands that mend: what a person would type into a shell, whole, with the names of this pod's own things.
#pragma once

#include <string>
#include <string_view>

#include "doctor/connections.h"
#include "doctor/scene.h"

namespace lazuli::doctor::commands {

std::string quoted(std::string_view word);  // for a POSIX shell, if it needs it
std::string resource_options(const arm::ResourceId& id, std::string_view name_option = "-n");  // "-n NAME -g GROUP"

// What makes the pod's template: "deployment/app", or "pod/app" for one that nothing owns. "deployment" (all of the
// namespace) where no pod is looked at.
std::string workload(const Scene& scene);
// Makes the pods anew, with what admission gives them now.
std::string restart(const Scene& scene);
// A merge patch of the pod's template, and pods that are made from it: also where the object itself cannot be changed
// (a pod, a Job) or makes none by itself (a CronJob).
std::string change_template(const Scene& scene, JsonObject patch);
std::string label(const Scene& scene, std::string_view name, std::string_view value);
std::string drop_annotation(const Scene& scene, std::string_view name);
std::string use_account(const Scene& scene, std::string_view name);
// "NAME=value", or "NAME-" to take it away; of one container of the template, or of all.
std::string set_env(const Scene& scene, std::string_view container, std::string_view pair);
std::string set_image(const Scene& scene, std::string_view container, std::string_view image);
// Gives a variable another value where it comes from, or takes it away there.
std::string set_variable(const Scene& scene, const Variable& variable, std::string_view value);
std::string unset_variable(const Scene& scene, const Variable& variable);
// Puts the webhook's configuration back as the cluster makes it.
std::string restore_webhook(const Scene& scene);

// An account that was deleted: Azure keeps it for two days. By its name or its subdomain; empty if there is none.
std::string recover_account(const Scene& scene, std::string_view name);
// Where a connection must stay as it is, since its secret serves others.
std::string copy_secret(std::string_view name, std::string_view from, std::string_view to);
// Makes a connection again, which puts back what it made; for another namespace than its own, a second one beside it.
std::string make_connection(const Scene& scene, const Connection& connection, std::string_view name_space);
std::string annotate_account(const Scene& scene, std::string_view annotation, std::string_view value);
// Of a user-assigned identity by `az identity`, of an application by `az ad app`.
std::string create_credential(const Scene& scene, const Identity& identity, const Presented& presented);
std::string update_credential(const Identity& identity, std::string_view name, const Presented& presented);
std::string list_credentials(const Identity& identity);
std::string assign_role(std::string_view principal, bool user, std::string_view role, std::string_view scope);

}  // namespace lazuli::doctor::commands
