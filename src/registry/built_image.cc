#include "registry/built_image.h"

#include <archive.h>
#include <archive_entry.h>

#include <charconv>
#include <fstream>
#include <memory>

#include "base/files.h"
#include "base/text.h"
#include "registry/names.h"

namespace lazuli::registry {

namespace {

constexpr std::string_view kLayers = "registry.layers";
constexpr std::string_view kGzipLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip";

struct FreeWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};

la_ssize_t write_piece(archive*, void* into, const void* bytes, std::size_t size) {
  auto& writer = *static_cast<BlobWriter*>(into);
  return writer.write({static_cast<const char*>(bytes), size}) ? static_cast<la_ssize_t>(size) : -1;
}

Error export_failed(std::string message) {
  return {"BuildFailed", std::move(message), 500};
}

Status compress(const std::filesystem::path& from, BlobWriter& to) {
  std::unique_ptr<archive, FreeWriter> gzip(archive_write_new());
  archive_write_add_filter_gzip(gzip.get());
  archive_write_set_filter_option(gzip.get(), "gzip", "compression-level", "1");  // most of a build's time otherwise
  archive_write_set_filter_option(gzip.get(), "gzip", "timestamp", nullptr);      // same content, same digest
  archive_write_set_format_raw(gzip.get());
  archive_write_set_bytes_in_last_block(gzip.get(), 1);
  if (archive_write_open(gzip.get(), &to, nullptr, write_piece, nullptr) != ARCHIVE_OK)
    return export_failed(std::string("Cannot compress a layer: ") + archive_error_string(gzip.get()));
  std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_pathname(entry.get(), "layer");
  archive_write_header(gzip.get(), entry.get());
  std::ifstream file(from, std::ios::binary);
  std::string buffer(std::size_t{256} << 10, '\0');
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
    if (archive_write_data(gzip.get(), buffer.data(), static_cast<std::size_t>(file.gcount())) < 0)
      return export_failed("Cannot write a layer: the disk may be full.");
  }
  if (file.bad() || archive_write_close(gzip.get()) != ARCHIVE_OK)
    return export_failed("Cannot write a layer: the disk may be full.");
  return {};
}

Result<Descriptor> take_layer(Catalog& catalog, LayerIndex& layers, const std::filesystem::path& file,
                              const Place& place, const std::string& diff_id) {
  if (auto known = layers.find(diff_id)) {
    if (auto linked = catalog.link_blob(place, known->digest); !linked) return linked.error();
    return *known;
  }
  auto writer = catalog.blobs().create();
  if (!writer) return writer.error();
  if (auto done = compress(file, **writer); !done) return done.error();
  if (auto kept = catalog.keep_blob(place, **writer); !kept) return kept.error();
  const auto digest = BlobStore::finish(**writer);
  if (!digest) return digest.error();
  Descriptor layer{std::string(kGzipLayer), *digest, (*writer)->size()};
  layers.add(diff_id, layer);
  return layer;
}

JsonObject as_json(const Descriptor& blob) {
  return {{"mediaType", blob.media_type}, {"size", blob.size}, {"digest", blob.digest}};
}

}  // namespace

std::optional<Descriptor> LayerIndex::find(std::string_view diff_id) const {
  const auto kept = store_.get(kLayers, diff_id);
  if (!kept) return std::nullopt;
  Descriptor layer{string_at(kept->value, "mediaType"), string_at(kept->value, "digest"),
                   static_cast<std::uint64_t>(integer(lazuli::find(kept->value, "size")).value_or(0))};
  if (!catalog_.blobs().find(layer.digest)) return std::nullopt;
  return layer;
}

void LayerIndex::add(std::string_view diff_id, const Descriptor& layer) {
  // Losing an entry costs a compression, nothing else.
  (void)store_.put(kLayers, diff_id, as_json(layer));
}

void LayerIndex::learn(const Place& place, std::string_view reference) {
  const auto stored = catalog_.manifest(place, reference);
  const auto manifest = stored ? parse_manifest(stored->media_type, stored->bytes) : Result<Manifest>(stored.error());
  if (!manifest) return;
  for (const auto& entry : manifest->manifests)
    if (catalog_.manifest_record(place, entry.digest)) learn(place, entry.digest);
  if (!manifest->config) return;
  const auto config = catalog_.blobs().read(manifest->config->digest, kLargestManifest);
  const auto parsed = config ? parse_json(*config) : Result<Json>(config.error());
  const Json* diffs = parsed ? lazuli::find(*parsed, "rootfs", "diff_ids") : nullptr;
  if (!diffs || !diffs->is_array() || diffs->as_array().size() != manifest->layers.size()) return;
  for (std::size_t at = 0; at < manifest->layers.size(); ++at) {
    Descriptor layer = manifest->layers[at];
    if (layer.media_type.ends_with("tar+gzip")) layer.media_type = kGzipLayer;  // OCI's name for the same bytes
    if (layer.media_type == kGzipLayer) add(string_or(&diffs->as_array()[at]), layer);
  }
}

Json without_injected(Json config, const std::map<std::string, std::string>& injected) {
  const Json* list = find(config, "history");
  if (!list || !list->is_array() || injected.empty()) return config;
  std::string instruction = "/bin/sh -c #(nop) ARG";
  for (const auto& [name, value] : injected) instruction += " " + name;
  JsonArray kept;
  for (const Json& entry : list->as_array()) {
    std::string created_by = string_at(entry, "created_by");
    if (created_by == instruction) continue;
    if (created_by.starts_with('|')) {  // "|2 A=… B=… /bin/sh -c …": the arguments that were set
      const std::size_t blank = std::min(created_by.find(' '), created_by.size() - 1);
      int count = 0;
      std::from_chars(created_by.data() + 1, created_by.data() + blank, count);
      std::string rest = created_by.substr(blank + 1);
      for (const auto& [name, value] : injected) {
        std::string assignment = name;
        assignment.append("=").append(value).append(" ");
        if (const auto at = rest.find(assignment); at != std::string::npos) {
          rest.erase(at, assignment.size());
          --count;
        }
      }
      created_by = count > 0 ? "|" + std::to_string(count) + " " + rest : rest;
    }
    Json changed = entry;
    changed.as_object()["created_by"] = created_by;
    kept.push_back(std::move(changed));
  }
  config.as_object()["history"] = std::move(kept);
  return config;
}

Result<BuiltImage> take_built_image(Catalog& catalog, LayerIndex& layers, const std::filesystem::path& directory,
                                    const Place& place, const std::string& tag,
                                    const std::map<std::string, std::string>& injected) {
  const auto text = read_file(directory / "manifest.json", kLargestManifest);
  if (!text) return text.error();
  const auto manifest = parse_manifest({}, *text);
  if (!manifest || !manifest->config) return export_failed("buildah wrote a manifest that lazuli cannot read.");
  const auto file_of = [&](const std::string& digest) { return directory / digest.substr(digest.find(':') + 1); };

  JsonArray blobs;
  for (const auto& exported : manifest->layers) {
    auto layer = take_layer(catalog, layers, file_of(exported.digest), place, exported.digest);
    if (!layer) return layer.error();
    blobs.push_back(as_json(*layer));
  }
  const auto config_text = read_file(file_of(manifest->config->digest), kLargestManifest);
  if (!config_text) return config_text.error();
  auto parsed = parse_json(*config_text);
  if (!parsed) return parsed.error();
  const std::string config = to_text(without_injected(*std::move(parsed), injected));
  auto writer = catalog.blobs().create();
  if (!writer) return writer.error();
  if (auto written = (*writer)->write(config); !written) return written.error();
  if (auto kept = catalog.keep_blob(place, **writer); !kept) return kept.error();

  const Descriptor config_blob{manifest->config->media_type, digest_of(config), config.size()};
  const std::string bytes = to_text(JsonObject{{"schemaVersion", 2},
                                               {"mediaType", kDockerManifest},
                                               {"config", as_json(config_blob)},
                                               {"layers", std::move(blobs)}});
  auto digest = catalog.put_manifest(place, tag, kDockerManifest, bytes);
  if (!digest) return digest.error();
  return BuiltImage{*digest, bytes.size()};
}

}  // namespace lazuli::registry
