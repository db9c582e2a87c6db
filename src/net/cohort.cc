#include "net/cohort.h"

namespace lazuli::net {

namespace {

thread_local Cohort* current = nullptr;

}  // namespace

Cohort::Running::Running(Cohort& cohort) {
  current = &cohort;
}

Cohort::Running::~Running() {
  current = nullptr;
}

Cohort* Cohort::running() {
  return current;
}

void Cohort::stop(CoroutineThread* coroutine) {
  Suspended::result_type nothing;
  stopped_.emplace_back(coroutine, nothing);
}

void Cohort::finish() {
  more_ = false;
  while (!stopped_.empty()) {
    Suspended next = std::move(stopped_.front());
    stopped_.pop_front();
    next();
  }
}

}  // namespace lazuli::net
