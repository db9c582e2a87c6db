// POST /{tenant}/oauth2/v2.0/token and /{tenant}/oauth2/token: reads the request, hands it to its grant, and answers.
#pragma once

#include "entra/context.h"
#include "entra/token_request.h"

namespace lazuli::entra {

net::Response answer_token_request(Context& context, const TokenRequest& request);
net::Response answer_device_request(Context& context, const TokenRequest& request);
// Keeps what was presented, for the doctor; never the secret or the assertion itself.
void note_refusal(Context& context, const TokenRequest& request, const Error& error);

}  // namespace lazuli::entra
