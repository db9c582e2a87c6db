// What the handlers of the token service and of Graph work with, handed to each of them.
#pragma once

#include <string>

#include "access/refused_calls.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "entra/directory.h"
#include "entra/issuers.h"
#include "entra/pending.h"
#include "entra/signed_assertions.h"
#include "entra/signing_keys.h"
#include "entra/tokens.h"
#include "entra/verifier.h"
#include "fault/rules.h"
#include "store/store.h"

namespace lazuli::entra {

struct Context {
  store::Store& store;
  const Clock& clock;
  Random& random;
  Log& log;
  Directory& directory;
  SigningKeys& keys;
  Issuers& issuers;
  Tokens& tokens;
  Verifier& verifier;
  PendingSignIns& pending;
  SignedAssertions& signed_assertions;
  std::string tenant_id;
  std::string tenant_domain;
  std::string sign_in_origin;
  std::string grant_key;  // signs refresh tokens
  access::RefusedCalls* refused = nullptr;
  fault::Rules* faults = nullptr;
};

}  // namespace lazuli::entra
