#include "registry/mirror.h"

#include "base/text.h"
#include "registry/errors.h"

namespace lazuli::registry {

namespace {

constexpr std::string_view kFresh = "registry.mirrored";  // PLACE|TAG: {"imported"} or {"checked": unix seconds}
constexpr std::int64_t kTagLifetime = 3600;               // how long a fetched tag is taken for current
constexpr const char* kAccept =
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

std::string origin_of(const std::string& host) {
  return "https://" + (host == "docker.io" ? std::string("registry-1.docker.io") : host);
}

std::string freshness_key(const Place& place, std::string_view tag) {
  return place.space + "|" + place.repository + "|" + std::string(tag);
}

}  // namespace

std::map<std::string, std::string> parse_challenge(std::string_view header) {
  std::map<std::string, std::string> out;
  if (!starts_with_ignoring_case(header, "bearer ")) return out;
  header.remove_prefix(7);
  while (!header.empty()) {
    const auto equals = header.find('=');
    if (equals == std::string_view::npos) break;
    const std::string name = to_lower(trim(header.substr(0, equals)));
    header.remove_prefix(equals + 1);
    std::string_view value;
    if (!header.empty() && header.front() == '"') {
      const auto end = header.find('"', 1);
      value = header.substr(1, end == std::string_view::npos ? end : end - 1);
      header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
    } else {
      value = header.substr(0, header.find(','));
      header.remove_prefix(value.size());
    }
    out[name] = value;
    if (const auto comma = header.find(','); comma != std::string_view::npos) {
      header.remove_prefix(comma + 1);
    } else {
      break;
    }
  }
  return out;
}

std::shared_ptr<std::mutex> Mirror::turn(const std::string& what) {
  const std::lock_guard lock(mutex_);
  std::erase_if(turns_, [](const auto& entry) { return entry.second.expired(); });
  auto mutex = turns_[what].lock();
  if (!mutex) {
    mutex = std::make_shared<std::mutex>();
    turns_[what] = mutex;
  }
  return mutex;
}

Error Mirror::unreachable(const Place& place, const std::string& reference, const Error& why) const {
  const std::string name = place.space + "/" + place.repository + (valid_digest(reference) ? "@" : ":") + reference;
  return {"UNAVAILABLE",
          "The image " + name + " is not on this machine, and " + place.space + " cannot be reached (" + why.message +
              "). Without access to the internet, bring it as an archive: lazuli image import " + name + " ARCHIVE.tar",
          503};
}

Result<std::string> Mirror::token(const Place& place, std::string_view challenge) {
  const auto parts = parse_challenge(challenge);
  const auto realm = parts.find("realm");
  if (realm == parts.end() || !realm->second.starts_with("https://"))
    return Error{"UNAUTHORIZED", place.space + " asks for credentials", 401};
  std::string url = realm->second + (realm->second.find('?') == std::string::npos ? "?" : "&");
  if (const auto service = parts.find("service"); service != parts.end())
    url += "service=" + percent_encode(service->second) + "&";
  url += "scope=" + percent_encode("repository:" + place.repository + ":pull");
  net::ClientRequest request;
  request.url = url;
  auto answer = upstream_.fetch(std::move(request));
  if (!answer) return answer.error();
  const auto body = parse_json(answer->body);
  std::string token = body ? string_at(*body, "token") : "";
  if (token.empty() && body) token = string_at(*body, "access_token");
  if (answer->status != 200 || token.empty()) return Error{"UNAUTHORIZED", place.space + " gives no token", 401};
  return token;
}

Result<net::Response> Mirror::get(const Place& place, const std::string& path, const std::string& accept,
                                  const Sink& sink) {
  const std::string holder = place.space + "|" + place.repository;
  std::string url = origin_of(place.space) + "/v2/" + place.repository + path;
  std::string bearer;
  {
    const std::lock_guard lock(mutex_);
    bearer = tokens_[holder];
  }
  // A challenge, a redirect to where blobs are kept, and one more of each are all that registries do.
  for (int attempt = 0; attempt < 6; ++attempt) {
    net::ClientRequest request;
    request.url = url;
    if (!accept.empty()) request.headers.set("Accept", accept);
    if (!bearer.empty()) request.headers.set("Authorization", "Bearer " + bearer);
    auto answer = sink ? upstream_.fetch_stream(request, sink()) : upstream_.fetch(request);
    if (!answer) return answer.error();
    if (answer->status == 401 && attempt < 3) {
      auto fresh = token(place, answer->headers.get("WWW-Authenticate"));
      if (!fresh) return fresh.error();
      bearer = *fresh;
      const std::lock_guard lock(mutex_);
      tokens_[holder] = bearer;
    } else if (answer->status >= 301 && answer->status <= 308 && answer->headers.has("Location")) {
      const std::string location(answer->headers.get("Location"));
      if (!location.starts_with("https://") && !location.starts_with("/"))
        return Error{"ProtocolError", place.space + " redirects to a place that is not HTTPS", 502};
      url = location.starts_with("/") ? origin_of(place.space) + location : location;
      if (!location.starts_with("/")) bearer.clear();  // the token is not for that host
    } else {
      return answer;
    }
  }
  return Error{"ProtocolError", place.space + " keeps redirecting", 502};
}

Status Mirror::mark_imported(const Place& place, const std::string& tag) {
  return store_.put(kFresh, freshness_key(place, tag), JsonObject{{"imported", true}});
}

bool Mirror::current(const Place& place, const std::string& reference) const {
  if (valid_digest(reference)) return catalog_.manifest_record(place, reference).has_value();
  if (!catalog_.tag(place, reference)) return false;
  const auto known = store_.get(kFresh, freshness_key(place, reference));
  if (!known) return false;
  return bool_or(find(known->value, "imported")) ||
         integer(find(known->value, "checked")).value_or(0) + kTagLifetime > unix_seconds(clock_.now());
}

Status Mirror::ensure_manifest(const Place& place, const std::string& reference) {
  if (current(place, reference)) return {};
  const auto mutex = turn(freshness_key(place, reference));
  const std::lock_guard lock(*mutex);
  if (current(place, reference)) return {};
  const bool stale = !valid_digest(reference) && catalog_.tag(place, reference);
  auto answer = get(place, "/manifests/" + reference, kAccept, nullptr);
  if (!answer || answer->status >= 500) {
    const Error why = answer ? Error{"", "it answered " + std::to_string(answer->status), 502} : answer.error();
    log_.warning("registry", "a public registry cannot be reached", {{"host", place.space}, {"why", why.message}});
    if (stale) return {};  // better the one of yesterday than none
    return unreachable(place, reference, why);
  }
  if (answer->status != 200) return manifest_unknown(reference);
  auto kept = catalog_.put_manifest(place, reference, answer->headers.get("Content-Type"), answer->body, false);
  if (!kept) return kept.error();
  if (valid_digest(reference)) return {};
  return store_.put(kFresh, freshness_key(place, reference), JsonObject{{"checked", unix_seconds(clock_.now())}});
}

Status Mirror::ensure_blob(const Place& place, const std::string& digest) {
  if (!valid_digest(digest)) return digest_invalid("'" + digest.substr(0, 100) + "' is no sha256 digest");
  if (catalog_.blob(place, digest)) return {};
  const auto mutex = turn(digest);
  const std::lock_guard lock(*mutex);
  if (catalog_.blob(place, digest)) return {};
  std::unique_ptr<BlobWriter> writer;
  Status written;
  // The body of a refusal or redirect comes through the sink as well, so each attempt has a writer of its own.
  const Sink sink = [&]() -> std::function<bool(std::string_view)> {
    auto fresh = catalog_.blobs().create();
    written = fresh ? Status() : Status(fresh.error());
    writer = fresh ? *std::move(fresh) : nullptr;
    return [&](std::string_view piece) {
      if (writer && written) written = writer->write(piece);
      return written.ok();
    };
  };
  auto answer = get(place, "/blobs/" + digest, {}, sink);
  if (!answer) return unreachable(place, digest, answer.error());
  if (answer->status != 200) return blob_unknown();
  if (!written) return written;
  const auto actual = BlobStore::finish(*writer);
  if (!actual) return actual.error();
  if (*actual != digest) return digest_invalid(place.space + " sent other bytes than " + digest);
  return catalog_.keep_blob(place, *writer);
}

Status Mirror::ensure_image(const Place& place, const std::string& reference) {
  if (auto there = ensure_manifest(place, reference); !there) return there;
  auto stored = catalog_.manifest(place, reference);
  if (!stored) return stored.error();
  auto manifest = parse_manifest(stored->media_type, stored->bytes);
  if (!manifest) return manifest.error();
  for (const auto& entry : manifest->manifests)
    if (auto there = ensure_image(place, entry.digest); !there) return there;
  std::vector<Descriptor> blobs = manifest->layers;
  if (manifest->config) blobs.push_back(*manifest->config);
  for (const auto& blob : blobs) {
    if (blob.foreign) continue;
    if (auto there = ensure_blob(place, blob.digest); !there) return there;
  }
  return {};
}

}  // namespace lazuli::registry
