#include "registry/builder.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "crypto/certificates.h"
#include "crypto/java_trust.h"
#include "registry/build_settings.h"
#include "registry/context.h"
#include "registry/dockerfile.h"
#include "registry/gate.h"
#include "registry/sandbox.h"
#include "registry/task_file.h"

namespace lazuli::registry {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestDockerfile = std::size_t{1} << 20;
constexpr std::string_view kStale = "stale-";
constexpr std::int64_t kMostCachedBytes = std::int64_t{20} << 30;

Error build_failed(std::string message) {
  return {"BuildFailed", std::move(message), 400};
}

std::string seconds_text(std::chrono::steady_clock::duration time) {
  return std::to_string(std::chrono::duration<double>(time).count());
}

// "5s", "1m9s", as the recorded logs end.
std::string rounded(std::chrono::steady_clock::duration time) {
  const auto whole = std::max<std::int64_t>(1, std::llround(std::chrono::duration<double>(time).count()));
  return (whole >= 60 ? std::to_string(whole / 60) + "m" : "") + std::to_string(whole % 60) + "s";
}

std::string shell_quoted(std::string_view text) {
  return "'" + replace_all(std::string(text), "'", "'\\''") + "'";
}

std::uint64_t size_of(const fs::path& directory) {
  std::uint64_t sum = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(directory, ignored))
    if (entry.is_regular_file(ignored) && !entry.is_symlink(ignored)) sum += entry.file_size(ignored);
  return sum;
}

std::string kilobytes(std::uint64_t bytes) {
  const std::string text = std::to_string(static_cast<double>(bytes) / 1000);
  return text.substr(0, text.find('.') + 4) + "kB";
}

// What buildah's layers take, by its own account; nothing if there are none.
std::int64_t cached_bytes(const fs::path& storage) {
  const auto text = read_file(storage / "overlay-layers" / "layers.json");
  const auto layers = text ? parse_json(*text) : Result<Json>(text.error());
  std::int64_t sum = 0;
  if (layers && layers->is_array())
    for (const Json& layer : layers->as_array()) sum += integer(find(layer, "diff-size")).value_or(0);
  return sum;
}

// "{{.Run.ID}}" and its like in an image's name.
std::string with_run(std::string name, const BuildJob& job) {
  name = replace_all(name, " ", "");
  name = replace_all(name, "{{.Run.ID}}", job.run);
  return replace_all(name, "{{.Run.Registry}}", job.registry.login_server);
}

}  // namespace

struct Builder::Work {
  const BuildJob& job;
  Json request;  // as a DockerBuildRequest
  RunLog log;
  fs::path home, work, storage, shared;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  Dockerfile dockerfile;
  std::map<std::string, std::string> injected;
  std::vector<ImageName> targets;
  std::vector<std::pair<ImageName, std::string>> bases;  // with their digests
};

Builder::Builder(Parts parts) : parts_(std::move(parts)), layers_(parts_.store, parts_.catalog) {
  // A build that was under way when lazuli ended may have left its layers in any state: they are a cache, and go. Set
  // aside at once, removed by sweep(), since that can take a while.
  std::error_code ignored;
  for (const auto& home : fs::directory_iterator(parts_.directory, ignored))
    if (fs::exists(home.path() / "in-use", ignored)) set_aside(home.path());
}

void Builder::set_aside(const fs::path& home) const {
  std::error_code ignored;
  fs::rename(home, parts_.directory / (std::string(kStale) + hex(parts_.random.bytes(8))), ignored);
}

void Builder::sweep() const {
  std::error_code ignored;
  for (const auto& home : fs::directory_iterator(parts_.directory, ignored))
    if (home.path().filename().string().starts_with(kStale)) (void)remove_tree(home.path());
  parts_.catalog.sweep();
}

fs::path Builder::home_of(std::string_view registry_id) const {
  return parts_.directory / hex(crypto::sha256(to_lower(registry_id)).substr(0, 8));
}

void Builder::remove_all(std::string_view registry_id) {
  set_aside(home_of(registry_id));
}

BuildOutcome Builder::build(const BuildJob& job) {
  const fs::path home = home_of(job.registry.resource_id);
  Work work{job,
            job.request,
            RunLog(parts_.storage, parts_.clock, job.registry.resource_id, job.run),
            home,
            home / job.run,
            home / "storage",
            home / job.run / "shared"};
  JsonArray images;
  Status result = prepare(work);
  if (result) result = write_file(home / "in-use", job.run);
  if (result) result = run_buildah(work);
  if (result) result = push(work, images);
  const bool cancelled = !result && job.cancelled && job.cancelled->load();
  const bool killed = cancelled || (!result && result.error().code == "ProcessTimeout");
  (void)remove_tree(work.work);
  // Layers that a killed build left may be in any state; and a cache has its bounds.
  (void)remove_tree(killed || cached_bytes(work.storage) > kMostCachedBytes ? home : home / "in-use");
  if (result) tell_dependencies(work, images);
  BuildOutcome outcome = ended(work, result, cancelled);
  outcome.images = std::move(images);
  return outcome;
}

Status Builder::prepare(Work& work) {
  if (::geteuid() != 0)
    return build_failed("lazuli does not run as root, which the builds' mount namespaces need (run it with sudo)");
  for (const auto& folder : {work.work / "tmp", work.work / "etc", work.shared, work.storage})
    if (auto made = make_directories(folder); !made) return made;
  if (auto done = unpack(work); !done) return done;
  if (auto done = read_request(work); !done) return done;
  const std::string& registry = work.job.registry.login_server;
  work.log.stamped("Using acb_vol_" + parts_.random.uuid() + " as the home volume");
  work.log.stamped("Setting up Docker configuration...");
  if (auto done = write_settings(work); !done) return done;
  work.log.stamped("Successfully set up Docker configuration");
  work.log.stamped("Logging in to registry: " + registry);
  work.log.stamped("Successfully logged into " + registry);
  work.log.stamped("Executing step ID: build. Timeout(sec): " + std::to_string(work.job.timeout.count()) +
                   ", Working directory: '', Network: ''");
  work.log.stamped("Scanning for dependencies...");
  if (auto done = bring_base_images(work); !done) return done;
  work.log.stamped("Successfully scanned dependencies");
  return {};
}

Status Builder::unpack(Work& work) {
  work.log.stamped("Downloading source code...");
  const std::string location = string_at(work.request, "sourceLocation");
  const std::string& registry = work.job.registry.resource_id;
  if (location.empty()) return make_directories(work.work / "context");  // a task that brings no source
  const fs::path archive = parts_.storage.source(registry, location);
  std::error_code ignored;
  if (archive.empty() || !fs::exists(archive, ignored))
    return build_failed(
        "There is no source code at '" + location.substr(0, 300) +
        "'. Contexts are uploaded by the client (az acr build DIRECTORY); remote ones are not supported.");
  if (auto done = extract_context(archive, work.work / "context"); !done) return done;
  parts_.storage.remove_source(registry, location);
  work.log.stamped("Finished downloading source code");
  return {};
}

// A file of the source, which must be in it without the help of links.
Result<std::string> Builder::source_file(const Work& work, const std::string& name) {
  std::error_code ignored;
  const fs::path relative = fs::path(name).lexically_normal();
  const fs::path file = work.work / "context" / relative;
  if (relative.is_absolute() || !fs::is_regular_file(file, ignored) ||
      fs::canonical(file, ignored) != fs::canonical(work.work / "context", ignored) / relative)
    return build_failed("unable to find '" + name.substr(0, 300) + "' in the source code");
  auto text = read_file(file, kLargestDockerfile);
  if (!text) return build_failed("'" + name.substr(0, 300) + "' is larger than 1 MiB");
  return text;
}

// What is to be built, out of the request and the source: a task becomes the build that it stands for.
Status Builder::read_request(Work& work) {
  if (string_at(work.request, "type") != "DockerBuildRequest") {
    const std::string encoded = string_at(work.request, "encodedTaskContent");
    auto yaml = encoded.empty() ? source_file(work, string_at(work.request, "taskFilePath"))
                                : Result<std::string>(base64_decode(encoded).value_or(""));
    if (!yaml) return yaml.error();
    auto build = build_of_task(*yaml, work.request, {work.job.run, work.job.registry.login_server});
    if (!build) return build.error();
    work.request = *std::move(build);
  }
  for (const Json& name : string_list(find(work.request, "imageNames"))) {
    const std::string text = with_run(string_or(&name), work.job);
    auto target = parse_image_name(text, work.job.registry.login_server);
    if (!target || !target->digest.empty()) return build_failed("'" + text + "' is not a name and tag for an image.");
    if (target->host != work.job.registry.login_server)
      return build_failed("The image " + text + " belongs to another registry than " + work.job.registry.login_server +
                          ".");
    work.targets.push_back(*std::move(target));
  }
  const std::string name = string_at(work.request, "dockerFilePath");
  auto text = source_file(work, name.empty() ? "Dockerfile" : name);
  if (!text) return build_failed("the Dockerfile cannot be read: " + text.error().message);
  work.injected = injected_variables(!parts_.trust_bundle.empty(), work.shared);
  work.dockerfile = read_dockerfile(*text, build_arguments(work.request), work.injected);
  return write_file(work.work / "Dockerfile", work.dockerfile.text);
}

Status Builder::write_settings(Work& work) {
  const std::string& own = work.job.registry.login_server;
  access::Principal builder = access::Principal::system();
  builder.name = own;
  std::map<std::string, std::pair<std::string, std::string>> credentials = custom_credentials(work.request);
  for (const std::string& host : {own, std::string(kMirrorHost)})
    credentials[host] = {std::string(kTokenUser), parts_.tokens.refresh_token(builder, host)};
  std::set<std::string> hosts = public_hosts();
  for (const auto& image : work.dockerfile.images)
    if (const auto name = parse_image_name(image); name && !credentials.contains(name->host)) hosts.insert(name->host);
  const fs::path etc = work.work / "etc";
  for (const auto& [file, content] :
       {std::pair{"policy.json", std::string(R"({"default":[{"type":"insecureAcceptAnything"}]})")},
        std::pair{"auth.json", auth_file(credentials)},
        std::pair{"registries.conf", registries_file(hosts, kMirrorHost)}})
    if (auto written = write_file(etc / file, content); !written) return written;
  return parts_.trust_bundle.empty() ? Status() : share_trust(work.shared);
}

Status Builder::share_trust(const fs::path& shared) {
  const auto bundle = read_file(parts_.trust_bundle);
  if (!bundle) return build_failed("cannot read the trust bundle: " + bundle.error().message);
  const auto java_store = crypto::java_trust_store(*bundle, crypto::kJavaTrustPassword);
  if (!java_store) return java_store.error();
  std::error_code failed;
  fs::permissions(shared, fs::perms(0755), failed);
  if (auto written = write_file(shared / "ca.pem", *bundle, 0644); !written) return written;
  return write_file(shared / kJavaTrustFile, *java_store, 0644);
}

Status Builder::bring_base_images(Work& work) {
  for (const auto& written : work.dockerfile.images) {
    auto name = parse_image_name(written);
    if (!name) continue;  // buildah says what is wrong with it, and where
    const Place place{name->host, name->repository};
    if (!name->host.ends_with(".azurecr.io") && name->host.find(':') == std::string::npos)
      if (auto there = parts_.mirror.ensure_manifest(place, name->reference()); !there) {
        work.log.line("failed to get the base image " + written + ": " + there.error().message);
        return build_failed("failed during run, err: exit status 1");
      }
    const auto manifest = parts_.catalog.manifest(place, name->reference());
    if (manifest) work.bases.emplace_back(*std::move(name), manifest->digest);
  }
  return {};
}

Status Builder::run_buildah(Work& work) {
  work.log.stamped("Launching container with name: build");
  work.log.line("Sending build context to Docker daemon  " + kilobytes(size_of(work.work / "context")));
  const std::string buildah = "buildah --root /build/storage --runroot /build/run --storage-driver overlay ";
  std::string script =
      buildah +
      "bud --signature-policy etc/policy.json --isolation chroot --format docker --layers --network host "
      "--pull-always --authfile etc/auth.json -f Dockerfile -t lazuli-build";
  std::map<std::string, std::string> environment = build_environment(parts_.proxy_url, !parts_.trust_bundle.empty());
  for (const auto& [name, value] : build_arguments(work.request))
    script.append(" --build-arg ").append(shell_quoted(name)).append("=").append(shell_quoted(value));
  if (const std::string target = string_at(work.request, "target"); !target.empty())
    script += " --target " + shell_quoted(target);
  if (bool_or(find(work.request, "noCache"))) script += " --no-cache";
  const std::string folder = fs::path(string_or(find(work.request, "contextPath"), ".")).lexically_normal().string();
  if (folder.starts_with("/") || folder.starts_with(".."))
    return build_failed("the context '" + folder + "' is not in the source code");
  script += " " + shell_quoted("context/" + folder) + " && mkdir out && " + buildah +
            "push --quiet --signature-policy etc/policy.json --format v2s2 --disable-compression lazuli-build "
            "dir:/build/work/out";
  Command command = in_sandbox({work.work, work.storage, work.shared}, script, std::move(environment));
  command.cancel = work.job.cancel;
  BuildLines lines(!work.injected.empty());
  auto finished = run(command, work.job.timeout, [&](std::string_view line) {
    if (const auto shown = lines.translate(line)) work.log.line(*shown);
  });
  if (!finished) return finished.error();
  if (finished->code != 0) return build_failed("failed during run, err: exit status 1");
  for (const auto& target : work.targets) work.log.line("Successfully tagged " + target.text());
  return {};
}

Status Builder::push(Work& work, JsonArray& images) {
  const std::string& registry = work.job.registry.login_server;
  work.log.stamped("Step ID: build marked as successful (elapsed time in seconds: " +
                   seconds_text(std::chrono::steady_clock::now() - work.started) + ")");
  if (!bool_or(find(work.request, "isPushEnabled"), true)) return {};
  for (const auto& [name, digest] : work.bases) layers_.learn({name.host, name.repository}, digest);
  const auto began = std::chrono::steady_clock::now();
  for (const auto& target : work.targets) {
    work.log.stamped("Pushing image: " + target.text() + ", attempt 1");
    work.log.line("The push refers to repository [" + registry + "/" + target.repository + "]");
    auto built = take_built_image(parts_.catalog, layers_, work.work / "out", {registry, target.repository}, target.tag,
                                  work.injected);
    if (!built) {
      work.log.line("failed to push " + target.text() + ": " + built.error().message);
      return build_failed("failed during run, err: exit status 1");
    }
    work.log.line(target.tag + ": digest: " + built->digest + " size: " + std::to_string(built->manifest_size));
    work.log.stamped("Successfully pushed image: " + target.text());
    images.push_back(JsonObject{
        {"registry", registry}, {"repository", target.repository}, {"tag", target.tag}, {"digest", built->digest}});
  }
  work.log.stamped("Populating digests for step ID: build...");
  work.log.stamped("Successfully populated digests for step ID: build");
  work.log.stamped("Step ID: push marked as successful (elapsed time in seconds: " +
                   seconds_text(std::chrono::steady_clock::now() - began) + ")");
  return {};
}

void Builder::tell_dependencies(Work& work, const JsonArray& images) {
  if (images.empty()) return;
  work.log.stamped("The following dependencies were found:");
  std::string text;
  for (const Json& image : images) {
    text += "- image:\n    registry: " + string_at(image, "registry") +
            "\n    repository: " + string_at(image, "repository") + "\n    tag: " + string_at(image, "tag") +
            "\n    digest: " + string_at(image, "digest") + "\n";
    if (!work.bases.empty()) {
      const auto& [name, digest] = work.bases.back();
      text += "  runtime-dependency:\n    registry: " + name.host + "\n    repository: " + name.repository +
              "\n    tag: " + name.tag + "\n    digest: " + digest + "\n";
    }
    text += "  git: {}\n";
  }
  work.log.line(text + "\n");
}

BuildOutcome Builder::ended(Work& work, const Status& result, bool cancelled) {
  const std::string after = rounded(std::chrono::steady_clock::now() - work.started);
  const std::string run = "Run ID: " + work.job.run;
  if (result) {
    work.log.line(run + " was successful after " + after);
    return {"Succeeded", {}, {}};
  }
  const Error& error = result.error();
  if (cancelled) {
    work.log.line(run + " was canceled after " + after);
    return {"Canceled", {}, {}};
  }
  if (error.code == "ProcessTimeout") {
    work.log.line(run + " timed out after " + after);
    return {"Timeout", "the run did not end within its timeout", {}};
  }
  if (error.code != "BuildFailed" || !error.message.starts_with("failed during run")) work.log.line(error.message);
  work.log.stamped("failed to run step ID: build: exit status 1");
  work.log.line(run + " failed after " + after + ". Error: failed during run, err: exit status 1");
  return {"Failed", error.message, {}};
}

}  // namespace lazuli::registry
