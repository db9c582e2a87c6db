// What every call needs, made once by the Gateway.
#pragma once

#include <memory>
#include <string>

#include "access/refused_calls.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "fault/rules.h"
#include "openai/access_check.h"
#include "openai/audit.h"
#include "openai/background.h"
#include "openai/content_filter.h"
#include "openai/directory.h"
#include "openai/filter_service.h"
#include "openai/identity_limits.h"
#include "openai/meter.h"
#include "openai/response_store.h"
#include "openai/traces.h"

namespace lazuli::openai {

struct Services {
  const Clock& clock;
  Random& random;
  Log& log;
  Audit& audit;
  Directory& directory;
  AccessCheck& access;
  Meter& meter;
  IdentityLimits* limits;  // null: there are none
  const ContentFilter& filter;
  const FilterService* filter_service;  // null: the filter is off, or a list
  ResponseStore& responses;
  ResponseStore& chats;
  Background& background;
  access::RefusedCalls* refused;  // may be null
  fault::Rules* faults;           // may be null
  Traces* traces;                 // null: there is no collector
  std::string session;            // azureml-model-session: one for each run of the gateway
};

}  // namespace lazuli::openai
