// The tutorial's steps with the registry: the build, as az uploads and follows it, and the list of repositories.
#include <charconv>
#include <thread>

#include "base/random.h"
#include "tutorial/build_context.h"
#include "tutorial/tutorial.h"

namespace lazuli::tutorial {

namespace {

constexpr std::string_view kRuns = "2025-03-01-preview";
constexpr const char* kRegistryHost = "myregistry.azurecr.io";
constexpr const char* kRegistryScope = "https://containerregistry.azure.net/.default";
constexpr auto kBetweenReads = std::chrono::milliseconds(100);  // az reads the log blob again and again, too

std::string registry_id(const Azure& azure) {
  return azure.group(names::kGroup) + "/providers/Microsoft.ContainerRegistry/registries/MyRegistry";
}

}  // namespace

Result<std::string> Tutorial::build_image() {
  SystemRandom random;
  const std::string dockerfile = random.uuid() + "_Dockerfile";
  const auto context = build_context(settings_.sample, dockerfile);
  if (!context) return context.error();

  const auto place = azure_.call("POST", registry_id(azure_) + "/listBuildSourceUploadUrl", kRuns);
  if (!place) return place.error();
  net::ClientRequest upload;
  upload.method = "PUT";
  upload.url = string_at(*place, "uploadUrl");
  upload.headers.set("x-ms-blob-type", "BlockBlob");
  upload.body = *context;
  if (const auto uploaded = azure_.send(std::move(upload)); !uploaded) return uploaded.error();

  const JsonObject request{{"type", "DockerBuildRequest"},
                           {"imageNames", JsonArray{names::kImage}},
                           {"isPushEnabled", true},
                           {"sourceLocation", string_at(*place, "relativePath")},
                           {"platform", {{"os", "linux"}, {"architecture", "amd64"}}},
                           {"dockerFilePath", dockerfile},
                           {"arguments", JsonArray()},
                           {"credentials", JsonObject()}};
  auto run = azure_.call("POST", registry_id(azure_) + "/scheduleRun", kRuns, request);
  if (!run) return run.error();
  const std::string id = string_at(*run, "properties", "runId");
  const auto link = azure_.call("POST", registry_id(azure_) + "/runs/" + id + "/listLogSasUrl", kRuns);
  if (!link) return link.error();
  if (auto followed = follow_build_log(string_at(*link, "logLink")); !followed) return followed.error();

  run = azure_.call("GET", registry_id(azure_) + "/runs/" + id, kRuns);
  if (!run) return run.error();
  const std::string status = string_at(*run, "properties", "status");
  if (status != "Succeeded")
    return Error{"RunFailed", "Run " + id + " ended as " + status + "; its log is above.", 409};
  return std::string(kRegistryHost) + "/" + names::kImage;
}

// The log is an append blob that grows until its metadata says Complete.
Status Tutorial::follow_build_log(const std::string& link) {
  std::size_t read = 0;
  for (;;) {
    net::ClientRequest head;
    head.method = "HEAD";
    head.url = link;
    const auto state = azure_.send(head);
    if (!state && state.error().status != 404) return state.error();
    const bool complete = state && state->headers.has("x-ms-meta-Complete");
    std::size_t size = 0;
    if (state) {
      const std::string_view text = state->headers.get("Content-Length");
      std::from_chars(text.data(), text.data() + text.size(), size);
    }
    if (size > read) {
      net::ClientRequest more;
      more.url = link;
      more.headers.set("x-ms-range", "bytes=" + std::to_string(read) + "-" + std::to_string(size - 1));
      const auto piece = azure_.send(std::move(more));
      if (!piece) return piece.error();
      display_.output(piece->body);
      read += piece->body.size();
    }
    if (complete && read >= size) return {};
    std::this_thread::sleep_for(kBetweenReads);
  }
}

// Docker's token dance as ACR has it: an Entra token for a refresh token, that for one with just this scope.
Result<std::string> Tutorial::list_repositories() {
  const std::string origin = std::string("https://") + kRegistryHost;
  const auto entra = azure_.token(kRegistryScope);
  if (!entra) return entra.error();
  const auto refresh = azure_.post_form(origin + "/oauth2/exchange", {{"grant_type", "access_token"},
                                                                      {"service", kRegistryHost},
                                                                      {"tenant", azure_.credentials().tenant},
                                                                      {"access_token", *entra}});
  if (!refresh) return refresh.error();
  const auto access =
      azure_.post_form(origin + "/oauth2/token", {{"grant_type", "refresh_token"},
                                                  {"service", kRegistryHost},
                                                  {"scope", "registry:catalog:*"},
                                                  {"refresh_token", string_at(*refresh, "refresh_token")}});
  if (!access) return access.error();
  net::ClientRequest request;
  request.url = origin + "/v2/_catalog?n=100";
  request.headers.set("Authorization", "Bearer " + string_at(*access, "access_token"));
  const auto answer = azure_.send(std::move(request));
  if (!answer) return answer.error();
  const auto listed = parse_json(answer->body);
  if (!listed) return listed.error();
  display_.output("Result\n-----------------------\n");
  const Json* repositories = find(*listed, "repositories");
  if (repositories && repositories->is_array())
    for (const auto& repository : repositories->get_array()) display_.output(string_or(&repository) + "\n");
  return std::string();
}

}  // namespace lazuli::tutorial
