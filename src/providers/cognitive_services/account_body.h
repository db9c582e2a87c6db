// An account's document: what Azure would answer, composed anew with each write from what the caller sent, and the keys
// under "private". Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "arm/resources.h"
#include "arm/service.h"
#include "base/random.h"
#include "openai/gateway.h"
#include "providers/cognitive_services/kinds.h"

namespace lazuli::providers {

// Members of "properties" that are the caller's to set, and stay as they were sent.
bool is_settable_property(std::string_view name);

// A quoted value in the form that accounts have: "xxxxxxxx-0000-0100-0000-{unix time in hex}0000".
std::string account_etag(Random& random, TimePoint now);
std::string make_key(Random& random);

// Fills "properties" from "private"/"sent" and the kind; keeps internalId, dateCreated and the state. After a PATCH,
// provisioningState stands second, and stays there (recorded).
void compose_account(arm::Resource& account, std::string_view state, bool patched);

void set_tags(arm::Resource& account, const Json* tags);
// The members in the order of the service's answers (2022 and later).
void arrange(arm::Resource& account);

// {"createdBy","createdByType","createdAt",…}; an existing one keeps its creation.
JsonObject system_data(const access::Principal& caller, TimePoint now, const Json* existing = nullptr);

// What the gateway has to know of it.
openai::Account gateway_account(const arm::Resource& account);
openai::Deployment gateway_deployment(const arm::Resource& deployment);

}  // namespace lazuli::providers
