#include <algorithm>

#include "base/text.h"
#include "net/http.h"
#include "net/wire.h"

namespace lazuli::net {

namespace {

std::string origin_of(const Url& url) {
  std::string out = url.scheme + "://";
  out += url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  if (url.port != (url.tls() ? 443U : 80U)) out += ":" + std::to_string(url.port);
  return out;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const auto invalid = [text](std::string_view why) {
    return Error{"InvalidUrl",
                 "'" + std::string(text.substr(0, 200)) + "' is not a URL that can be used: " + std::string(why) + ".",
                 400};
  };
  const bool printable = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c != 0x7f; });
  if (!printable) return invalid("it holds blanks or control characters");
  const auto separator = text.find("://");
  if (separator == std::string_view::npos) return invalid("it has no scheme");
  Url url;
  url.scheme = to_lower(text.substr(0, separator));
  if (url.scheme != "http" && url.scheme != "https") return invalid("its scheme is not http or https");
  const std::string_view rest = text.substr(separator + 3);
  const auto end = rest.find_first_of("/?#");
  const auto authority = parse_authority(rest.substr(0, end));
  if (!authority) return invalid("host or port are not valid");
  url.host = authority->host;
  url.port = authority->port ? authority->port : (url.tls() ? 443 : 80);
  url.origin = origin_of(url);
  if (end != std::string_view::npos) {
    const std::string_view target = rest.substr(end, rest.find('#') - end);
    url.target = target.empty() || target.front() != '/' ? "/" + std::string(target) : std::string(target);
  }
  return url;
}

}  // namespace lazuli::net
