#include "registry/manifest.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "registry/errors.h"
#include "registry/names.h"

namespace lazuli::registry {

namespace {

constexpr std::string_view kOciArtifact = "application/vnd.oci.artifact.manifest.v1+json";
constexpr std::size_t kMostEntries = 5000;

bool known_type(std::string_view type) {
  constexpr std::array kTypes{kOciManifest, kOciIndex, kDockerManifest, kDockerList, kOciArtifact};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

Result<Descriptor> descriptor(const Json& value) {
  Descriptor out{string_at(value, "mediaType"), string_at(value, "digest")};
  if (!valid_digest(out.digest)) return manifest_invalid("a descriptor has no valid sha256 digest");
  const auto size = integer(find(value, "size"));
  if (!size || *size < 0) return manifest_invalid("a descriptor has no valid size");
  out.size = static_cast<std::uint64_t>(*size);
  out.architecture = string_at(value, "platform", "architecture");
  out.os = string_at(value, "platform", "os");
  const Json* urls = find(value, "urls");
  out.foreign = urls && urls->is_array() && !urls->as_array().empty();
  return out;
}

Result<std::vector<Descriptor>> descriptors(const Json& document, std::string_view member) {
  std::vector<Descriptor> out;
  const Json* list = find(document, member);
  if (!list || list->is_null()) return out;
  if (!list->is_array() || list->as_array().size() > kMostEntries)
    return manifest_invalid("'" + std::string(member) + "' is no list, or too long");
  for (const Json& entry : list->as_array()) {
    auto one = descriptor(entry);
    if (!one) return one.error();
    out.push_back(*std::move(one));
  }
  return out;
}

Status read_image(const Json& document, Manifest& manifest) {
  const bool artifact = manifest.media_type == kOciArtifact;
  auto layers = descriptors(document, artifact ? "blobs" : "layers");
  if (!layers) return layers.error();
  manifest.layers = *std::move(layers);
  if (artifact) return {};
  const Json* config = find(document, "config");
  if (!config) return manifest_invalid("the manifest has no config");
  auto read = descriptor(*config);
  if (!read) return read.error();
  manifest.config = *std::move(read);
  return {};
}

}  // namespace

std::uint64_t Manifest::image_size() const {
  std::uint64_t sum = config ? config->size : 0;
  for (const auto& layer : layers) sum += layer.size;
  return sum;
}

Result<Manifest> parse_manifest(std::string_view media_type, std::string_view bytes) {
  if (bytes.size() > kLargestManifest) {
    Error error = manifest_invalid("the manifest is larger than 4 MiB");
    error.status = 413;
    return error;
  }
  media_type = trim(media_type.substr(0, media_type.find(';')));
  auto document = parse_json(bytes);
  if (!document || !document->is_object()) return manifest_invalid("the manifest is not a JSON object");
  if (integer(find(*document, "schemaVersion")).value_or(2) != 2)
    return manifest_invalid("only schema version 2 is supported");
  Manifest manifest;
  manifest.media_type = string_or(find(*document, "mediaType"), media_type);
  if (media_type.empty() || media_type == "application/json") media_type = manifest.media_type;
  if (!known_type(media_type))
    return manifest_invalid("manifests of type '" + std::string(media_type) + "' are not supported");
  if (manifest.media_type != media_type)
    return manifest_invalid("Content-Type and the manifest's own mediaType are not the same");
  manifest.index = media_type == kOciIndex || media_type == kDockerList;
  manifest.artifact_type = string_at(*document, "artifactType");
  if (const Json* annotations = find(*document, "annotations"); annotations && annotations->is_object())
    manifest.annotations = *annotations;
  if (const Json* subject = find(*document, "subject"); subject && !subject->is_null()) {
    auto read = descriptor(*subject);
    if (!read) return read.error();
    manifest.subject = read->digest;
  }
  if (manifest.index) {
    auto entries = descriptors(*document, "manifests");
    if (!entries) return entries.error();
    manifest.manifests = *std::move(entries);
  } else if (auto read = read_image(*document, manifest); !read) {
    return read.error();
  }
  if (manifest.artifact_type.empty() && manifest.config) manifest.artifact_type = manifest.config->media_type;
  return manifest;
}

}  // namespace lazuli::registry
