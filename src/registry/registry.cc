#include "registry/registry.h"

#include "base/text.h"
#include "registry/errors.h"
#include "registry/image_archive.h"
#include "registry/names.h"
#include "registry/state.h"

namespace lazuli::registry {

namespace {

constexpr std::string_view kSettings = "registry.settings";  // LOGIN SERVER: RegistrySettings

Json settings_document(const RegistrySettings& settings) {
  JsonArray passwords;
  for (const auto& password : settings.admin_passwords) passwords.emplace_back(password);
  return JsonObject{{"resourceId", settings.resource_id},
                    {"anonymousPull", settings.anonymous_pull},
                    {"adminUser", settings.admin_user},
                    {"adminName", settings.admin_name},
                    {"adminPasswords", std::move(passwords)}};
}

RegistrySettings read_settings(const std::string& login_server, const Json& document) {
  RegistrySettings out{string_at(document, "resourceId"),
                       login_server,
                       bool_or(lazuli::find(document, "anonymousPull")),
                       bool_or(lazuli::find(document, "adminUser")),
                       string_at(document, "adminName"),
                       {}};
  for (const Json& one : array_at(document, "adminPasswords")) out.admin_passwords.push_back(string_or(&one));
  return out;
}

}  // namespace

Registry::Registry(Parts parts) : state_(std::make_unique<State>(std::move(parts))) {
  for (const auto& document : state_->parts.store.list(kSettings))
    state_->settings[document.key] = read_settings(document.key, document.value);
}

Registry::~Registry() = default;

Status Registry::put(const RegistrySettings& settings) {
  const std::string server = to_lower(settings.login_server);
  if (auto stored = state_->parts.store.put(kSettings, server, settings_document(settings)); !stored) return stored;
  const std::lock_guard lock(state_->mutex);
  state_->settings[server] = settings;
  state_->settings[server].login_server = server;
  return {};
}

Status Registry::remove(std::string_view resource_id) {
  const auto settings = find_by_id(resource_id);
  if (!settings) return {};
  {
    const std::lock_guard lock(state_->mutex);
    state_->settings.erase(settings->login_server);
  }
  state_->runs.remove_all(resource_id);
  if (auto removed = state_->catalog.remove_space(settings->login_server); !removed) return removed;
  // Last, so that a removal that was cut short is found and ended at the next try.
  return state_->parts.store.erase(kSettings, settings->login_server);
}

std::optional<RegistrySettings> Registry::find(std::string_view login_server) const {
  return state_->find(login_server);
}

std::optional<RegistrySettings> Registry::find_by_id(std::string_view resource_id) const {
  for (const auto& document : state_->parts.store.list(kSettings))
    if (equals_ignoring_case(string_at(document.value, "resourceId"), resource_id))
      return read_settings(document.key, document.value);
  return std::nullopt;
}

std::uint64_t Registry::size_of(std::string_view login_server) const {
  return state_->catalog.size_of(to_lower(login_server));
}

std::vector<std::string> Registry::tags(std::string_view login_server, std::string_view repository) const {
  std::vector<std::string> names;
  const Place place{to_lower(login_server), std::string(repository)};
  for (auto& record : state_->catalog.tags(place, {.order = "timedesc"}).records)
    names.push_back(std::move(record.name));
  return names;
}

Registry::UploadArea Registry::build_source_upload(std::string_view resource_id) {
  auto area = state_->storage.upload_area(resource_id);
  return {std::move(area.url), std::move(area.relative_path)};
}

Result<Json> Registry::schedule_run(std::string_view resource_id, const Json& request) {
  const auto settings = find_by_id(resource_id);
  if (!settings) return Error{"ResourceNotFound", "The registry does not exist.", 404};
  return state_->runs.schedule(*settings, request);
}

std::optional<Json> Registry::run(std::string_view resource_id, std::string_view run) const {
  return state_->runs.find(resource_id, run);
}

std::vector<Json> Registry::runs(std::string_view resource_id) const {
  return state_->runs.list(resource_id);
}

Status Registry::cancel_run(std::string_view resource_id, std::string_view run) {
  return state_->runs.cancel(resource_id, run);
}

Result<Json> Registry::archive_run(std::string_view resource_id, std::string_view run, bool archived) {
  return state_->runs.archive(resource_id, run, archived);
}

std::string Registry::run_log_url(std::string_view resource_id, std::string_view run) const {
  return state_->storage.log_url(resource_id, run);
}

Status Registry::import_image(std::string_view name, const std::string& archive_path) {
  auto image = parse_image_name(name);
  if (!image) return image.error();
  if (image->tag.empty()) return Error{"InvalidImageName", "An image is imported under a tag, not a digest.", 400};
  const Place place{image->host, image->repository};
  auto digest = import_archive(state_->catalog, place, image->tag, archive_path);
  if (!digest) return digest.error();
  state_->parts.log.info("registry", "image imported", {{"image", image->text()}, {"digest", *digest}});
  return state_->mirror.mark_imported(place, image->tag);
}

Status Registry::copy_image(std::string_view source, std::string_view login_server,
                            const std::vector<std::string>& target_tags, bool force) {
  auto from = parse_image_name(source);
  if (!from) return from.error();
  const Place origin{from->host, from->repository};
  if (!from->host.ends_with(".azurecr.io"))
    if (auto there = state_->mirror.ensure_image(origin, from->reference()); !there) return there;
  for (const auto& target : target_tags) {
    auto to = parse_image_name(target, to_lower(login_server));
    if (!to) return to.error();
    const Place place{to_lower(login_server), to->repository};
    if (!force && state_->catalog.tag(place, to->tag))
      return Error{"Conflict", "The tag " + target + " exists already. Use the force mode to replace it.", 409};
    if (auto copied = state_->catalog.copy_manifest(origin, from->reference(), place, to->tag); !copied)
      return copied.error();
  }
  return {};
}

}  // namespace lazuli::registry
