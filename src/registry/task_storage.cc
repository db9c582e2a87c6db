#include "registry/task_storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "registry/sas.h"

namespace lazuli::registry {

namespace {

constexpr std::uint64_t kLargestUpload = std::uint64_t{4} << 30;
constexpr std::size_t kMostBlocks = 50000;  // Azure's own
constexpr std::chrono::hours kSourceLifetime{24};
constexpr std::chrono::seconds kPatience{2};
constexpr unsigned kMostWaiting = 4;  // each holds a thread

std::string container_of(std::string_view registry_id) {
  return "container-" + hex(crypto::sha256(to_lower(registry_id)).substr(0, 16));
}

std::string log_path(std::string_view registry_id, std::string_view run) {
  return "/" + container_of(registry_id) + "/logs/" + std::string(run) + "/rawtext.log";
}

bool plain(std::string_view part) {
  return !part.empty() && part.front() != '.' && std::all_of(part.begin(), part.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
  });
}

Error blob_not_found() {
  return {"BlobNotFound", "The specified blob does not exist.", 404};
}

struct stat stat_of(const std::filesystem::path& file, bool& there) {
  struct stat about {};
  there = ::stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode);
  return about;
}

// "bytes=A-B" or "bytes=A-".
std::optional<std::pair<std::uint64_t, std::uint64_t>> requested_range(const net::Request& request,
                                                                       std::uint64_t size) {
  std::string_view text = request.headers.get("x-ms-range");
  if (text.empty()) text = request.headers.get("Range");
  if (!text.starts_with("bytes=")) return std::nullopt;
  text.remove_prefix(6);
  std::uint64_t first = 0, last = size;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), first);
  if (error != std::errc() || end == text.data() + text.size() || *end != '-') return std::nullopt;
  std::from_chars(end + 1, text.data() + text.size(), last);
  return std::pair{first, std::min(last + 1, size)};
}

// The block ids of <BlockList><Latest>ID</Latest>…</BlockList>; Committed and Uncommitted are the same here.
std::vector<std::string> block_ids(std::string_view xml) {
  std::vector<std::string> out;
  for (std::size_t at = xml.find("<BlockList"); at != std::string_view::npos && out.size() <= kMostBlocks;) {
    at = xml.find('<', at + 1);
    if (at == std::string_view::npos) break;
    const auto close = xml.find('>', at);
    const auto end = xml.find('<', at + 1);
    if (close == std::string_view::npos || end == std::string_view::npos) break;
    if (xml[at + 1] != '/') out.emplace_back(trim(xml.substr(close + 1, end - close - 1)));
  }
  return out;
}

}  // namespace

TaskStorage::TaskStorage(store::Store& store, BlobStore& blobs, const Clock& clock, Random& random,
                         std::filesystem::path directory, std::string tenant_id)
    : blobs_(blobs),
      clock_(clock),
      random_(random),
      directory_(std::move(directory)),
      tenant_id_(std::move(tenant_id)) {
  if (const auto kept = store.get("registry.keys", "storage")) {
    key_ = hex_decode(string_at(kept->value, "key")).value_or("");
  }
  if (key_.empty()) {
    key_ = random_.bytes(32);
    (void)store.put("registry.keys", "storage", JsonObject{{"key", hex(key_)}});  // not kept: URLs end at a restart
  }
  (void)make_directories(directory_);
}

std::filesystem::path TaskStorage::file_of(std::string_view url_path) const {
  const auto parts = split(url_path, '/');
  if (parts.size() < 2 || parts.size() > 6 || !parts.front().starts_with("container-")) return {};
  std::filesystem::path out = directory_;
  for (const auto& part : parts) {
    if (!plain(part)) return {};
    out /= part;
  }
  return out;
}

std::string TaskStorage::sign(const std::string& path, std::string_view permissions,
                              std::chrono::minutes lifetime) const {
  const TimePoint now = clock_.now();
  const SasGrant grant{std::string(kTaskHost), path, std::string(permissions), now + lifetime};
  return "https://" + std::string(kTaskHost) + path + "?" + sas_query(key_, grant, now, tenant_id_);
}

TaskStorage::Area TaskStorage::upload_area(std::string_view registry_id) {
  // Contexts whose build never began are swept as new ones come.
  const auto sources = directory_ / container_of(registry_id) / "tasks-source";
  std::error_code ignored;
  const auto oldest = std::filesystem::file_time_type::clock::now() - kSourceLifetime;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sources, ignored))
    if (entry.is_regular_file(ignored) && entry.last_write_time(ignored) < oldest)
      std::filesystem::remove(entry.path(), ignored);
  std::string day = iso8601(clock_.now(), 0).substr(0, 10);
  std::erase(day, '-');
  const std::string relative = "tasks-source/" + day + "0000/" + hex(random_.bytes(16)) + ".tar.gz";
  return {sign("/" + container_of(registry_id) + "/" + relative, "cw", std::chrono::hours(1)), relative};
}

std::string TaskStorage::log_url(std::string_view registry_id, std::string_view run) const {
  return sign(log_path(registry_id, run), "r", std::chrono::minutes(70));
}

std::filesystem::path TaskStorage::source(std::string_view registry_id, std::string_view relative_path) const {
  if (!relative_path.starts_with("tasks-source/")) return {};
  return file_of("/" + container_of(registry_id) + "/" + std::string(relative_path));
}

void TaskStorage::remove_source(std::string_view registry_id, std::string_view relative_path) {
  const auto file = source(registry_id, relative_path);
  if (!file.empty()) ::unlink(file.c_str());
}

void TaskStorage::start_log(std::string_view registry_id, std::string_view run) {
  const auto file = file_of(log_path(registry_id, run));
  {
    const std::lock_guard lock(mutex_);
    logs_[file.string()].live = true;
  }
  (void)make_directories(file.parent_path());
  (void)write_file(file.string() + ".meta", "{}");
  (void)write_file(file, "");
}

void TaskStorage::append_log(std::string_view registry_id, std::string_view run, std::string_view text) {
  const auto file = file_of(log_path(registry_id, run));
  const std::lock_guard lock(mutex_);
  const int log = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (log < 0) return;
  if (const ssize_t wrote = ::write(log, text.data(), text.size()); wrote >= 0) {
    LogState& state = logs_[file.string()];
    ++state.blocks;
    state.size += static_cast<std::uint64_t>(wrote);
  }
  ::close(log);
  news_.notify_all();
}

void TaskStorage::complete_log(std::string_view registry_id, std::string_view run, std::string_view how) {
  const auto file = file_of(log_path(registry_id, run));
  const std::lock_guard lock(mutex_);
  const LogState state = logs_[file.string()];
  logs_.erase(file.string());
  (void)write_file(file.string() + ".meta",
                   to_text(JsonObject{{"complete", how}, {"blocks", std::max(state.blocks, 1U)}}));
  news_.notify_all();
}

TaskStorage::LogState TaskStorage::wait_for_news(const std::filesystem::path& file) const {
  {
    std::unique_lock lock(mutex_);
    if (waiting_ < kMostWaiting) {
      ++waiting_;
      news_.wait_for(lock, kPatience, [&] {
        const auto live = logs_.find(file.string());
        return live == logs_.end() || live->second.size != live->second.told;
      });
      --waiting_;
    }
    if (const auto live = logs_.find(file.string()); live != logs_.end()) {
      live->second.told = live->second.size;
      return live->second;
    }
  }
  return log_state(file);
}

void TaskStorage::remove_all(std::string_view registry_id) {
  (void)remove_tree(directory_ / container_of(registry_id));
}

TaskStorage::LogState TaskStorage::log_state(const std::filesystem::path& file) const {
  const std::lock_guard lock(mutex_);
  if (const auto live = logs_.find(file.string()); live != logs_.end()) return live->second;
  const auto kept = read_file(file.string() + ".meta");
  const auto parsed = kept ? parse_json(*kept) : Result<Json>(kept.error());
  if (!parsed) return {};
  return {static_cast<unsigned>(integer(find(*parsed, "blocks")).value_or(1)), string_at(*parsed, "complete")};
}

void TaskStorage::add_headers(net::Response& response) const {
  response.headers.set("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0");
  response.headers.set("x-ms-request-id", random_.uuid());
  response.headers.set("x-ms-version", "2023-11-03");
}

net::Response TaskStorage::failure(const net::Request& request, const Error& error) const {
  net::Response response = net::Response::empty(error.status);
  add_headers(response);
  response.headers.set("x-ms-error-code", error.code);
  if (request.method == "HEAD") return response;
  std::string message = replace_all(replace_all(error.message, "&", "&amp;"), "<", "&lt;");
  response.headers.set("Content-Type", "application/xml");
  response.body = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>" + error.code +
                  "</Code><Message>" + message + "\nRequestId:" + std::string(response.headers.get("x-ms-request-id")) +
                  "\nTime:" + iso8601(clock_.now()) + "</Message></Error>";
  return response;
}

net::Response TaskStorage::read(const net::Request& request) const {
  if (request.method != "GET" && request.method != "HEAD")
    return failure(request, {"UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.", 405});
  if (auto signed_well = check_sas(key_, request.host, request.path, request.query, 'r', clock_.now()); !signed_well)
    return failure(request, signed_well.error());
  const auto file = file_of(request.path);
  const LogState log = request.method == "HEAD" ? wait_for_news(file) : log_state(file);
  bool there = false;
  const auto about = stat_of(file, there);
  if (!there) return failure(request, blob_not_found());
  const auto size = log.live ? log.size : static_cast<std::uint64_t>(about.st_size);

  net::Response response;
  add_headers(response);
  const auto modified = from_unix(about.st_mtim.tv_sec);
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.headers.set("Content-Disposition", "");
  if (request.path.ends_with(".log")) response.headers.set("Content-Encoding", "utf-8");
  response.headers.set("Accept-Ranges", "bytes");
  response.headers.set("Last-Modified", http_date(modified));
  response.headers.set(
      "ETag", "\"0x" +
                  to_upper(hex(crypto::sha256(std::to_string(about.st_mtim.tv_sec) + "." +
                                              std::to_string(about.st_mtim.tv_nsec) + "." + std::to_string(size))
                                   .substr(0, 8))) +
                  "\"");
  response.headers.set("x-ms-blob-type", request.path.ends_with(".log") ? "AppendBlob" : "BlockBlob");
  response.headers.set("x-ms-blob-committed-block-count", std::to_string(log.blocks));
  response.headers.set("x-ms-creation-time", http_date(modified));
  response.headers.set("x-ms-lease-state", "available");
  response.headers.set("x-ms-lease-status", "unlocked");
  response.headers.set("x-ms-server-encrypted", "true");
  if (!log.complete.empty()) response.headers.set("x-ms-meta-complete", log.complete);
  response.file = file.string();
  response.file_size = size;
  if (request.method == "HEAD") return response;
  const auto range = requested_range(request, size);
  if (!range) return response;
  if (range->first >= size) {
    net::Response refused =
        failure(request, {"InvalidRange", "The range specified is invalid for the current size of the resource.", 416});
    refused.headers.set("Content-Range", "bytes */" + std::to_string(size));
    return refused;
  }
  {
    // A reader may get further by reading than it was told: what it waits for next is beyond that.
    const std::lock_guard lock(mutex_);
    if (const auto live = logs_.find(file.string()); live != logs_.end())
      live->second.told = std::max(live->second.told, range->second);
  }
  response.status = 206;
  response.file_offset = range->first;
  response.file_size = range->second - range->first;
  response.headers.set("Content-Range", "bytes " + std::to_string(range->first) + "-" +
                                            std::to_string(range->second - 1) + "/" + std::to_string(size));
  return response;
}

Result<std::unique_ptr<BlobWriter>> TaskStorage::begin_put(const net::Request& request) {
  if (auto signed_well = check_sas(key_, request.host, request.path, request.query, 'w', clock_.now()); !signed_well)
    return signed_well.error();
  if (file_of(request.path).empty())
    return Error{"InvalidUri", "The requested URI does not represent any resource.", 400};
  const std::string operation = request.query.get("comp");
  if (operation.empty() && request.headers.get("x-ms-blob-type") != "BlockBlob")
    return Error{"InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.", 400,
                 "x-ms-blob-type"};
  if (!operation.empty() && operation != "block" && operation != "blocklist")
    return Error{"InvalidQueryParameterValue", "Value for one of the query parameters is not supported.", 400, "comp"};
  return blobs_.create(kLargestUpload);
}

Status TaskStorage::commit_blocks(const std::filesystem::path& target, BlobWriter& list) {
  const std::filesystem::path blocks = target.string() + ".blocks";
  if (auto moved = blobs_.move_to(list, blocks / "list"); !moved) return moved;
  const auto xml = read_file(blocks / "list");
  if (!xml) return xml.error();
  auto whole = blobs_.create(kLargestUpload);
  if (!whole) return whole.error();
  for (const auto& id : block_ids(*xml)) {
    const auto block = read_file(blocks / hex(crypto::sha256(id)), std::size_t{128} << 20);
    if (!block) return Error{"InvalidBlockList", "The specified block list is invalid.", 400};
    if (auto written = (*whole)->write(*block); !written) return written;
  }
  if (auto moved = blobs_.move_to(**whole, target); !moved) return moved;
  return remove_tree(blocks);
}

net::Response TaskStorage::finish_put(const net::Request& request, BlobWriter& writer) {
  const auto target = file_of(request.path);
  const std::string operation = request.query.get("comp");
  Status done;
  if (operation == "block") {
    const std::filesystem::path blocks = target.string() + ".blocks";
    done = blobs_.move_to(writer, blocks / hex(crypto::sha256(request.query.get("blockid"))));
  } else if (operation == "blocklist") {
    done = commit_blocks(target, writer);
  } else {
    done = blobs_.move_to(writer, target);
  }
  if (!done) return failure(request, {"InternalError", done.error().message, done.error().status});
  net::Response response = net::Response::empty(201);
  add_headers(response);
  response.headers.set("x-ms-request-server-encrypted", "true");
  if (operation == "block") return response;
  response.headers.set("Last-Modified", http_date(clock_.now()));
  response.headers.set("ETag", "\"0x" + to_upper(hex(random_.bytes(8))) + "\"");
  return response;
}

}  // namespace lazuli::registry
