#include "store/store.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <map>
#include <mutex>

namespace lazuli::store {

namespace {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

Error store_error(sqlite3* database, std::string_view doing) {
  // 507 and not 500, which clients would try again by themselves.
  if (database && sqlite3_errcode(database) == SQLITE_FULL)
    return Error{"DiskFull",
                 "The disk of lazuli's state (" + std::string(sqlite3_db_filename(database, "main")) +
                     ") is full, and nothing of this change was kept. Make room on it and try again.",
                 507};
  return Error{"StoreError",
               "The state database failed while " + std::string(doing) + ": " +
                   (database ? sqlite3_errmsg(database) : "out of memory"),
               500};
}

// A prepared statement that is kept for the life of its connection; reset after each use.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;

  Statement& bind(int at, std::string_view text) {
    // An empty view may point nowhere, which SQLite would take for NULL.
    sqlite3_bind_text(statement_, at, text.empty() ? "" : text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(int at, std::int64_t number) {
    sqlite3_bind_int64(statement_, at, number);
    return *this;
  }
  int step() { return sqlite3_step(statement_); }
  void reset() { sqlite3_reset(statement_); }
  std::string_view text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return {bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

constexpr const char* kSchema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;"
    "CREATE TABLE IF NOT EXISTS documents (collection TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,"
    " body TEXT NOT NULL, PRIMARY KEY (collection, key)) WITHOUT ROWID;";

struct Statements {
  explicit Statements(sqlite3* database)
      : begin(database, "BEGIN IMMEDIATE"),
        commit(database, "COMMIT"),
        rollback(database, "ROLLBACK"),
        get(database, "SELECT body, version FROM documents WHERE collection = ?1 AND key = ?2"),
        list(database,
             "SELECT key, body, version FROM documents WHERE collection = ?1 AND key >= ?2 ORDER BY key LIMIT ?3 "
             "OFFSET ?4"),
        put(database,
            "INSERT INTO documents (collection, key, version, body) VALUES (?1, ?2, 1, ?3)"
            " ON CONFLICT (collection, key) DO UPDATE SET version = version + 1, body = excluded.body"),
        erase(database, "DELETE FROM documents WHERE collection = ?1 AND key = ?2") {}
  Statement begin, commit, rollback, get, list, put, erase;
};

Json stored_json(std::string_view body) {
  auto value = parse_json(body, JsonLimits{512});
  return value ? *std::move(value) : Json(nullptr);
}

std::optional<Document> read_one(Statement& get, std::string_view collection, std::string_view key) {
  std::optional<Document> found;
  get.bind(1, collection).bind(2, key);
  if (get.step() == SQLITE_ROW) found = Document{std::string(key), stored_json(get.text(0)), get.number(1)};
  get.reset();
  return found;
}

std::vector<Document> read_list(Statement& list, std::string_view collection, std::string_view prefix,
                                std::size_t limit) {
  std::vector<Document> found;
  list.bind(1, collection)
      .bind(2, prefix)
      .bind(3, limit == 0 ? -1 : static_cast<std::int64_t>(limit))
      .bind(4, std::int64_t{0});
  while (list.step() == SQLITE_ROW) {
    const std::string_view key = list.text(0);
    if (!key.starts_with(prefix)) break;
    found.push_back(Document{std::string(key), stored_json(list.text(1)), list.number(2)});
  }
  list.reset();
  return found;
}

}  // namespace

struct Store::State {
  Database database;                       // one connection; SQLite's own locking is not relied on
  std::unique_ptr<Statements> statements;  // prepared on it
  mutable std::mutex mutex;                // owns database and statements
  std::mutex watchers_mutex;
  std::multimap<std::string, std::weak_ptr<Watcher>> watchers;

  void tell(const std::vector<Change>& changes);
};

namespace {

class OpenTransaction final : public Transaction {
 public:
  explicit OpenTransaction(Statements& statements) : statements_(statements) {}

  std::optional<Document> get(std::string_view collection, std::string_view key) override {
    return read_one(statements_.get, collection, key);
  }

  std::vector<Document> list(std::string_view collection, std::string_view prefix, std::size_t limit) override {
    return read_list(statements_.list, collection, prefix, limit);
  }

  void put(std::string_view collection, std::string_view key, const Json& value) override {
    run(statements_.put.bind(1, collection).bind(2, key).bind(3, to_text(value)));
    changes_.push_back(Change{std::string(collection), std::string(key), std::make_shared<const Json>(value)});
  }

  bool erase(std::string_view collection, std::string_view key) override {
    if (!get(collection, key)) return false;
    run(statements_.erase.bind(1, collection).bind(2, key));
    changes_.push_back(Change{std::string(collection), std::string(key), nullptr});
    return true;
  }

  bool failed() const { return failed_; }
  const std::vector<Change>& changes() const { return changes_; }

 private:
  void run(Statement& statement) {
    failed_ = failed_ || statement.step() != SQLITE_DONE;
    statement.reset();
  }

  Statements& statements_;
  std::vector<Change> changes_;
  bool failed_ = false;
};

bool run(Statement& statement) {
  const bool done = statement.step() == SQLITE_DONE;
  statement.reset();
  return done;
}

}  // namespace

void Store::State::tell(const std::vector<Change>& changes) {
  if (changes.empty()) return;
  std::vector<std::pair<std::shared_ptr<Watcher>, const Change*>> calls;
  {
    const std::lock_guard lock(watchers_mutex);
    std::erase_if(watchers, [](const auto& entry) { return entry.second.expired(); });
    for (const auto& change : changes) {
      const auto [first, last] = watchers.equal_range(change.collection);
      for (auto entry = first; entry != last; ++entry) {
        if (auto watcher = entry->second.lock()) calls.emplace_back(std::move(watcher), &change);
      }
    }
  }
  for (const auto& [watcher, change] : calls) (*watcher)(*change);
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
  auto state = std::make_unique<State>();
  sqlite3* raw = nullptr;
  const mode_t before = ::umask(0077);
  const int opened =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  state->database.reset(raw);
  const bool ready = opened == SQLITE_OK && sqlite3_exec(raw, kSchema, nullptr, nullptr, nullptr) == SQLITE_OK;
  ::umask(before);
  if (!ready) return store_error(raw, "opening " + path);
  state->statements = std::make_unique<Statements>(raw);
  return std::unique_ptr<Store>(new Store(std::move(state)));
}

std::unique_ptr<Store> Store::in_memory() {
  auto store = open(":memory:");
  return *std::move(store);
}

Status Store::transact(const std::function<Status(Transaction&)>& work) {
  std::vector<Change> changes;
  {
    const std::lock_guard lock(state_->mutex);
    Statements& statements = *state_->statements;
    if (!lazuli::store::run(statements.begin)) return store_error(state_->database.get(), "beginning a transaction");
    OpenTransaction transaction(statements);
    Status status;
    try {
      status = work(transaction);
    } catch (...) {
      lazuli::store::run(statements.rollback);
      throw;
    }
    if (!status || transaction.failed()) {
      const Error error = status ? store_error(state_->database.get(), "writing") : status.error();
      lazuli::store::run(statements.rollback);
      return error;
    }
    if (!lazuli::store::run(statements.commit)) {
      const Error error = store_error(state_->database.get(), "committing");
      lazuli::store::run(statements.rollback);
      return error;
    }
    changes = transaction.changes();
    // Still under the lock, so that watchers see changes in commit order.
    state_->tell(changes);
  }
  return {};
}

std::optional<Document> Store::get(std::string_view collection, std::string_view key) const {
  const std::lock_guard lock(state_->mutex);
  return read_one(state_->statements->get, collection, key);
}

std::vector<Document> Store::list(std::string_view collection, std::string_view prefix, std::size_t limit) const {
  const std::lock_guard lock(state_->mutex);
  return read_list(state_->statements->list, collection, prefix, limit);
}

Status Store::put(std::string_view collection, std::string_view key, const Json& value) {
  return transact([&](Transaction& transaction) -> Status {
    transaction.put(collection, key, value);
    return {};
  });
}

Status Store::erase(std::string_view collection, std::string_view key) {
  return transact([&](Transaction& transaction) -> Status {
    transaction.erase(collection, key);
    return {};
  });
}

Status Store::compare_and_set(std::string_view collection, std::string_view key, std::int64_t expected,
                              const Json& value) {
  return transact([&](Transaction& transaction) -> Status {
    const auto stored = transaction.get(collection, key);
    if ((stored ? stored->version : 0) != expected) {
      return Error{"VersionConflict", "The document was changed by somebody else in the meantime.", 412,
                   std::string(key)};
    }
    transaction.put(collection, key, value);
    return {};
  });
}

Status Store::update(std::string_view collection, std::string_view key, const std::function<Status(Json&)>& change) {
  return transact([&](Transaction& transaction) -> Status {
    auto stored = transaction.get(collection, key);
    if (!stored) return Error{"NotFound", "There is no document " + std::string(key) + ".", 404, std::string(key)};
    if (auto changed = change(stored->value); !changed) return changed;
    transaction.put(collection, key, stored->value);
    return {};
  });
}

std::shared_ptr<void> Store::watch(std::string collection, Watcher watcher) {
  auto handle = std::make_shared<Watcher>(std::move(watcher));
  const std::lock_guard lock(state_->watchers_mutex);
  state_->watchers.emplace(std::move(collection), handle);
  return handle;
}

}  // namespace lazuli::store
