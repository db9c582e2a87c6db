#include "registry/uploads.h"

#include <charconv>

#include "base/text.h"
#include "registry/errors.h"
#include "registry/names.h"

namespace lazuli::registry {

namespace {
constexpr std::size_t kMostSessions = 1000;
constexpr std::chrono::hours kIdle{1};
}  // namespace

void Uploads::expire() {
  const TimePoint oldest = clock_.now() - kIdle;
  std::erase_if(sessions_, [&](const auto& entry) { return !entry.second->busy && entry.second->last_used < oldest; });
}

Result<std::shared_ptr<Upload>> Uploads::begin(const Place& place) {
  auto writer = catalog_.blobs().create();
  if (!writer) return writer.error();
  const std::lock_guard lock(mutex_);
  expire();
  if (sessions_.size() >= kMostSessions)
    return Error{"TOOMANYREQUESTS", "too many uploads are in progress; end some, or wait an hour", 429};
  auto upload = std::make_shared<Upload>(Upload{random_.uuid(), place, *std::move(writer), clock_.now(), true});
  sessions_[upload->id] = upload;
  return upload;
}

Result<std::shared_ptr<Upload>> Uploads::take(const Place& place, const std::string& id) {
  const std::lock_guard lock(mutex_);
  expire();
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second->place.space != place.space ||
      found->second->place.repository != place.repository)
    return upload_unknown();
  if (found->second->busy) return upload_invalid("another request is writing to this upload", 409);
  found->second->busy = true;
  return found->second;
}

void Uploads::give_back(const std::shared_ptr<Upload>& upload) {
  const std::lock_guard lock(mutex_);
  upload->busy = false;
  upload->last_used = clock_.now();
}

void Uploads::forget(const std::shared_ptr<Upload>& upload) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(upload->id);
}

net::Response Uploads::accepted(const Upload& upload) const {
  net::Response response = net::Response::empty(202);
  response.headers.set("Docker-Upload-UUID", upload.id);
  response.headers.set("Location", "/v2/" + upload.place.repository + "/blobs/uploads/" + upload.id +
                                       "?_nouploadcache=false&_state=" +
                                       base64url(upload.id + ":" + std::to_string(upload.writer->size())));
  const std::uint64_t size = upload.writer->size();
  response.headers.set("Range", "0-" + std::to_string(size == 0 ? 0 : size - 1));
  return response;
}

net::Response Uploads::answer(const net::Request& request, const Place& place, const std::string& id) {
  auto upload = take(place, id);
  if (!upload) return error_response(upload.error());
  if (request.method == "DELETE") {
    forget(*upload);
    return net::Response::empty(204);
  }
  net::Response response = accepted(**upload);
  response.status = 204;
  give_back(*upload);
  return request.method == "GET" ? response : error_response(method_unsupported());
}

net::Response Uploads::finish(const std::shared_ptr<Upload>& upload, const std::string& digest) {
  forget(upload);
  if (!valid_digest(digest)) return error_response(digest_invalid("the digest of a blob is sha256:… "));
  auto actual = BlobStore::finish(*upload->writer);
  if (!actual) return error_response(actual.error());
  if (*actual != digest) return error_response(digest_invalid("provided digest did not match uploaded content"));
  if (auto kept = catalog_.keep_blob(upload->place, *upload->writer); !kept) return error_response(kept.error());
  return blob_created(upload->place, digest);
}

std::optional<net::Response> Uploads::mount(const Place& place, const std::string& digest, const std::string& from) {
  if (!valid_digest(digest) || !valid_repository(from)) return std::nullopt;
  if (!catalog_.blob({place.space, from}, digest) || !catalog_.link_blob(place, digest)) return std::nullopt;
  return blob_created(place, digest);
}

Status check_content_range(const net::Request& request, const Upload& upload) {
  const std::string_view range = request.headers.get("Content-Range");
  if (range.empty()) return {};
  std::uint64_t first = 0;
  const auto [end, error] = std::from_chars(range.data(), range.data() + range.size(), first);
  if (error != std::errc() || end == range.data() + range.size() || *end != '-')
    return upload_invalid("Content-Range must be FIRST-LAST");
  if (first != upload.writer->size())
    return upload_invalid("the next byte is " + std::to_string(upload.writer->size()), 416);
  return {};
}

net::Response blob_created(const Place& place, const std::string& digest) {
  net::Response response = net::Response::empty(201);
  response.headers.set("Docker-Content-Digest", digest);
  response.headers.set("Location", "/v2/" + place.repository + "/blobs/" + digest);
  return response;
}

}  // namespace lazuli::registry
