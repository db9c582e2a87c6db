// The doctor's findings where people look first: a Warning event on the pod (`kubectl describe pod`), whose reason is
// the cause and whose message names the broken link and the command that mends it. Written when the doctor was asked
// about a pod, and by itself when the token service or the data plane refused a call that came from one.
//
// What a call says of itself may be forged: only a call from the pod's own address is quoted. Of any other the pod that
// it names is looked at, and the text is what the doctor finds there; where it finds nothing, nothing is written.
//
// refused() never blocks and never fails its caller: the work is done by a thread of its own, once in a minute for the
// same pod and code, and dropped where too much waits. One event for each pod and cause, with the number of times.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "access/refused_calls.h"
#include "base/log.h"
#include "base/worker_pool.h"
#include "doctor/doctor.h"

namespace lazuli::doctor {

class PodEvents {
 public:
  static constexpr auto kBetween = std::chrono::minutes(1);
  static constexpr std::size_t kMostWaiting = 16;
  static constexpr std::size_t kMostRemembered = 512;  // pods and codes within the last minute; others are dropped

  PodEvents(Doctor doctor, cluster::ObjectsOf objects, const Clock& clock, Log& log);

  // A call that is kept among the refused ones, from where the doctor reads it.
  void refused(const access::RefusedCall& call);
  // Nothing is written of a report that is well, or is not about a pod. times: that it was met since the last one.
  void write(const Report& report, std::int64_t times = 1);
  // Waits for the work there is.
  void finish();

 private:
  struct Seen {
    TimePoint looked;         // when such a call was last looked at
    std::int64_t unseen = 0;  // such calls since then
  };

  // How many calls the next look stands for; nothing if it is too soon.
  std::optional<std::int64_t> claim(const access::RefusedCall& call);

  const Doctor doctor_;
  const cluster::ObjectsOf objects_;
  const Clock& clock_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t waiting_ = 0;
  std::map<std::string, Seen> seen_;
  WorkerPool worker_{"pod-events", 1};  // the last member: it ends before what it works with
};

// The event as an object of the API; before: the one of the same name, if there is one.
Json pod_event(const PodReference& pod, const Finding& finding, TimePoint now, std::int64_t times, const Json* before);
std::string pod_event_path(const PodReference& pod, const Finding& finding);

}  // namespace lazuli::doctor
