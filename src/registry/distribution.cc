#include "registry/distribution.h"

#include <charconv>

#include "base/text.h"
#include "registry/errors.h"
#include "registry/names.h"

namespace lazuli::registry {

namespace {

constexpr std::size_t kLargestPage = 1000;

// "bytes=A-B", "bytes=A-", "bytes=-N": offset and count within size. Nothing for anything else.
std::optional<std::pair<std::uint64_t, std::uint64_t>> byte_range(std::string_view header, std::uint64_t size) {
  if (!header.starts_with("bytes=")) return std::nullopt;
  header.remove_prefix(6);
  const auto dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto number = [](std::string_view text, std::uint64_t& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc() && end == text.data() + text.size();
  };
  std::uint64_t first = 0, last = 0;
  const std::string_view from = header.substr(0, dash), to = header.substr(dash + 1);
  if (from.empty()) {
    if (!number(to, last) || last == 0) return std::nullopt;
    last = std::min(last, size);
    return std::pair{size - last, last};
  }
  if (!number(from, first)) return std::nullopt;
  last = size - 1;
  if (!to.empty() && !number(to, last)) return std::nullopt;
  last = std::min(last, size - 1);
  if (first >= size || last < first) return std::nullopt;
  return std::pair{first, last - first + 1};
}

}  // namespace

PageRequest page_request(const net::Request& request) {
  PageRequest page{request.query.get("last"), 0, request.query.get("orderby")};
  const std::string n = request.query.get("n");
  std::from_chars(n.data(), n.data() + n.size(), page.n);
  if (page.n > kLargestPage) page.n = kLargestPage;
  return page;
}

void add_next_link(net::Response& response, const net::Request& request, const Page& page) {
  if (!page.more) return;
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  response.headers.set("Link", "<" + std::string(path) + "?last=" + percent_encode(page.records.back().name) +
                                   "&n=" + std::to_string(page.records.size()) +
                                   "&orderby=" + percent_encode(request.query.get("orderby")) + ">; rel=\"next\"");
}

net::Response Distribution::handle(const net::Request& request, const Route& route, const std::string& space) const {
  const Place place{space, route.repository};
  const std::string& method = request.method;
  const bool reading = method == "GET" || method == "HEAD";
  if (!route.repository.empty() && !valid_repository(route.repository))
    return error_response(name_invalid(route.repository));
  switch (route.target) {
    case Target::base:
      if (!reading) break;
      return net::Response::json(200, JsonObject{});
    case Target::catalog:
      if (method != "GET") break;
      return catalog(request, space);
    case Target::tags:
      if (method != "GET") break;
      return tags(request, place);
    case Target::referrers:
      if (method != "GET") break;
      return referrers(request, place, route.reference);
    case Target::manifest:
      if (reading) return manifest(place, route.reference);
      if (method == "PUT") return put_manifest(request, place, route.reference);
      if (method == "DELETE") return remove(route, place);
      break;
    case Target::blob:
      if (reading) return blob(request, place, route.reference);
      if (method == "DELETE") return remove(route, place);
      break;
    default:
      break;
  }
  return error_response(method_unsupported());
}

net::Response Distribution::manifest(const Place& place, const std::string& reference) const {
  auto found = catalog_.manifest(place, reference);
  if (!found) return error_response(found.error());
  net::Response response;
  response.headers.set("Content-Type", found->media_type);
  response.headers.set("Docker-Content-Digest", found->digest);
  response.headers.set("ETag", "\"" + found->digest + "\"");
  response.body = std::move(found->bytes);
  return response;
}

net::Response Distribution::blob(const net::Request& request, const Place& place, const std::string& digest) const {
  if (!valid_digest(digest))
    return error_response(digest_invalid("'" + digest.substr(0, 100) + "' is no sha256 digest"));
  const auto found = catalog_.blob(place, digest);
  if (!found) return error_response(blob_unknown());
  net::Response response;
  response.headers.set("Content-Type", "application/octet-stream");
  response.headers.set("Docker-Content-Digest", digest);
  response.headers.set("ETag", "\"" + digest + "\"");
  response.headers.set("Accept-Ranges", "bytes");
  if (found->size == 0) return response;
  response.file = found->path;
  response.file_size = found->size;
  const std::string_view range = request.headers.get("Range");
  if (request.method != "GET" || !range.starts_with("bytes=") || range.find(',') != std::string_view::npos)
    return response;
  const auto part = byte_range(range, found->size);
  if (!part) {
    net::Response refused = error_response({"RANGE_INVALID", "the range is not within the blob", 416});
    refused.headers.set("Content-Range", "bytes */" + std::to_string(found->size));
    return refused;
  }
  response.status = 206;
  response.file_offset = part->first;
  response.file_size = part->second;
  response.headers.set("Content-Range", "bytes " + std::to_string(part->first) + "-" +
                                            std::to_string(part->first + part->second - 1) + "/" +
                                            std::to_string(found->size));
  return response;
}

net::Response Distribution::put_manifest(const net::Request& request, const Place& place,
                                         const std::string& reference) const {
  auto digest = catalog_.put_manifest(place, reference, request.headers.get("Content-Type"), request.body);
  if (!digest) return error_response(digest.error());
  net::Response response = net::Response::empty(201);
  response.headers.set("Docker-Content-Digest", *digest);
  response.headers.set("Location", "/v2/" + place.repository + "/manifests/" + *digest);
  const auto record = catalog_.manifest_record(place, *digest);
  if (const std::string subject = record ? string_at(record->value, "subject") : ""; !subject.empty())
    response.headers.set("OCI-Subject", subject);
  return response;
}

net::Response Distribution::remove(const Route& route, const Place& place) const {
  Status done;
  if (route.target == Target::blob) {
    done = catalog_.remove_blob(place, route.reference);
  } else if (valid_digest(route.reference)) {
    done = catalog_.remove_manifest(place, route.reference);
  } else if (auto digest = catalog_.remove_tag(place, route.reference); !digest) {
    done = digest.error();
  }
  if (!done) return error_response(done.error());
  return net::Response::empty(202);
}

net::Response Distribution::tags(const net::Request& request, const Place& place) const {
  if (!catalog_.repository(place)) return error_response(name_unknown(place.repository));
  const Page page = catalog_.tags(place, page_request(request));
  JsonArray names;
  if (request.query.get("n") != "0")
    for (const auto& record : page.records) names.emplace_back(record.name);
  net::Response response = net::Response::json(200, JsonObject{{"name", place.repository}, {"tags", std::move(names)}});
  add_next_link(response, request, page);
  return response;
}

net::Response Distribution::catalog(const net::Request& request, const std::string& space) const {
  const Page page = catalog_.repositories(space, page_request(request));
  JsonArray names;
  for (const auto& record : page.records) names.emplace_back(record.name);
  net::Response response = net::Response::json(200, JsonObject{{"repositories", std::move(names)}});
  add_next_link(response, request, page);
  return response;
}

net::Response Distribution::referrers(const net::Request& request, const Place& place,
                                      const std::string& digest) const {
  if (!valid_digest(digest)) return error_response(digest_invalid("a referrer's subject is a sha256 digest"));
  const std::string wanted = request.query.get("artifactType");
  JsonArray entries;
  for (const auto& record : catalog_.manifests(place, {}).records) {
    const std::string type = string_at(record.value, "artifactType");
    if (string_at(record.value, "subject") != digest || (!wanted.empty() && type != wanted)) continue;
    JsonObject entry{{"mediaType", string_at(record.value, "mediaType")},
                     {"digest", record.name},
                     {"size", integer(find(record.value, "size")).value_or(0)},
                     {"artifactType", type}};
    if (const Json* annotations = find(record.value, "annotations"); annotations && annotations->is_object())
      entry["annotations"] = *annotations;
    entries.push_back(std::move(entry));
  }
  net::Response response = net::Response::json(
      200, JsonObject{{"schemaVersion", 2}, {"mediaType", kOciIndex}, {"manifests", std::move(entries)}});
  response.headers.set("Content-Type", kOciIndex);
  if (!wanted.empty()) response.headers.set("OCI-Filters-Applied", "artifactType");
  return response;
}

}  // namespace lazuli::registry
