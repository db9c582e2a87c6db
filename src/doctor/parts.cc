#include "base/text.h"
#include "doctor/doctor.h"

namespace lazuli::doctor {

namespace {

// The request that an identity library sends (RFC 7523 with a federated assertion).
Status exchange_at(entra::Entra& entra, const TokenExchange& asked) {
  net::Request request;
  request.method = "POST";
  request.host = "login.microsoftonline.com";
  request.path = "/" + asked.tenant_id + "/oauth2/v2.0/token";
  request.target = request.path;
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.body = "grant_type=client_credentials&client_id=" + percent_encode(asked.client_id) +
                 "&scope=" + percent_encode("https://cognitiveservices.azure.com/.default") +
                 "&client_assertion_type=" + percent_encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") +
                 "&client_assertion=" + percent_encode(asked.assertion);
  const auto response = entra.login(request);
  if (response.status == 200) return {};
  const auto body = parse_json(response.body);
  const auto text = body ? string_at(*body, "error_description") : std::string();
  return Error{text.substr(0, text.find(':')), text.substr(0, text.find_first_of("\r\n")), response.status};
}

std::optional<Identity> application_of(const entra::Entra& entra, std::string_view id) {
  auto found = entra.find_by_client_id(id);
  if (!found) found = entra.find_by_object_id(id);
  if (!found) return std::nullopt;
  return Identity{found->display_name,
                  found->client_id,
                  found->object_id,
                  {},
                  false,
                  {},
                  entra.federated_credentials_of_client(found->client_id)};
}

}  // namespace

Parts parts_of(arm::Service& service, cluster::Clusters& clusters, entra::Entra& entra,
               const registry::Registry& registry, const access::Authorizer& authorizer, const Clock& clock,
               const access::RefusedCalls* refused, fault::Rules* faults) {
  return Parts{service,
               cluster::objects_of(clusters),
               authorizer,
               clock,
               [&entra](std::string_view issuer) { return entra.published_keys(issuer); },
               [&entra](const TokenExchange& asked) { return exchange_at(entra, asked); },
               [&entra](std::string_view id) { return application_of(entra, id); },
               [&entra](std::string_view object_id) { return entra.groups_of(object_id); },
               refused,
               faults,
               [&registry](std::string_view login_server, std::string_view repository) {
                 return registry.tags(login_server, repository);
               }};
}

}  // namespace lazuli::doctor
