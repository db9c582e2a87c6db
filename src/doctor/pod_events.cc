#include "doctor/pod_events.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "crypto/keys.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

constexpr std::size_t kLongestMessage = 1024;  // as client-go's recorders keep to
constexpr std::size_t kLongestPodName = 230;   // within an event's name, which may have 253 characters

// "no-federated-credential" → "NoFederatedCredential"
std::string reason_of(const Finding& finding) {
  std::string reason;
  bool starts = true;
  for (const char c : finding.cause) {
    if (c == '-') {
      starts = true;
      continue;
    }
    reason += starts ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    starts = false;
  }
  return reason;
}

std::string shortened(std::string text, std::size_t most) {
  constexpr std::string_view kMore = "…";
  if (text.size() <= most) return text;
  std::size_t end = most > kMore.size() ? most - kMore.size() : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside of a character
  return text.substr(0, end) + std::string(kMore);
}

// Where all of it is too long, the command stays whole.
std::string message_of(const Finding& finding) {
  auto text = sentence(finding);
  const auto mend = mend_clause(finding);
  if (mend.size() >= kLongestMessage) return shortened(std::move(text), kLongestMessage);
  text.resize(text.size() - mend.size());
  return shortened(std::move(text), kLongestMessage - mend.size()) + mend;
}

std::string event_name(const PodReference& pod, const Finding& finding) {
  std::string name = pod.name.substr(0, kLongestPodName);
  while (name.ends_with('.') || name.ends_with('-')) name.pop_back();
  return name + "." + hex(crypto::sha256(pod.uid + "\n" + finding.cause)).substr(0, 16);
}

}  // namespace

std::string pod_event_path(const PodReference& pod, const Finding& finding) {
  return "/api/v1/namespaces/" + pod.name_space + "/events/" + event_name(pod, finding);
}

Json pod_event(const PodReference& pod, const Finding& finding, TimePoint now, std::int64_t times, const Json* before) {
  const auto time = iso8601(now, 0);
  const auto first = before ? string_at(*before, "firstTimestamp") : std::string();
  const auto count = before ? integer(find(*before, "count")).value_or(0) : 0;
  return JsonObject{
      {"apiVersion", "v1"},
      {"kind", "Event"},
      {"metadata", JsonObject{{"name", event_name(pod, finding)}, {"namespace", pod.name_space}}},
      {"involvedObject",
       JsonObject{
           {"apiVersion", "v1"}, {"kind", "Pod"}, {"name", pod.name}, {"namespace", pod.name_space}, {"uid", pod.uid}}},
      {"type", "Warning"},
      {"reason", reason_of(finding)},
      {"message", message_of(finding)},
      {"source", JsonObject{{"component", kEventSource}}},
      {"reportingComponent", kEventSource},
      {"firstTimestamp", first.empty() ? time : first},
      {"lastTimestamp", time},
      {"count", count + times}};
}

PodEvents::PodEvents(Doctor doctor, cluster::ObjectsOf objects, const Clock& clock, Log& log)
    : doctor_(std::move(doctor)), objects_(std::move(objects)), clock_(clock), log_(log) {}

std::optional<std::int64_t> PodEvents::claim(const access::RefusedCall& call) {
  const auto now = clock_.now();
  const auto key = call.peer + "\n" + call.pod_uid + "\n" + call.principal + "\n" + call.code;
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(key);
  if (found != seen_.end() && now - found->second.looked < kBetween) {
    ++found->second.unseen;
    return std::nullopt;
  }
  if (waiting_ >= kMostWaiting) return std::nullopt;
  if (found == seen_.end() && seen_.size() >= kMostRemembered) {
    std::erase_if(seen_, [&](const auto& one) { return now - one.second.looked >= kBetween; });
    if (seen_.size() >= kMostRemembered) return std::nullopt;
  }
  ++waiting_;
  const auto unseen = std::exchange(seen_[key], Seen{now, 0}).unseen;
  return unseen + 1;
}

void PodEvents::refused(const access::RefusedCall& call) {
  // Whoever brings a key, or nothing that could be a pod's, is not looked for.
  if (call.with_key || (call.issuer.empty() && call.subject.empty() && call.principal.empty())) return;
  const auto times = claim(call);
  if (!times) return;
  worker_.post([this, id = call.request_id, times = *times] {
    auto report = doctor_.check_request(id);
    if (report && report->pod && !report->pod->called) {
      const auto pod = *report->pod;
      report = doctor_.check_pod(pod.cluster, pod.name_space, pod.name);
    }
    if (report) write(*report, times);
    const std::lock_guard lock(mutex_);
    --waiting_;
    done_.notify_all();
  });
}

void PodEvents::finish() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return waiting_ == 0; });
}

void PodEvents::write(const Report& report, std::int64_t times) {
  const auto* wrong = report.first_wrong();
  if (!wrong || !report.pod) return;
  const auto objects = objects_(report.pod->cluster);
  if (!objects) return;
  const auto path = pod_event_path(*report.pod, *wrong);
  const auto before = (*objects)->get(path);
  const auto event = pod_event(*report.pod, *wrong, clock_.now(), times, before ? &*before : nullptr);
  if (const auto written = (*objects)->apply(path, event); !written)
    log_.warning("doctor", "an event could not be written",
                 {{"pod", report.pod->name}, {"reason", written.error().message}});
}

}  // namespace lazuli::doctor
