#include "entra/grants.h"

namespace lazuli::entra {

// RFC 6749, section 4.4: an application (or managed identity) acts for itself.
Result<JsonObject> grant_client_credentials(Context& context, const TokenRequest& request) {
  if (!request.names_tenant()) {
    return sts_error(50059,
                     "No tenant-identifying information found in the request: an application signs in at its "
                     "tenant's own token endpoint, not at /" +
                         request.tenant_segment + ".");
  }
  const auto wanted = request.form.require(request.v2 ? "scope" : "resource");
  if (!wanted) return wanted.error();
  const auto client = authenticate_client(context, request, true);
  if (!client) return client.error();
  const auto resource = request.v2 ? application_scope(context.directory, context.tenant_id, *wanted)
                                   : find_resource(context.directory, context.tenant_id, *wanted);
  if (!resource) return resource.error();
  return application_answer(
      request, *resource,
      context.tokens.for_application(*client->principal, *resource, client->proof, request.client_capabilities()));
}

}  // namespace lazuli::entra
