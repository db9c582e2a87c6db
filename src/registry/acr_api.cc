#include "registry/acr_api.h"

#include "base/text.h"
#include "registry/distribution.h"
#include "registry/errors.h"
#include "registry/names.h"

namespace lazuli::registry {

namespace {

JsonObject tag_view(const Record& record) {
  return JsonObject{{"name", record.name},
                    {"digest", string_at(record.value, "digest")},
                    {"createdTime", string_at(record.value, "created")},
                    {"lastUpdateTime", string_at(record.value, "updated")},
                    {"signed", false},
                    {"changeableAttributes", lock_view(record.value)}};
}

}  // namespace

net::Response AcrApi::handle(const net::Request& request, const Route& route, const std::string& space) const {
  if (!route.repository.empty() && !valid_repository(route.repository))
    return error_response(name_invalid(route.repository));
  const Place place{space, route.repository};
  const bool collection =
      route.target == Target::acr_catalog || route.target == Target::acr_tags || route.target == Target::acr_manifests;
  if (request.method == "GET") return collection ? list(request, place, route) : show(place, route);
  if (request.method == "PATCH" && !collection) return change(request, place, route);
  if (request.method == "DELETE" && !collection) return remove(place, route);
  return error_response(method_unsupported());
}

JsonObject AcrApi::repository_view(const Place& place, const Record& record) const {
  return JsonObject{{"registry", place.space},
                    {"imageName", place.repository},
                    {"createdTime", string_at(record.value, "created")},
                    {"lastUpdateTime", string_at(record.value, "updated")},
                    {"manifestCount", catalog_.manifests(place, {}).records.size()},
                    {"tagCount", catalog_.tags(place, {}).records.size()},
                    {"changeableAttributes", lock_view(record.value)}};
}

JsonObject AcrApi::manifest_view(const Place& place, const Record& record) const {
  JsonObject view{{"digest", record.name},
                  {"imageSize", integer(find(record.value, "imageSize")).value_or(0)},
                  {"createdTime", string_at(record.value, "created")},
                  {"lastUpdateTime", string_at(record.value, "updated")}};
  const Json* entries = find(record.value, "manifests");
  if (!entries) {
    view["architecture"] = string_at(record.value, "architecture");
    view["os"] = string_at(record.value, "os");
  }
  view["mediaType"] = string_at(record.value, "mediaType");
  if (const std::string config = string_at(record.value, "configMediaType"); !config.empty())
    view["configMediaType"] = config;
  JsonArray tags;
  for (const auto& tag : catalog_.tags_of(place, record.name)) tags.emplace_back(tag);
  if (!tags.empty()) view["tags"] = std::move(tags);
  view["changeableAttributes"] = lock_view(record.value);
  if (entries) view["references"] = *entries;
  return view;
}

net::Response AcrApi::show(const Place& place, const Route& route) const {
  const auto repository = catalog_.repository(place);
  if (!repository) return error_response(name_unknown(place.repository));
  if (route.target == Target::acr_repository) return net::Response::json(200, repository_view(place, *repository));
  JsonObject body{{"registry", place.space}, {"imageName", place.repository}};
  if (route.target == Target::acr_tag) {
    const auto tag = catalog_.tag(place, route.reference);
    if (!tag) return error_response(tag_unknown());
    body["tag"] = tag_view(*tag);
  } else {
    const auto manifest = catalog_.manifest_record(place, route.reference);
    if (!manifest) return error_response(manifest_unknown(route.reference));
    body["manifest"] = manifest_view(place, *manifest);
  }
  return net::Response::json(200, body);
}

net::Response AcrApi::list(const net::Request& request, const Place& place, const Route& route) const {
  if (route.target == Target::acr_catalog) {
    const Page page = catalog_.repositories(place.space, page_request(request));
    JsonArray names;
    for (const auto& record : page.records) names.emplace_back(record.name);
    net::Response response = net::Response::json(200, JsonObject{{"repositories", std::move(names)}});
    add_next_link(response, request, page);
    return response;
  }
  if (!catalog_.repository(place)) return error_response(name_unknown(place.repository));
  const bool tags = route.target == Target::acr_tags;
  PageRequest wanted = page_request(request);
  const std::string digest = request.query.get("digest");  // az acr repository: the tags of one manifest
  const Page page = tags ? catalog_.tags(place, wanted) : catalog_.manifests(place, wanted);
  JsonArray entries;
  for (const auto& record : page.records) {
    if (!tags) {
      entries.push_back(manifest_view(place, record));
    } else if (digest.empty() || string_at(record.value, "digest") == digest) {
      entries.push_back(tag_view(record));
    }
  }
  net::Response response = net::Response::json(200, JsonObject{{"registry", place.space},
                                                               {"imageName", place.repository},
                                                               {tags ? "tags" : "manifests", std::move(entries)}});
  add_next_link(response, request, page);
  return response;
}

net::Response AcrApi::change(const net::Request& request, const Place& place, const Route& route) const {
  const auto body = parse_json(request.body);
  if (!body || !body->is_object())
    return error_response({"BAD_REQUEST", "the body must be an object of changeable attributes", 400});
  if (auto before = show(place, route); before.status != 200) return before;
  if (auto changed = catalog_.change_locks(place, route.reference, *body); !changed)
    return error_response(changed.error());
  return show(place, route);
}

net::Response AcrApi::remove(const Place& place, const Route& route) const {
  if (route.target == Target::acr_repository) {
    auto removed = catalog_.remove_repository(place);
    if (!removed) return error_response(removed.error());
    JsonArray manifests, tags;
    for (const auto& name : removed->manifests) manifests.emplace_back(name);
    for (const auto& name : removed->tags) tags.emplace_back(name);
    const Json no_tags = nullptr;
    return net::Response::json(202, JsonObject{{"manifestsDeleted", std::move(manifests)},
                                               {"tagsDeleted", tags.empty() ? no_tags : Json(std::move(tags))}});
  }
  if (route.target == Target::acr_manifest) {
    if (auto removed = catalog_.remove_manifest(place, route.reference); !removed)
      return error_response(removed.error());
    return net::Response::empty(202);
  }
  auto digest = catalog_.remove_tag(place, route.reference);
  if (!digest) return error_response(digest.error());
  net::Response response = net::Response::empty(202);
  response.headers.set("x-ms-int-docker-content-digest", *digest);
  return response;
}

}  // namespace lazuli::registry
