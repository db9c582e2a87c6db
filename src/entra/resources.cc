#include "entra/resources.h"

#include <algorithm>

#include "base/text.h"
#include "entra/sts_error.h"

namespace lazuli::entra {

namespace {

struct Known {
  std::string_view app_id;
  std::string_view uri;  // without a closing slash
};

// Microsoft's own resources, which every tenant has. The application ids are Microsoft's published ones.
constexpr Known kKnown[] = {
    {"797f4846-ba00-4fd7-ba43-dac1f8f63013", "https://management.azure.com"},
    {"797f4846-ba00-4fd7-ba43-dac1f8f63013", "https://management.core.windows.net"},
    {"00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com"},
    {"00000002-0000-0000-c000-000000000000", "https://graph.windows.net"},
    {"7d312290-28c8-473c-a0ed-8e53749b6d6d", "https://cognitiveservices.azure.com"},
    {"18a66f5f-dbdf-4c17-9dd7-1634712a9cbe", "https://ai.azure.com"},
    {"18a66f5f-dbdf-4c17-9dd7-1634712a9cbe", "https://ml.azure.com"},
    {"6a0ec4d3-30cb-4a83-91c0-ae56bc0e3d26", "https://containerregistry.azure.net"},
    {"6dae42f8-4368-4678-94ff-3960e28e3630", "6dae42f8-4368-4678-94ff-3960e28e3630"},  // AKS's API servers
    {"e406a681-f3d4-42a8-90b6-c2b029497af1", "https://storage.azure.com"},
    {"cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "https://vault.azure.net"},
    {"589d5083-6f11-4d30-a62a-a4b316a14abf", "https://managedhsm.azure.net"},
    {"022907d3-0f1b-48f7-badc-1ba6abab6d66", "https://database.windows.net"},
    {"123cd850-d9df-40bd-94d5-c9f07b7fa203", "https://ossrdbms-aad.database.windows.net"},
    {"35ffadb3-7fc1-497e-b61b-381d28e744cc", "https://azconfig.io"},
    {"80369ed6-5f11-4dd9-bef3-692475845e77", "https://eventhubs.azure.net"},
    {"80a10ef9-8168-493d-abf9-3297c4ef6e3c", "https://servicebus.azure.net"},
    {"a232010e-820c-4083-83bb-3ace5fc29d0b", "https://cosmos.azure.com"},
    {"880da380-985e-4198-81b9-e05b1cc53158", "https://search.azure.com"},
    {"ca7f3f0b-7d91-482c-8e09-c5d840d0eac5", "https://api.loganalytics.io"},
    {"be14bf7e-8ab4-49b0-9dc6-a0eddd6fa73e", "https://monitor.azure.com"},
};

// Resources that are named by their instance.
constexpr std::string_view kKnownSuffixes[] = {
    ".blob.core.windows.net",  ".queue.core.windows.net", ".table.core.windows.net",
    ".file.core.windows.net",  ".dfs.core.windows.net",   ".azconfig.io",
    ".servicebus.windows.net", ".documents.azure.com",
};

constexpr std::string_view kGraph = "https://graph.microsoft.com";
constexpr std::string_view kDefault = "/.default";

bool is_known(std::string_view name) {
  const std::string bare(without_trailing_slashes(to_lower(name)));
  const auto is_it = [&](const Known& known) { return bare == known.uri || bare == known.app_id; };
  if (std::ranges::any_of(kKnown, is_it)) return true;
  if (!bare.starts_with("https://") || bare.find('/', 8) != std::string::npos) return false;
  return std::ranges::any_of(kKnownSuffixes, [&](std::string_view suffix) { return bare.ends_with(suffix); });
}

bool is_open_id(std::string_view scope) {
  return scope == "openid" || scope == "profile" || scope == "offline_access" || scope == "email";
}

std::vector<std::string> resource_scopes(std::string_view scope) {
  std::vector<std::string> out;
  for (auto& one : split(scope, ' ')) {
    if (!is_open_id(to_lower(one))) out.push_back(std::move(one));
  }
  return out;
}

// RFC 6749, section 3.3. What is granted stands in the token.
bool is_scope_text(std::string_view scope) {
  return std::ranges::all_of(scope, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

Error bad_scope(std::string_view scope) {
  return sts_error(70011,
                   "The scope '" + std::string(scope) + "' is not valid: ask for one resource, as RESOURCE/.default.");
}

}  // namespace

Result<Resource> find_resource(const Directory& directory, std::string_view tenant_id, std::string_view name) {
  if (is_known(name)) return Resource{std::string(name), {}, 1};
  const auto bare = without_trailing_slashes(name);
  if (equals_ignoring_case(bare, kTokenExchange) || equals_ignoring_case(bare, kTokenExchangeId))
    return Resource{std::string(kTokenExchangeId), {}, 2};
  auto application = directory.application_by_uri(name);
  if (!application) {
    application = directory.application(name.starts_with("api://") ? name.substr(6) : name);
  }
  if (application && directory.service_principal(application->client_id)) {
    // A v2 token names its audience by application id, a v1 token by the URI that was asked for.
    return Resource{
        application->token_version == 2 ? application->client_id : std::string(name), {}, application->token_version};
  }
  return sts_error(500011, "The resource principal named " + std::string(name) + " was not found in the tenant named " +
                               std::string(tenant_id) +
                               ". It is neither a known Azure resource nor an application of this directory.");
}

Result<Resource> application_scope(const Directory& directory, std::string_view tenant_id, std::string_view scope) {
  const auto scopes = resource_scopes(scope);
  if (scopes.size() != 1 || !is_scope_text(scope)) return bad_scope(scope);
  const std::string_view only = scopes.front();
  if (!only.ends_with(kDefault) || only.size() == kDefault.size()) {
    return sts_error(1002012,
                     "The provided value for scope " + std::string(only) +
                         " is not valid. Client credential flows must have a scope value with /.default suffixed "
                         "to the resource identifier (application ID URI).");
  }
  return find_resource(directory, tenant_id, only.substr(0, only.size() - kDefault.size()));
}

Result<Resource> delegated_scope(const Directory& directory, std::string_view tenant_id, std::string_view scope) {
  if (!is_scope_text(scope)) return bad_scope(scope);
  const auto scopes = resource_scopes(scope);
  std::string resource;
  std::vector<std::string> permissions;
  for (const auto& one : scopes) {
    const auto slash = one.rfind('/');
    const bool qualified = slash != std::string::npos;
    const std::string named = qualified ? one.substr(0, slash) : std::string(kGraph);
    if (!resource.empty() && resource != named) return bad_scope(scope);
    resource = named;
    const std::string permission = qualified ? one.substr(slash + 1) : one;
    if (permission.empty()) return bad_scope(scope);
    permissions.push_back(permission == ".default" ? "user_impersonation" : permission);
  }
  if (resource.empty()) {
    resource = kGraph;
    permissions = {"User.Read"};
  }
  auto found = find_resource(directory, tenant_id, resource);
  if (found) found->scopes = join(permissions, " ");
  return found;
}

bool has_scope(std::string_view scope, std::string_view name) {
  return std::ranges::any_of(split(scope, ' '),
                             [&](const std::string& one) { return equals_ignoring_case(one, name); });
}

}  // namespace lazuli::entra
