#include "registry/names.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "crypto/keys.h"

namespace lazuli::registry {

namespace {

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool valid_component(std::string_view text) {
  if (text.empty() || !is_name_letter(text.front()) || !is_name_letter(text.back())) return false;
  for (std::size_t at = 0; at < text.size();) {
    if (is_name_letter(text[at])) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    while (at < text.size() && !is_name_letter(text[at])) ++at;
    const std::string_view separator = text.substr(start, at - start);
    const bool dashes = std::all_of(separator.begin(), separator.end(), [](char c) { return c == '-'; });
    if (!dashes && separator != "." && separator != "_" && separator != "__") return false;
  }
  return true;
}

// Docker's rule: the first part is a host if it has a dot or a port, or is "localhost".
bool looks_like_host(std::string_view part) {
  return part == "localhost" || part.find('.') != std::string_view::npos || part.find(':') != std::string_view::npos;
}

bool valid_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::isalnum(static_cast<unsigned char>(host.front())) &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == ':';
         });
}

}  // namespace

bool valid_repository(std::string_view name) {
  if (name.empty() || name.size() > 255) return false;
  const auto parts = split(name, '/', true);
  return std::all_of(parts.begin(), parts.end(), [](const std::string& part) { return valid_component(part); });
}

bool valid_tag(std::string_view tag) {
  if (tag.empty() || tag.size() > 128 || tag.front() == '.' || tag.front() == '-') return false;
  return std::all_of(tag.begin(), tag.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
  });
}

bool valid_digest(std::string_view digest) {
  constexpr std::string_view kPrefix = "sha256:";
  if (!digest.starts_with(kPrefix) || digest.size() != kPrefix.size() + 64) return false;
  digest.remove_prefix(kPrefix.size());
  return std::all_of(digest.begin(), digest.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string digest_of(std::string_view bytes) {
  return "sha256:" + hex(crypto::sha256(bytes));
}

std::string ImageName::text() const {
  std::string out = host + "/" + repository;
  if (!tag.empty()) out += ":" + tag;
  if (!digest.empty()) out += "@" + digest;
  return out;
}

Result<ImageName> parse_image_name(std::string_view text, std::string_view default_host) {
  const Error invalid{"InvalidImageName", "'" + std::string(text.substr(0, 300)) + "' is not the name of an image.",
                      400};
  ImageName name;
  std::string_view rest = trim(text);
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    name.digest = rest.substr(at + 1);
    if (!valid_digest(name.digest)) return invalid;
    rest = rest.substr(0, at);
  }
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos && colon > rest.rfind('/') + 1) {
    name.tag = rest.substr(colon + 1);
    if (!valid_tag(name.tag)) return invalid;
    rest = rest.substr(0, colon);
  }
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos && looks_like_host(rest.substr(0, slash))) {
    name.host = to_lower(rest.substr(0, slash));
    rest = rest.substr(slash + 1);
  } else {
    name.host = default_host;
  }
  if (name.host == "index.docker.io" || name.host == "registry-1.docker.io") name.host = "docker.io";
  name.repository = rest;
  if (name.host == "docker.io" && rest.find('/') == std::string_view::npos)
    name.repository = "library/" + name.repository;
  if (!valid_host(name.host) || !valid_repository(name.repository)) return invalid;
  if (name.tag.empty() && name.digest.empty()) name.tag = "latest";
  return name;
}

}  // namespace lazuli::registry
