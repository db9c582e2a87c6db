#include "doctor/scene.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "cluster/webhook_settings.h"
#include "doctor/commands.h"
#include "doctor/doctor.h"
#include "doctor/words.h"

namespace lazuli::doctor {

namespace {

constexpr std::string_view kLogLines = "200";

// Where the kinds that own pods live.
std::string collection_of(std::string_view kind, std::string_view name_space) {
  static const std::map<std::string, std::string, std::less<>> kGroups = {
      {"replicaset", "apps/v1"}, {"deployment", "apps/v1"}, {"statefulset", "apps/v1"},
      {"daemonset", "apps/v1"},  {"job", "batch/v1"},       {"cronjob", "batch/v1"}};
  const auto lower = to_lower(kind);
  const auto group = kGroups.find(lower);
  if (group == kGroups.end()) return {};
  return "/apis/" + group->second + "/namespaces/" + std::string(name_space) + "/" + lower + "s";
}

std::string pods_path(std::string_view name_space) {
  return "/api/v1/namespaces/" + std::string(name_space) + "/pods";
}

// "deploy/app" → {"deployment", "app"}
std::pair<std::string, std::string> kind_and_name(std::string_view subject) {
  const auto slash = subject.find('/');
  if (slash == std::string_view::npos) return {"pod", std::string(subject)};
  std::string kind = to_lower(subject.substr(0, slash));
  static const std::map<std::string, std::string, std::less<>> kShort = {
      {"po", "pod"},        {"pods", "pod"},        {"deploy", "deployment"}, {"deployments", "deployment"},
      {"rs", "replicaset"}, {"sts", "statefulset"}, {"ds", "daemonset"},      {"jobs", "job"},
      {"cj", "cronjob"},    {"cronjobs", "cronjob"}};
  if (const auto full = kShort.find(kind); full != kShort.end()) kind = full->second;
  return {kind, std::string(subject.substr(slash + 1))};
}

const Json* template_of(const Json& workload) {
  const Json* found = find(workload, "spec", "jobTemplate", "spec", "template");
  return found ? found : find(workload, "spec", "template");
}

class Reader {
 public:
  explicit Reader(Scene& scene) : scene_(scene), objects_(*scene.objects) {}

  Status read(std::string_view subject) {
    const auto [kind, name] = kind_and_name(subject);
    if (auto found = kind == "pod" ? read_pod(name) : read_newest_of(kind, name); !found) return found;
    if (!scene_.planned) {
      scene_.pod_name = scene_.pod_text("name");
      scene_.owners = owners_of(scene_.pod);
      read_events();
    }
    read_service_account();
    read_containers("initContainers", "initContainerStatuses", true);
    read_containers("containers", "containerStatuses", false);
    scene_.identity_injected = !scene_.planned && std::ranges::any_of(scene_.containers, [](const Container& one) {
      return one.environment.find("AZURE_FEDERATED_TOKEN_FILE") != nullptr;
    });
    if (auto webhook = objects_.get(cluster::webhook_path())) scene_.webhook = *std::move(webhook);
    if (const auto node = objects_.get("/api/v1/nodes/" + string_at(scene_.pod, "spec", "nodeName"))) {
      scene_.architecture = string_at(*node, "status", "nodeInfo", "architecture");
    }
    return {};
  }

 private:
  Status read_pod(const std::string& name) {
    auto pod = objects_.get(pods_path(scene_.name_space) + "/" + name);
    if (pod) {
      scene_.pod = *std::move(pod);
      return {};
    }
    if (pod.error().status != 404) return pod.error();
    std::string there;
    for (const auto& other : pods()) there += (there.empty() ? "" : ", ") + string_at(other, "metadata", "name");
    return Error{"NotFound",
                 "There is no pod '" + name + "' in namespace '" + scene_.name_space + "'. There " +
                     (there.empty() ? "are none" : "is: " + there) + "." + elsewhere("/api/v1/pods", name),
                 404};
  }

  // Whoever forgets the namespace is told it.
  std::string elsewhere(const std::string& all, const std::string& name) {
    const auto list = objects_.get(all + "?fieldSelector=metadata.name%3D" + percent_encode(name));
    const Json* items = list ? find(*list, "items") : nullptr;
    if (!items || !items->is_array() || items->get_array().empty()) return {};
    return " There is one in namespace '" + string_at(items->get_array().front(), "metadata", "namespace") +
           "': say it with --namespace.";
  }

  Status read_newest_of(const std::string& kind, const std::string& name) {
    const auto collection = collection_of(kind, scene_.name_space);
    if (collection.empty()) return Error{"BadRequest", "A pod or a workload is needed, not '" + kind + "'.", 400};
    auto workload = objects_.get(collection + "/" + name);
    if (!workload) {
      return Error{"NotFound",
                   "There is no " + kind + " '" + name + "' in namespace '" + scene_.name_space + "'." +
                       elsewhere(replace_all(collection, "/namespaces/" + scene_.name_space, ""), name),
                   404};
    }
    for (auto& pod : pods()) {
      const auto owners = owners_of(pod);
      const bool owned = std::ranges::any_of(owners, [&](const Owner& owner) {
        return equals_ignoring_case(owner.kind, kind) && string_at(owner.object, "metadata", "name") == name;
      });
      const auto created = string_at(pod, "metadata", "creationTimestamp");
      if (owned && (scene_.pod.is_null() || created > scene_.pod_text("creationTimestamp")))
        scene_.pod = std::move(pod);
    }
    if (!scene_.pod.is_null() && !cannot_make_pods(*workload)) return {};
    scene_.why_no_pod = why_no_pod(*workload);
    if (template_of(*workload)) return plan(kind, *std::move(workload));
    return Error{"NotFound", "The " + kind + " '" + name + "' has no pod. " + scene_.why_no_pod, 404};
  }

  // What is there comes from an earlier template; pods of the present one are refused.
  static bool cannot_make_pods(const Json& workload) {
    const Json* conditions = find(workload, "status", "conditions");
    if (!conditions || !conditions->is_array()) return false;
    return std::ranges::any_of(conditions->get_array(), [](const Json& one) {
      return string_at(one, "type") == "ReplicaFailure" && string_at(one, "status") == "True";
    });
  }

  // The pod that the workload would make, without what the webhook would add to it.
  Status plan(const std::string& kind, Json workload) {
    scene_.planned = true;
    scene_.pod = *template_of(workload);
    scene_.owners = owners_of(workload);
    const auto named = string_at(workload, "kind");
    scene_.owners.insert(scene_.owners.begin(), {named.empty() ? kind : named, std::move(workload)});
    return {};
  }

  // What stands in the way of pods being made (a refused admission) is told by events of what would make them. A
  // workload of the same name may have been there before.
  std::string why_no_pod(const Json& workload) {
    const auto name = string_at(workload, "metadata", "name");
    const auto since = string_at(workload, "metadata", "creationTimestamp");
    const auto events = objects_.get("/api/v1/namespaces/" + scene_.name_space + "/events");
    const Json* items = events ? find(*events, "items") : nullptr;
    if (!items || !items->is_array()) return {};
    std::string newest, message;
    for (const auto& event : items->get_array()) {
      const auto at = string_at(event, "lastTimestamp");
      if (string_at(event, "reason") != "FailedCreate" || at < since || at < newest ||
          !string_at(event, "involvedObject", "name").starts_with(name)) {
        continue;
      }
      newest = at;
      message = string_at(event, "message");
    }
    return message;
  }

  std::vector<Json> pods() {
    const auto list = objects_.get(pods_path(scene_.name_space));
    const Json* items = list ? find(*list, "items") : nullptr;
    if (!items || !items->is_array()) return {};
    return {items->get_array().begin(), items->get_array().end()};
  }

  std::vector<Owner> owners_of(const Json& object) {
    std::vector<Owner> found;
    Json at = object;
    constexpr int kMostSteps = 4;  // CronJob over Job is the longest that Kubernetes makes
    for (int step = 0; step < kMostSteps; ++step) {
      const Json* references = find(at, "metadata", "ownerReferences");
      if (!references || !references->is_array() || references->get_array().empty()) break;
      const Json& first = references->get_array().front();
      const auto kind = string_at(first, "kind");
      const auto collection = collection_of(kind, scene_.name_space);
      if (collection.empty()) break;
      auto owner = objects_.get(collection + "/" + string_at(first, "name"));
      if (!owner) break;
      at = *owner;
      found.push_back({kind, *std::move(owner)});
    }
    return found;
  }

  void read_service_account() {
    auto name = string_at(scene_.pod, "spec", "serviceAccountName");
    scene_.service_account_name = name.empty() ? "default" : name;
    auto held =
        objects_.get("/api/v1/namespaces/" + scene_.name_space + "/serviceaccounts/" + scene_.service_account_name);
    if (held) scene_.service_account = *std::move(held);
  }

  void read_events() {
    const auto list = objects_.get("/api/v1/namespaces/" + scene_.name_space +
                                   "/events?fieldSelector=involvedObject.name%3D" + scene_.pod_name);
    const Json* items = list ? find(*list, "items") : nullptr;
    if (!items || !items->is_array()) return;
    for (const auto& event : items->get_array()) {
      // The doctor's own words of before are no evidence.
      if (string_at(event, "source", "component") != kEventSource) scene_.events.push_back(string_at(event, "message"));
    }
  }

  void read_containers(std::string_view list, std::string_view statuses, bool init) {
    const Json* held = find(scene_.pod, "spec", list);
    if (!held || !held->is_array()) return;
    for (const auto& spec : held->get_array()) {
      Container made;
      made.name = string_at(spec, "name");
      made.init = init;
      made.spec = spec;
      made.status = status_of(statuses, made.name);
      made.environment = read_environment(objects_, scene_.name_space, spec);
      made.log = log_of(made);
      scene_.containers.push_back(std::move(made));
    }
  }

  Json status_of(std::string_view list, std::string_view name) const {
    const Json* held = find(scene_.pod, "status", list);
    if (!held || !held->is_array()) return nullptr;
    for (const auto& status : held->get_array()) {
      if (string_at(status, "name") == name) return status;
    }
    return nullptr;
  }

  std::string log_of(const Container& container) {
    if (scene_.planned) return {};
    const auto path = pods_path(scene_.name_space) + "/" + scene_.pod_name + "/log?container=" + container.name +
                      "&tailLines=" + std::string(kLogLines);
    std::string text;
    const auto restarts = integer(find(container.status, "restartCount")).value_or(0);
    if (restarts > 0) {
      if (const auto before = objects_.text(path + "&previous=true")) text = *before;
    }
    if (const auto now = objects_.text(path)) text += *now;
    return text;
  }

  Scene& scene_;
  cluster::Objects& objects_;
};

Finding& add(Report& report, Finding finding) {
  report.findings.push_back(std::move(finding));
  return report.findings.back();
}

}  // namespace

const Json* Container::state(std::string_view wanted) const {
  if (const Json* now = find(status, "state", wanted)) return now;
  return wanted == "terminated" ? find(status, "lastState", wanted) : nullptr;
}

std::string Scene::pod_text(std::string_view field) const {
  return string_at(pod, "metadata", field);
}
std::string Scene::label(std::string_view name) const {
  return string_at(pod, "metadata", "labels", name);
}
std::string Scene::annotation(std::string_view name) const {
  return string_at(pod, "metadata", "annotations", name);
}
std::string Scene::account_annotation(std::string_view name) const {
  return service_account ? string_at(*service_account, "metadata", "annotations", name) : std::string();
}

std::string Scene::subscription() const {
  const auto& text = cluster.text();  // empty where no cluster is known
  return text.substr(0, text.find('/', std::string_view("/subscriptions/").size()));
}

std::string Scene::issuer() const {
  const auto* profile = cluster_document.property("oidcIssuerProfile");
  return profile && bool_or(find(*profile, "enabled")) ? string_at(*profile, "issuerURL") : std::string();
}

std::string Scene::token_subject() const {
  return "system:serviceaccount:" + name_space + ":" + service_account_name;
}

Presented Scene::presented() const {
  if (brought) return *brought;
  return {issuer(), token_subject(), std::string(kAudience)};
}

std::string Scene::all_logs() const {
  std::string all;
  for (const auto& container : containers) all += container.log;
  return all;
}

const Json* Scene::pod_template() const {
  for (const auto& owner : owners) {
    if (const Json* found = template_of(owner.object)) return found;
  }
  return nullptr;
}

bool Scene::template_sets(const Container& container, std::string_view variable) const {
  const Json* made_from = pod_template();
  const Json* list = made_from ? find(*made_from, "spec", container.init ? "initContainers" : "containers") : nullptr;
  if (!list || !list->is_array()) return false;
  return std::ranges::any_of(list->get_array(), [&](const Json& one) {
    const Json* env = string_at(one, "name") == container.name ? find(one, "env") : nullptr;
    return env && env->is_array() && std::ranges::any_of(env->get_array(), [&](const Json& entry) {
             return string_at(entry, "name") == variable;
           });
  });
}

Finding& Scene::good(std::string link, std::string found) {
  return add(report, {std::move(link), Verdict::good, {}, {}, std::move(found), {}});
}
Finding& Scene::unknown(std::string link, std::string found) {
  return add(report, {std::move(link), Verdict::unknown, {}, {}, std::move(found), {}});
}
Finding& Scene::wrong(std::string link, std::string cause) {
  return add(report, {std::move(link), Verdict::wrong, std::move(cause), {}, {}, {}});
}
Finding& Scene::warning(std::string link, std::string cause) {
  return add(report, {std::move(link), Verdict::warning, std::move(cause), {}, {}, {}});
}

Result<Scene> read_scene(const Parts& parts, const arm::ResourceId& cluster, std::string_view name_space,
                         std::string_view subject) {
  auto document = parts.service.resources().get(cluster);
  if (!document) return arm::resource_not_found(cluster);
  auto objects = parts.objects(cluster.text());
  if (!objects) return objects.error();
  Scene scene{parts, cluster, *std::move(document), std::string(name_space), {}, *std::move(objects)};
  if (auto read = Reader(scene).read(subject); !read) return read.error();
  const auto where = " in namespace " + scene.name_space + " of cluster " + cluster.name();
  if (scene.planned) {
    scene.report.subject = commands::workload(scene) + where;
    return scene;
  }
  scene.report.pod = PodReference{cluster.text(), scene.name_space, scene.pod_name, scene.pod_text("uid"), false};
  scene.report.subject = "pod/" + scene.pod_name + where;
  return scene;
}

}  // namespace lazuli::doctor
