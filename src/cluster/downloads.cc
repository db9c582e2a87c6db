#include "cluster/downloads.h"

#include <sys/utsname.h>

#include "base/files.h"
#include "base/text.h"
#include "cluster/toolbox.h"
#include "crypto/keys.h"

namespace lazuli::cluster {
namespace {

constexpr std::size_t kLargest = std::size_t{512} << 20;

// Go's name for this machine's processor, as it stands in the paths.
std::string architecture() {
  utsname system{};
  ::uname(&system);
  const std::string machine = system.machine;
  if (machine == "x86_64") return "amd64";
  return machine == "aarch64" ? "arm64" : machine;
}

net::Response missing(const std::string& what) {
  return net::Response::text(404, what + "\n");
}

net::Response file(const std::filesystem::path& path, std::string_view type) {
  if (!std::filesystem::exists(path))
    return missing(path.string() + " is not there: scripts/build-kubernetes.sh builds it.");
  net::Response response;
  response.headers.set("Content-Type", type);
  response.file = path;
  return response;
}

net::Response digest_of(const std::filesystem::path& path) {
  const auto content = read_file(path, kLargest);
  if (!content) return missing(content.error().message);
  return net::Response::text(200, hex(crypto::sha256(*content)));
}

net::Response kubectl(const std::filesystem::path& bundle, std::string_view path) {
  const std::string version = "v" + std::string(kKubernetesVersion);
  if (path.starts_with("/release/stable") && path.ends_with(".txt")) return net::Response::text(200, version);
  const std::string own = "/" + version + "/bin/linux/" + architecture() + "/kubectl";
  if (path.starts_with("/release/")) path.remove_prefix(std::string_view("/release").size());
  if (path == own) return file(bundle / "kubectl", "application/octet-stream");
  if (path == own + ".sha256") return digest_of(bundle / "kubectl");
  return missing("Here is " + own.substr(1) + " alone.");
}

net::Response kubelogin(const std::filesystem::path& bundle, const std::string& host, std::string_view path) {
  const auto about = read_file(bundle / "bundle.json", 4096);
  const auto parsed = about ? parse_json(*about) : Result<Json>(about.error());
  if (!parsed) return missing("The Kubernetes bundle has not been built: scripts/build-kubernetes.sh builds it.");
  const std::string tag = "v" + string_at(*parsed, "kubelogin");
  constexpr std::string_view kReleases = "/azure/kubelogin/releases/";
  const std::string lower = to_lower(path);
  if (host == "api.github.com" && lower == "/repos" + std::string(kReleases) + "latest")
    return net::Response::json(200,
                               JsonObject{{"tag_name", tag}, {"name", tag}, {"draft", false}, {"prerelease", false}});
  if (lower == std::string(kReleases) + "latest/download/kubelogin-version.txt") return net::Response::text(200, tag);
  if (lower == std::string(kReleases) + "download/" + tag + "/kubelogin.zip")
    return file(bundle / "kubelogin.zip", "application/zip");
  return missing("Here is kubelogin " + tag + " alone.");
}

}  // namespace

net::Handler downloads_handler(std::filesystem::path bundle) {
  return [bundle = std::move(bundle)](const net::Request& request) {
    if (request.method != "GET" && request.method != "HEAD") return net::Response::empty(405);
    return request.host == "dl.k8s.io" ? kubectl(bundle, request.path) : kubelogin(bundle, request.host, request.path);
  };
}

}  // namespace lazuli::cluster
