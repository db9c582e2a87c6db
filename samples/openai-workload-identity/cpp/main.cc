// Connects a pod to Azure OpenAI without a key, in plain steps: read what the workload identity webhook put into the
// pod, trade the service account's token for one of Microsoft Entra, ask the model. Everything that an SDK would hide
// is visible here, and each thing that can be missing is named in the error. No key appears anywhere.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "https.h"
#include "json.h"

namespace {

// A sentence that tells which link of the chain is missing, and what to do about it.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string variable(const char* name, const std::string& fallback = {}) {
  const char* value = std::getenv(name);
  return value && *value ? value : fallback;
}

struct Identity {
  std::string client_id, tenant_id, authority, assertion;
};

// What the webhook adds to a pod that carries the label and a service account with a client id.
Identity identity_of_this_pod() {
  const std::string token_file = variable("AZURE_FEDERATED_TOKEN_FILE");
  Identity identity{variable("AZURE_CLIENT_ID"),
                    variable("AZURE_TENANT_ID"),
                    variable("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/"),
                    {}};
  if (identity.client_id.empty() && token_file.empty()) {
    throw Broken(
        "This pod has no identity: AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE are not set.\n"
        "The pod needs the label azure.workload.identity/use: \"true\" in its own metadata, and the\n"
        "serviceAccountName that Service Connector created (sc-account-<client id>).");
  }
  if (identity.client_id.empty()) {
    throw Broken(
        "This pod's identity has no client id: AZURE_CLIENT_ID is not set.\n"
        "The service account needs the annotation azure.workload.identity/client-id; serviceAccountName\n"
        "should be the one that Service Connector created (sc-account-<client id>).");
  }
  if (token_file.empty() || identity.tenant_id.empty()) {
    throw Broken("AZURE_CLIENT_ID is set, but " +
                 std::string(token_file.empty() ? "AZURE_FEDERATED_TOKEN_FILE" : "AZURE_TENANT_ID") +
                 " is not: the workload identity webhook did not change this pod.\n"
                 "The pod needs the label azure.workload.identity/use: \"true\" in its own metadata.");
  }
  std::ifstream file(token_file, std::ios::binary);
  identity.assertion.assign(std::istreambuf_iterator<char>(file), {});
  if (identity.assertion.empty()) {
    throw Broken("The service account's token could not be read from " + token_file +
                 ": the volume azure-identity-token is not mounted in this container.");
  }
  return identity;
}

std::string join(std::string base, const std::string& path) {
  while (!base.empty() && base.back() == '/') base.pop_back();
  return base + path;
}

// The token exchange: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, third
// case (federated credential).
std::string access_token(const Identity& identity) {
  const std::string url = join(identity.authority, "/" + identity.tenant_id + "/oauth2/v2.0/token");
  const std::string form =
      "grant_type=client_credentials&client_id=" + sample::form_encode(identity.client_id) +
      "&scope=" + sample::form_encode("https://cognitiveservices.azure.com/.default") +
      "&client_assertion_type=" + sample::form_encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") +
      "&client_assertion=" + sample::form_encode(identity.assertion);
  const sample::Answer answer = sample::https_post(url, {{"content-type", "application/x-www-form-urlencoded"}}, form);
  const sample::Json body = sample::parse_json(answer.body);
  const std::string token = body.text({"access_token"});
  if (answer.status != 200 || token.empty()) {
    const std::string reason = body.text({"error_description"});
    throw Broken("Microsoft Entra gave no token (" + std::to_string(answer.status) + " from " + url + "):\n" +
                 (reason.empty() ? answer.body : reason) +
                 "\nThe identity's federated credential must have exactly this cluster's issuer and this pod's service "
                 "account.");
  }
  return token;
}

std::string ask(const std::string& token, const std::string& question) {
  const std::string endpoint = variable("AZURE_OPENAI_BASE", variable("AZURE_OPENAI_ENDPOINT"));
  if (endpoint.empty()) {
    throw Broken(
        "The endpoint is missing: neither AZURE_OPENAI_BASE nor AZURE_OPENAI_ENDPOINT is set.\n"
        "The pod needs envFrom with the secret that Service Connector created (sc-<connection>-secret).");
  }
  const std::string deployment = variable("AZURE_OPENAI_DEPLOYMENT", "MyModel");
  const std::string version = variable("OPENAI_API_VERSION", "2024-10-21");
  const std::string url = join(endpoint, "/openai/deployments/" + sample::form_encode(deployment) +
                                             "/chat/completions?api-version=" + sample::form_encode(version));
  const std::string body = R"({"messages":[{"role":"user","content":)" + sample::json_text(question) + "}]}";
  const sample::Answer answer =
      sample::https_post(url, {{"content-type", "application/json"}, {"authorization", "Bearer " + token}}, body);
  const sample::Json json = sample::parse_json(answer.body);
  if (answer.status != 200) {
    const std::string code = json.text({"error", "code"});
    const std::string reason = json.text({"error", "message"});
    throw Broken(
        "Azure OpenAI refused the request (" + std::to_string(answer.status) + (code.empty() ? "" : " " + code) +
        " from " + url + "):\n" + (reason.empty() ? answer.body : reason) +
        (code == "PermissionDenied"     ? "\nThe identity needs the role Cognitive Services OpenAI User on the account."
         : code == "DeploymentNotFound" ? "\nSet AZURE_OPENAI_DEPLOYMENT to the name of a deployment (not of a model)."
                                        : ""));
  }
  const std::string reply = json.text({"choices", "0", "message", "content"});
  if (reply.empty()) throw Broken("The model's answer is empty: " + answer.body);
  return reply;
}

}  // namespace

int main() {
  const std::string question = variable("QUESTION", "Hello, OpenAI!");
  try {
    const Identity identity = identity_of_this_pod();
    std::cout << "Identity: client id " << identity.client_id << ", tenant " << identity.tenant_id << std::endl;
    const std::string token = access_token(identity);
    std::cout << "Greetings to OpenAI: " << question << std::endl;
    std::cout << "Reply from OpenAI: " << ask(token, question) << std::endl;
    std::cout << "Connect to Azure OpenAI service succeeded." << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\nConnect to Azure OpenAI service failed." << std::endl;
    return 1;
  }
}
