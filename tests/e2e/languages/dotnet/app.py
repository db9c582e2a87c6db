"""Signs in and asks with the requests that Azure.Identity for .NET sends through MSAL.NET: instance discovery at the
well-known host, then the token, then the model. .NET on Linux trusts what SSL_CERT_FILE holds, as Python's ssl does.
"""

import json
import os
import ssl
import urllib.parse
import urllib.request
import uuid

AUTHORITY = os.environ["AZURE_AUTHORITY_HOST"].rstrip("/")
TENANT = os.environ["AZURE_TENANT_ID"]
MSAL = {
    "x-client-SKU": "MSAL.NetCore", "x-client-Ver": "4.76.0.0", "x-client-OS": "Debian GNU/Linux 12 (bookworm)",
    "x-client-CPU": "x64", "x-ms-PKeyAuth": "1.0", "return-client-request-id": "true",
    "User-Agent": "azsdk-net-Identity/1.17.0 (.NET 9.0.9; Debian GNU/Linux 12 (bookworm))",
}


def send(url, headers, body=None):
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        return answer, json.load(answer)


def instance_discovery():
    authorize = urllib.parse.quote(f"{AUTHORITY}/{TENANT}/oauth2/v2.0/authorize", safe="")
    _, said = send(
        f"{AUTHORITY}/common/discovery/instance?api-version=1.1&authorization_endpoint={authorize}",
        {**MSAL, "client-request-id": str(uuid.uuid4())})
    host = urllib.parse.urlsplit(AUTHORITY).hostname
    entry = next(entry for entry in said["metadata"] if host in entry["aliases"])
    return entry["preferred_network"]


def token(host):
    with open(os.environ["AZURE_FEDERATED_TOKEN_FILE"], encoding="ascii") as file:
        assertion = file.read()
    form = {
        "client_id": os.environ["AZURE_CLIENT_ID"], "client_info": "1",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion, "grant_type": "client_credentials",
        "scope": "https://cognitiveservices.azure.com/.default",
    }
    request_id = str(uuid.uuid4())
    answer, said = send(
        f"https://{host}/{TENANT}/oauth2/v2.0/token",
        {**MSAL, "client-request-id": request_id, "Content-Type": "application/x-www-form-urlencoded"},
        urllib.parse.urlencode(form).encode())
    assert answer.headers["client-request-id"] == request_id
    return said["access_token"]


def main():
    print("roots", ssl.create_default_context().cert_store_stats()["x509_ca"])
    _, said = send(
        os.environ["AZURE_OPENAI_BASE"].rstrip("/")
        + "/openai/deployments/MyModel/chat/completions?api-version=2024-10-21",
        {"Authorization": "Bearer " + token(instance_discovery()), "Content-Type": "application/json",
         "User-Agent": "azsdk-net-AI.OpenAI/2.1.0"},
        json.dumps({"messages": [{"role": "user", "content": "Hello, OpenAI!"}]}).encode())
    print("ok MSAL.NET's requests:", said["choices"][0]["message"]["content"])


main()
