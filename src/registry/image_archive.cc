#include "registry/image_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <map>
#include <memory>
#include <set>

#include "base/text.h"
#include "registry/names.h"

namespace lazuli::registry {

namespace {

constexpr std::size_t kMostEntries = 20000;
constexpr const char* kPlainLayer = "application/vnd.docker.image.rootfs.diff.tar";
constexpr const char* kGzipLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip";

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

Error invalid(std::string message) {
  return {"InvalidArchive", std::move(message), 400};
}

struct Member {
  std::string digest;
  std::uint64_t size = 0;
  bool gzip = false;
};

class Import {
 public:
  Import(Catalog& catalog, Place place) : catalog_(catalog), place_(std::move(place)) {}

  Result<std::string> run(const std::filesystem::path& file, const std::string& tag) {
    if (auto read = read_members(file); !read) return read.error();
    auto digest = texts_.contains("index.json") && texts_.contains("oci-layout") ? take_oci(tag) : take_docker(tag);
    if (!digest) return digest.error();
    return digest;
  }

  // What was brought in, if the image did not come to be.
  void undo() {
    for (const auto& digest : fresh_) (void)catalog_.remove_blob(place_, digest);
  }

 private:
  Status read_members(const std::filesystem::path& file) {
    std::unique_ptr<archive, FreeReader> from(archive_read_new());
    archive_read_support_filter_all(from.get());
    archive_read_support_format_tar(from.get());
    if (archive_read_open_filename(from.get(), file.c_str(), std::size_t{256} << 10) != ARCHIVE_OK)
      return invalid(std::string("The image archive cannot be read: ") + archive_error_string(from.get()));
    archive_entry* entry = nullptr;
    for (std::size_t count = 0;; ++count) {
      const int read = archive_read_next_header(from.get(), &entry);
      if (read == ARCHIVE_EOF) return {};
      if (read < ARCHIVE_WARN)
        return invalid(std::string("The image archive is damaged: ") + archive_error_string(from.get()));
      if (count == kMostEntries) return invalid("The image archive has too many entries.");
      const char* raw = archive_entry_pathname(entry);
      std::string name = raw ? raw : "";
      if (name.starts_with("./")) name.erase(0, 2);
      if (archive_entry_filetype(entry) == AE_IFLNK) {  // old `docker save`: a layer that another image has too
        const char* target = archive_entry_symlink(entry);
        if (target) links_[name] = target;
      } else if (archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry)) {
        if (auto taken = take_member(from.get(), name); !taken) return taken;
      }
    }
  }

  Status take_member(archive* from, const std::string& name) {
    const bool text = name == "index.json" || name == "oci-layout" || name == "manifest.json";
    auto writer = catalog_.blobs().create();
    if (!writer) return writer.error();
    std::string content;
    Member member;
    for (;;) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int read = archive_read_data_block(from, &block, &size, &offset);
      if (read == ARCHIVE_EOF) break;
      if (read < ARCHIVE_WARN)
        return invalid(std::string("The image archive is damaged: ") + archive_error_string(from));
      const std::string_view bytes(static_cast<const char*>(block), size);
      if (static_cast<std::uint64_t>(offset) != (text ? content.size() : (*writer)->size()))
        return invalid("The image archive has a file with holes.");
      if (offset == 0) member.gzip = bytes.starts_with("\x1f\x8b");
      if (text) {
        if (content.size() + size > kLargestManifest) return invalid("'" + name + "' is too large.");
        content += bytes;
      } else if (auto written = (*writer)->write(bytes); !written) {
        return written;
      }
    }
    if (text) {
      texts_[name] = std::move(content);
      return {};
    }
    auto digest = BlobStore::finish(**writer);
    if (!digest) return digest.error();
    member.digest = *digest;
    member.size = (*writer)->size();
    const std::string claimed = name.starts_with("blobs/sha256/") ? "sha256:" + name.substr(13) : "";
    if (!claimed.empty() && claimed != member.digest)
      return invalid("'" + name + "' is damaged: its digest is " + member.digest + ".");
    if (!catalog_.blob(place_, member.digest)) fresh_.insert(member.digest);
    if (auto kept = catalog_.keep_blob(place_, **writer); !kept) return kept;
    members_[name] = member;
    return {};
  }

  // The manifest that index.json names (the one with the wanted name, or the first), with all that it refers to.
  Result<std::string> take_oci(const std::string& tag) {
    const auto index = parse_json(texts_["index.json"]);
    const Json* entries = index ? find(*index, "manifests") : nullptr;
    if (!entries || !entries->is_array() || entries->as_array().empty())
      return invalid("The archive's index.json names no image.");
    const std::string digest = string_at(entries->as_array().front(), "digest");
    return take_manifest(digest, string_at(entries->as_array().front(), "mediaType"), tag, 0);
  }

  Result<std::string> take_manifest(const std::string& digest, const std::string& media_type,
                                    const std::string& reference, int depth) {
    auto bytes = catalog_.blobs().read(digest, kLargestManifest);
    if (!valid_digest(digest) || !catalog_.blob(place_, digest) || !bytes || depth > 3)
      return invalid("The archive lacks the manifest " + digest.substr(0, 100) + ".");
    auto manifest = parse_manifest(media_type, *bytes);
    if (!manifest) return invalid("The archive's manifest is not valid: " + manifest.error().message + ".");
    // A copy of one platform out of an index names the others without having them.
    for (const auto& entry : manifest->manifests)
      if (catalog_.blob(place_, entry.digest))
        if (auto taken = take_manifest(entry.digest, entry.media_type, entry.digest, depth + 1); !taken)
          return taken.error();
    for (const auto& layer : manifest->layers)
      if (!layer.foreign && !catalog_.blob(place_, layer.digest))
        return invalid("The archive lacks the layer " + layer.digest + ".");
    if (manifest->config && !catalog_.blob(place_, manifest->config->digest))
      return invalid("The archive lacks the configuration " + manifest->config->digest + ".");
    auto put = catalog_.put_manifest(place_, reference, manifest->media_type, *bytes, false);
    if (!put) return invalid(put.error().message);
    return put;
  }

  const Member* member(std::string name) const {
    if (const auto link = links_.find(name); link != links_.end()) {
      const auto folder = name.substr(0, name.rfind('/') + 1);
      name = (std::filesystem::path(folder) / link->second).lexically_normal().string();
    }
    const auto found = members_.find(name);
    return found == members_.end() ? nullptr : &found->second;
  }

  Result<std::string> take_docker(const std::string& tag) {
    const auto list = parse_json(texts_["manifest.json"]);
    if (!list || !list->is_array() || list->as_array().empty())
      return invalid("The file is neither an oci-archive nor a docker-archive.");
    const Json& image = list->as_array().front();
    const Member* config = member(string_at(image, "Config"));
    const Json* names = find(image, "Layers");
    if (!config || !names || !names->is_array())
      return invalid("The archive's manifest.json names no configuration or layers.");
    JsonArray layers;
    for (const Json& name : names->as_array()) {
      const Member* layer = member(string_or(&name));
      if (!layer) return invalid("The archive lacks the layer '" + string_or(&name).substr(0, 200) + "'.");
      layers.push_back(JsonObject{
          {"mediaType", layer->gzip ? kGzipLayer : kPlainLayer}, {"size", layer->size}, {"digest", layer->digest}});
    }
    const std::string bytes =
        to_text(JsonObject{{"schemaVersion", 2},
                           {"mediaType", kDockerManifest},
                           {"config", JsonObject{{"mediaType", "application/vnd.docker.container.image.v1+json"},
                                                 {"size", config->size},
                                                 {"digest", config->digest}}},
                           {"layers", std::move(layers)}});
    return catalog_.put_manifest(place_, tag, kDockerManifest, bytes);
  }

  Catalog& catalog_;
  Place place_;
  std::map<std::string, std::string> texts_;
  std::map<std::string, Member> members_;
  std::map<std::string, std::string> links_;
  std::set<std::string> fresh_;
};

}  // namespace

Result<std::string> import_archive(Catalog& catalog, const Place& place, const std::string& tag,
                                   const std::filesystem::path& archive) {
  Import import(catalog, place);
  auto digest = import.run(archive, tag);
  if (!digest) import.undo();
  return digest;
}

}  // namespace lazuli::registry
