"""Azure's timing and faults on request, as real clients meet them: named by the doctor, gone when they are cleared."""

import json

import pytest

import harness

GROUP, ACCOUNT = "FaultGroup", "faultsaccount"


@pytest.fixture(autouse=True)
def no_fault_stays(instance):
    yield
    instance.lazuli("fault clear")


def fault(instance, arguments):
    return instance.lazuli(f"fault add {arguments} --output json").json()


def doctor(instance, request):
    said = instance.lazuli(f"doctor request {request} --output json", check=False)
    assert said.code == 1, said.describe()
    return said.json()


def curl(instance, arguments):
    """Status and body; headers go to `headers` in the home directory."""
    said = instance.sh(f"curl -sS -D {instance.home}/headers -w '\n%{{http_code}}' {arguments}")
    body, _, status = said.out.rpartition("\n")
    return int(status), body, (instance.home / "headers").read_text().lower()


def token(instance, correlation="11111111-2222-3333-4444-555555555555"):
    c = instance.credentials()
    return curl(instance, f"-H 'client-request-id: {correlation}' -d grant_type=client_credentials -d client_id={c['id']} "
                          f"--data-urlencode client_secret='{c['secret']}' -d scope=https://cognitiveservices.azure.com/.default "
                          f"https://login.microsoftonline.com/{c['tenant']}/oauth2/v2.0/token")


def test_throttled_az_waits_and_goes_on(instance):
    fault(instance, "throttle --service arm --calls 2 --retry-after 1s")
    instance.az(f"group create -n {GROUP} -l eastus")
    assert instance.lazuli("fault list --output json").json() == []  # both calls were struck, and az tried again


def test_token_errors_are_named_by_the_doctor(instance):
    rule = fault(instance, "throttle --service token --calls 1 --retry-after 3s")
    status, body, headers = token(instance)
    assert status == 429 and "retry-after: 3" in headers and "AADSTS90055" in body
    assert token(instance)[0] == 200
    rule = fault(instance, "error --service token --status 502 --for 5m")
    status, body, _ = token(instance, "22222222-2222-3333-4444-555555555555")
    assert status == 502
    report = doctor(instance, "22222222-2222-3333-4444-555555555555")
    assert report["cause"] == "fault-error"
    assert report["findings"][-1]["mend"] == f"lazuli fault clear {rule['id']}"
    instance.lazuli(f"fault clear {rule['id']}")
    assert token(instance)[0] == 200


def test_expired_certificate(instance):
    fault(instance, "certificate-expired --service token --calls 1")
    c = instance.credentials()
    refused = instance.sh(f"curl -sS https://login.microsoftonline.com/{c['tenant']}/v2.0/.well-known/openid-configuration", check=False)
    assert refused.code == 60 and "expired" in refused.err, refused.describe()
    assert token(instance)[0] == 200


def test_new_role_and_model_calls(instance):
    instance.az(f"group create -n {GROUP} -l eastus")
    account = instance.az(f"cognitiveservices account create -g {GROUP} -n {ACCOUNT} -l eastus --kind OpenAI --sku s0 "
                          f"--custom-domain {ACCOUNT}")
    instance.az(f"cognitiveservices account deployment create -g {GROUP} -n {ACCOUNT} --deployment-name Chat "
                "--model-name gpt-4 --model-version 0613 --model-format OpenAI --sku-name Standard --capacity 10")
    bearer = json.loads(token(instance)[1])["access_token"]
    url = f"https://{ACCOUNT}.openai.azure.com/openai/deployments/Chat/chat/completions?api-version=2024-10-21"
    call = (f"-H 'Authorization: Bearer {bearer}' -H 'Content-Type: application/json' "
            f"-d '{{\"messages\":[{{\"role\":\"user\",\"content\":\"Hi\"}}],\"max_tokens\":1}}' '{url}'")
    rule = fault(instance, "role-delay --service openai --delay 1h")
    principal = instance.az(f"ad sp show --id {instance.credentials()['id']}")["id"]
    instance.az(f"role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal "
                f"--role 'Cognitive Services OpenAI User' --scope {account['id']}")
    harness.until("a remembered right is forgotten", lambda: curl(instance, call)[0] == 401, 5)
    instance.lazuli(f"fault clear {rule['id']}")
    assert curl(instance, call)[0] == 200
    fault(instance, f"throttle --service openai --resource {ACCOUNT} --calls 1 --retry-after 2s")
    status, _, headers = curl(instance, call)
    assert status == 429 and "retry-after: 2" in headers
    fault(instance, "slow --resource Chat --delay 1s --calls 1")
    assert curl(instance, f"--max-time 30 {call}")[0] == 200
    assert instance.lazuli("fault list --output json").json() == []


def test_keys_rotate_without_a_failing_request(instance):
    before = instance.lazuli("keys list --output json").json()
    after = instance.lazuli("keys rotate --output json").json()
    assert len(after) == len(before) + 1 and [key["signs"] for key in after].count(True) == 1
    assert token(instance)[0] == 200


def test_wrong_use_says_what_there_is(instance):
    refused = instance.lazuli("fault add flood", check=False)
    assert refused.code == 2 and "throttle" in refused.err
