#include "cluster/clusters.h"

#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "base/worker_pool.h"
#include "cluster/engine.h"
#include "cluster/leftovers.h"
#include "cluster/records.h"
#include "cluster/toolbox.h"
#include "crypto/keys.h"

namespace lazuli::cluster {
namespace {

// One cluster of this program. `work` serializes what changes it; readers take what they need without it.
struct Entry {
  std::mutex work;
  std::deque<TimePoint> repairs;  // when it was brought back after a part had ended; guarded by `work`
  Record record;
  std::unique_ptr<Engine> engine;
};
using EntryPointer = std::shared_ptr<Entry>;

Error not_running(std::string_view id) {
  return Error{"ClusterNotRunning", "The cluster " + std::string(id) + " is not running.", 409};
}

// A cluster that keeps breaking is left alone: something is wrong that starting it again does not mend.
constexpr std::size_t kMostRepairs = 3;
constexpr auto kRepairTime = std::chrono::minutes(10);

const Progress kSilent = [](std::string_view) {};
const Cancelled kNever = [] { return false; };

// The records of a state directory's clusters, and the files that are none.
struct Records {
  std::vector<Record> read;
  std::vector<std::string> broken;
};

Records read_records(const std::string& directory) {
  Records records;
  std::error_code ignored;
  for (const auto& each : std::filesystem::directory_iterator(directory, ignored)) {
    const auto file = each.path() / "cluster.json";
    const auto text = read_file(file, std::size_t{1} << 20);
    if (!text) continue;
    if (auto record = record_from(*text)) {
      records.read.push_back(*std::move(record));
    } else {
      records.broken.push_back(file.string());
    }
  }
  return records;
}

}  // namespace

struct Clusters::State {
  EngineParts parts;
  std::string directory;
  std::string attached_kubeconfig;
  mutable std::mutex mutex;
  std::map<std::string, EntryPointer> entries;  // by lower-case id
  std::atomic<bool> closing{false};
  std::vector<std::thread> background;
  std::unique_ptr<WorkerPool> keeper = std::make_unique<WorkerPool>("cluster-keeper", 1);

  State(Parts given)
      : parts{given.bundle_program,
              given.doors_address,
              given.clock,
              given.random,
              given.log,
              given.doors,
              given.names,
              [this](const std::string& id) { broken(id); }},
        directory(given.state_directory),
        attached_kubeconfig(given.attached_kubeconfig) {}

  // A part of a running cluster ended by itself: the whole is started again, by a thread that is not the part's watch.
  void broken(const std::string& id) {
    keeper->post([this, id] { repair(id); });
  }
  void repair(const std::string& id);

  std::string folder_of(std::string_view id) const {
    // The name of a folder, and of what is derived from it, is short and safe whatever the id looks like.
    return directory + "/" + hex(crypto::sha256(to_lower(id))).substr(0, 12);
  }

  std::unique_ptr<Engine> engine_for(const Record& record) const {
    if (!record.kubeconfig.empty()) return make_attached_cluster(parts, record.spec, record.kubeconfig);
    return make_local_cluster(parts, record.spec, folder_of(record.spec.id));
  }

  EntryPointer find(std::string_view id) const {
    const std::lock_guard lock(mutex);
    const auto found = entries.find(to_lower(id));
    return found == entries.end() ? nullptr : found->second;
  }

  EntryPointer add(const Record& record) {
    const std::lock_guard lock(mutex);
    auto& entry = entries[to_lower(record.spec.id)];
    if (!entry) {
      entry = std::make_shared<Entry>();
      entry->record = record;
      entry->engine = engine_for(record);
    }
    return entry;
  }

  Status save(const Record& record) const {
    const auto folder = folder_of(record.spec.id);
    if (auto made = make_directories(folder); !made) return made;
    return write_file(folder + "/cluster.json", to_pretty(to_json(record)));
  }

  void load();
  Status bring_up(Entry& entry, const Progress& progress, const Cancelled& cancelled);
};

void Clusters::State::load() {
  const auto records = read_records(directory);
  for (const auto& file : records.broken)
    parts.log.error("cluster", "a cluster's record cannot be read", {{"file", file}});
  for (const auto& record : records.read) add(record);
}

void Clusters::State::repair(const std::string& id) {
  const auto entry = find(id);
  if (!entry || closing) return;
  const std::lock_guard lock(entry->work);
  if (!entry->record.wanted || entry->engine->running()) return;
  const auto now = parts.clock.now();
  while (!entry->repairs.empty() && entry->repairs.front() < now - kRepairTime) entry->repairs.pop_front();
  if (entry->repairs.size() >= kMostRepairs) {
    parts.log.error("cluster", "a cluster keeps breaking, and is left stopped", {{"cluster", entry->record.spec.name}});
    [[maybe_unused]] const auto stopped = entry->engine->stop(kSilent);
    return;
  }
  entry->repairs.push_back(now);
  [[maybe_unused]] const auto stopped = entry->engine->stop(kSilent);
  if (const auto up = bring_up(*entry, kSilent, kNever); !up && !closing)
    parts.log.error("cluster", "a cluster could not be brought back",
                    {{"cluster", entry->record.spec.name}, {"reason", up.error().message}});
}

Status Clusters::State::bring_up(Entry& entry, const Progress& progress, const Cancelled& cancelled) {
  if (!entry.record.wanted) {
    entry.record.wanted = true;
    if (auto saved = save(entry.record); !saved) return saved;
  }
  return entry.engine->start(progress, [&] { return closing || cancelled(); });
}

Clusters::Clusters(Parts parts) : state_(std::make_unique<State>(std::move(parts))) {
  if (const auto cgroups = Cgroups::of_machine()) sweep_owned(*cgroups, state_->directory);
  state_->load();
}

Clusters::~Clusters() {
  state_->closing = true;
  for (auto& thread : state_->background) thread.join();
  std::vector<std::thread> stopping;
  for (auto& [id, entry] : state_->entries)
    stopping.emplace_back([each = entry] {
      const std::lock_guard lock(each->work);
      [[maybe_unused]] const auto stopped = each->engine->stop(kSilent);
    });
  for (auto& thread : stopping) thread.join();
  state_->keeper.reset();  // now that nobody is left who would give it work
}

Status Clusters::create(const ClusterSpec& spec, const Progress& progress, const Cancelled& cancelled) {
  const auto entry = state_->add(Record{spec, false, state_->attached_kubeconfig});
  const std::lock_guard lock(entry->work);
  return state_->bring_up(*entry, progress, cancelled);
}

Status Clusters::start(std::string_view id, const Progress& progress, const Cancelled& cancelled) {
  const auto entry = state_->find(id);
  if (!entry) return not_running(id);
  const std::lock_guard lock(entry->work);
  return state_->bring_up(*entry, progress, cancelled);
}

Status Clusters::stop(std::string_view id, const Progress& progress) {
  const auto entry = state_->find(id);
  if (!entry) return {};
  const std::lock_guard lock(entry->work);
  entry->record.wanted = false;
  if (auto saved = state_->save(entry->record); !saved) return saved;
  return entry->engine->stop(progress);
}

Status Clusters::remove(std::string_view id, const Progress& progress) {
  const auto entry = state_->find(id);
  if (!entry) return {};
  const std::lock_guard lock(entry->work);
  entry->record.wanted = false;  // whoever waits to bring it back, now or after a crash, leaves it
  if (auto saved = state_->save(entry->record); !saved) return saved;
  if (auto removed = entry->engine->remove(progress); !removed) return removed;
  if (auto removed = remove_tree(state_->folder_of(id)); !removed) return removed;
  const std::lock_guard list(state_->mutex);
  state_->entries.erase(to_lower(id));
  return {};
}

bool Clusters::running(std::string_view id) const {
  const auto entry = state_->find(id);
  return entry && entry->engine->running();
}

void Clusters::resume() {
  const std::lock_guard lock(state_->mutex);
  for (const auto& [id, entry] : state_->entries) {
    state_->background.emplace_back([this, each = entry] {
      const std::lock_guard work(each->work);
      if (!each->record.wanted) return;
      const auto up = state_->bring_up(*each, kSilent, kNever);
      if (up || state_->closing) return;
      state_->parts.log.error("cluster", "a cluster could not be brought back",
                              {{"cluster", each->record.spec.name}, {"reason", up.error().message}});
    });
  }
}

Result<std::shared_ptr<KubeClient>> Clusters::client(std::string_view id) const {
  const auto entry = state_->find(id);
  if (!entry) return not_running(id);
  return entry->engine->client();
}

Result<std::string> Clusters::kubeconfig(std::string_view id, bool admin) const {
  const auto entry = state_->find(id);
  if (!entry) return not_running(id);
  return entry->engine->kubeconfig(admin);
}

Result<Json> Clusters::service_account_keys(std::string_view id) const {
  const auto entry = state_->find(id);
  if (!entry) return not_running(id);
  return entry->engine->service_account_keys();
}

Result<std::string> Clusters::issuer(std::string_view id) const {
  const auto entry = state_->find(id);
  if (!entry) return not_running(id);
  return entry->engine->issuer();
}

Result<std::string> Clusters::kubectl(std::string_view id) const {
  const auto entry = state_->find(id);
  if (!entry) return not_running(id);
  return entry->engine->kubectl();
}

std::string Clusters::kubernetes_version() const {
  return kKubernetesVersion;
}

std::vector<std::string> Clusters::sweep(const std::string& state_directory) {
  if (const auto cgroups = Cgroups::of_machine()) sweep_owned(*cgroups, state_directory);
  std::vector<std::string> kept;
  for (const auto& record : read_records(state_directory).read) {
    if (record.kubeconfig.empty()) continue;
    if (const auto gone = detach_cluster(record.spec, record.kubeconfig); !gone)
      kept.push_back("The attached cluster " + record.spec.name + " (" + record.kubeconfig +
                     ") keeps what lazuli has there: " + gone.error().message);
  }
  return kept;
}

}  // namespace lazuli::cluster
