#include "registry/catalog.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "registry/catalog_keys.h"
#include "registry/errors.h"
#include "registry/names.h"

namespace lazuli::registry {

namespace {

// Merges into the stored document, so that times of creation and locks stay.
void touch(store::Transaction& transaction, std::string_view collection, const std::string& at, const std::string& now,
           JsonObject fields) {
  const auto old = transaction.get(collection, at);
  JsonObject value = old && old->value.is_object() ? old->value.as_object() : JsonObject{{"created", now}};
  value["updated"] = now;
  for (auto& field : fields) value[field.key()] = std::move(field.value());
  transaction.put(collection, at, value);
}

std::vector<std::string> references_of(const Json& manifest) {
  std::vector<std::string> out;
  for (const Json& one : array_at(manifest, "references")) out.push_back(string_or(&one));
  return out;
}

JsonObject manifest_document(const Manifest& manifest, std::size_t size) {
  JsonObject value{{"mediaType", manifest.media_type}, {"size", size}};
  JsonArray references;
  JsonArray entries;
  if (manifest.config) references.emplace_back(manifest.config->digest);
  for (const auto& layer : manifest.layers) references.emplace_back(layer.digest);
  for (const auto& entry : manifest.manifests) {
    references.emplace_back(entry.digest);
    entries.push_back(JsonObject{{"digest", entry.digest}, {"architecture", entry.architecture}, {"os", entry.os}});
  }
  value["references"] = std::move(references);
  if (manifest.index) value["manifests"] = std::move(entries);
  value["imageSize"] = manifest.index ? size : manifest.image_size() + size;
  value["configMediaType"] = manifest.config ? manifest.config->media_type : "";
  value["subject"] = manifest.subject;
  value["artifactType"] = manifest.artifact_type;
  value["annotations"] = manifest.annotations;
  return value;
}

}  // namespace

std::optional<Blob> Catalog::blob(const Place& place, std::string_view digest) const {
  if (!store_.get(kBlobs, blob_key(digest, place))) return std::nullopt;
  return blobs_.find(digest);
}

Status Catalog::keep_blob(const Place& place, BlobWriter& writer) {
  const auto digest = BlobStore::finish(writer);
  if (!digest) return digest.error();
  const std::lock_guard lock(files_mutex_);
  auto kept = blobs_.keep(writer);
  if (!kept) return kept.error();
  return store_.put(kBlobs, blob_key(*digest, place), JsonObject{{"size", kept->size}});
}

Status Catalog::link_blob(const Place& place, std::string_view digest) {
  const std::lock_guard lock(files_mutex_);
  const auto blob = blobs_.find(digest);
  if (!blob) return blob_unknown();
  return store_.put(kBlobs, blob_key(digest, place), JsonObject{{"size", blob->size}});
}

Status Catalog::remove_blob(const Place& place, std::string_view digest) {
  if (!blob(place, digest)) return blob_unknown();
  return unlink({{place, std::string(digest)}});
}

Status Catalog::unlink(const std::vector<Link>& links) {
  const std::lock_guard lock(files_mutex_);
  std::set<std::string> orphans;
  auto done = store_.transact([&](store::Transaction& transaction) -> Status {
    orphans.clear();
    for (const auto& link : links) transaction.erase(kBlobs, blob_key(link.digest, link.place));
    for (const auto& link : links)
      if (transaction.list(kBlobs, link.digest + "|", 1).empty()) orphans.insert(link.digest);
    return {};
  });
  if (!done) return done;
  for (const auto& digest : orphans) blobs_.remove(digest);
  return {};
}

void Catalog::sweep() {
  std::error_code ignored;
  const auto oldest = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(blobs_.directory() / "blobs", ignored))
    if (entry.is_regular_file(ignored) && entry.last_write_time(ignored) < oldest)
      found.push_back("sha256:" + entry.path().filename().string());
  for (const auto& digest : found) {
    const std::lock_guard lock(files_mutex_);
    if (store_.list(kBlobs, digest + "|", 1).empty()) blobs_.remove(digest);
  }
}

Status Catalog::check_references(store::Transaction& transaction, const Place& place, const Manifest& manifest) const {
  auto here = [&](const Descriptor& blob) {
    return blob.foreign || (transaction.get(kBlobs, blob_key(blob.digest, place)) && blobs_.find(blob.digest));
  };
  std::vector<Descriptor> wanted = manifest.layers;
  if (manifest.config) wanted.push_back(*manifest.config);
  for (const auto& blob : wanted) {
    if (!here(blob))
      return Error{"MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", 404, {}, JsonObject{{"digest", blob.digest}}};
  }
  for (const auto& entry : manifest.manifests) {
    if (!transaction.get(kManifests, key(place, entry.digest)))
      return Error{
          "MANIFEST_BLOB_UNKNOWN", "manifest unknown to registry", 404, {}, JsonObject{{"digest", entry.digest}}};
  }
  return {};
}

Result<std::string> Catalog::put_manifest(const Place& place, std::string_view reference, std::string_view media_type,
                                          std::string_view bytes, bool check) {
  auto manifest = parse_manifest(media_type, bytes);
  if (!manifest) return manifest.error();
  const std::string digest = digest_of(bytes);
  const bool by_digest = valid_digest(reference);
  if (by_digest && digest != reference) return digest_invalid("the manifest's digest is " + digest);
  if (!by_digest && !valid_tag(reference)) return manifest_invalid("'" + std::string(reference) + "' is no valid tag");
  if (!unlocked(repository(place), "writeEnabled") || (!by_digest && !unlocked(tag(place, reference), "writeEnabled")))
    return operation_disallowed();

  JsonObject document = manifest_document(*manifest, bytes.size());
  if (manifest->config) {  // the platform is in the configuration; a foreign artifact has none
    auto config = blobs_.read(manifest->config->digest, kLargestManifest);
    auto parsed = config ? parse_json(*config) : Result<Json>(config.error());
    document["architecture"] = parsed ? string_at(*parsed, "architecture") : "";
    document["os"] = parsed ? string_at(*parsed, "os") : "";
  }
  auto writer = blobs_.create();
  if (!writer) return writer.error();
  if (auto written = (*writer)->write(bytes); !written) return written.error();
  if (auto kept = keep_blob(place, **writer); !kept) return kept.error();
  auto stored = store_.transact([&](store::Transaction& transaction) -> Status {
    if (check) {
      if (auto complete = check_references(transaction, place, *manifest); !complete) return complete;
    }
    const std::string now = iso8601(clock_.now());
    touch(transaction, kRepositories, key(place), now, {});
    touch(transaction, kManifests, key(place, digest), now, document);
    if (!by_digest) touch(transaction, kTags, key(place, reference), now, {{"digest", digest}});
    return {};
  });
  if (!stored) return stored.error();
  return digest;
}

Result<StoredManifest> Catalog::manifest(const Place& place, std::string_view reference) const {
  StoredManifest out{std::string(reference), {}, {}};
  if (!valid_digest(reference)) {
    const auto tagged = tag(place, reference);
    if (!tagged) return manifest_unknown(reference);
    if (!unlocked(tagged, "readEnabled")) return operation_disallowed();
    out.digest = string_at(tagged->value, "digest");
  }
  const auto record = manifest_record(place, out.digest);
  if (!record) return manifest_unknown(reference);
  if (!unlocked(record, "readEnabled") || !unlocked(repository(place), "readEnabled")) return operation_disallowed();
  out.media_type = string_at(record->value, "mediaType");
  auto bytes = blobs_.read(out.digest, kLargestManifest);
  if (!bytes) return manifest_unknown(reference);
  out.bytes = *std::move(bytes);
  return out;
}

Result<std::string> Catalog::copy_manifest(const Place& from, std::string_view reference, const Place& to,
                                           std::string_view tag) {
  auto stored = manifest(from, reference);
  if (!stored) return stored.error();
  auto parsed = parse_manifest(stored->media_type, stored->bytes);
  if (!parsed) return parsed.error();
  for (const auto& entry : parsed->manifests)
    if (manifest_record(from, entry.digest))
      if (auto copied = copy_manifest(from, entry.digest, to, entry.digest); !copied) return copied.error();
  std::vector<Descriptor> wanted = parsed->layers;
  if (parsed->config) wanted.push_back(*parsed->config);
  for (const auto& one : wanted) {
    if (one.foreign) continue;
    if (!blob(from, one.digest)) return blob_unknown();
    if (auto linked = link_blob(to, one.digest); !linked) return linked.error();
  }
  return put_manifest(to, tag, stored->media_type, stored->bytes, !parsed->index);
}

Status Catalog::remove_manifest(const Place& place, std::string_view digest) {
  const auto record = manifest_record(place, digest);
  if (!record) return manifest_unknown(digest);
  const auto tags = tags_of(place, digest);
  bool free = unlocked(record, "deleteEnabled") && unlocked(repository(place), "deleteEnabled");
  for (const auto& name : tags) free = free && unlocked(tag(place, name), "deleteEnabled");
  if (!free) return operation_disallowed();

  std::vector<Link> gone;
  auto done = store_.transact([&](store::Transaction& transaction) -> Status {
    gone.clear();
    for (const auto& name : tags) transaction.erase(kTags, key(place, name));
    transaction.erase(kManifests, key(place, digest));
    std::set<std::string> still_used;
    const auto others = transaction.list(kManifests, key(place) + "|");
    for (const auto& other : others) {
      still_used.insert(last_part(other.key));
      for (auto& used : references_of(other.value)) still_used.insert(std::move(used));
    }
    gone.push_back({place, std::string(digest)});
    for (auto& used : references_of(record->value))
      if (!still_used.contains(used)) gone.push_back({place, std::move(used)});
    if (others.empty()) transaction.erase(kRepositories, key(place));
    return {};
  });
  if (!done) return done;
  return unlink(gone);
}

Result<std::string> Catalog::remove_tag(const Place& place, std::string_view name) {
  const auto record = tag(place, name);
  if (!record) return tag_unknown();
  if (!unlocked(record, "deleteEnabled") || !unlocked(repository(place), "deleteEnabled"))
    return operation_disallowed();
  if (auto erased = store_.erase(kTags, key(place, name)); !erased) return erased.error();
  return string_at(record->value, "digest");
}

Result<Catalog::Removed> Catalog::remove_repository(const Place& place) {
  const auto record = repository(place);
  if (!record)
    return Error{
        "NAME_UNKNOWN", "repository name not known to registry", 404, {}, JsonObject{{"name", place.repository}}};
  if (!unlocked(record, "deleteEnabled")) return operation_disallowed();
  Removed removed;
  std::vector<Link> blobs;
  auto done = store_.transact([&](store::Transaction& transaction) -> Status {
    removed = {};
    blobs.clear();
    for (const auto& document : transaction.list(kTags, key(place) + "|")) {
      removed.tags.push_back(last_part(document.key));
      transaction.erase(kTags, document.key);
    }
    for (const auto& document : transaction.list(kManifests, key(place) + "|")) {
      removed.manifests.push_back(last_part(document.key));
      transaction.erase(kManifests, document.key);
    }
    transaction.erase(kRepositories, key(place));
    for (const auto& document : transaction.list(kBlobs)) {
      if (document.key.substr(document.key.find('|') + 1) == key(place))
        blobs.push_back({place, document.key.substr(0, document.key.find('|'))});
    }
    return {};
  });
  if (!done) return done.error();
  if (auto unlinked = unlink(blobs); !unlinked) return unlinked.error();
  return removed;
}

Status Catalog::remove_space(std::string_view space) {
  const std::string prefix = std::string(space) + "|";
  std::vector<Link> blobs;
  auto done = store_.transact([&](store::Transaction& transaction) -> Status {
    blobs.clear();
    for (const auto collection : {kTags, kManifests, kRepositories})
      for (const auto& document : transaction.list(collection, prefix)) transaction.erase(collection, document.key);
    for (const auto& document : transaction.list(kBlobs)) {
      const auto parts = split(document.key, '|');
      if (parts.size() == 3 && parts[1] == space) blobs.push_back({{parts[1], parts[2]}, parts[0]});
    }
    return {};
  });
  if (!done) return done;
  return unlink(blobs);
}

}  // namespace lazuli::registry
