"""The openai package for Python, of today and of 2023, against the managed engine: openai_sdk/checks.py in an environment
of each; and what is kept for applications over a restart. It needs no cluster, only an account's endpoint."""

import json
import os

import pytest

import harness

NAME, GROUP = "sdkaccount", "sdk"
FOLDER = harness.ROOT / "tests" / "e2e" / "openai_sdk"
DEPLOYMENTS = [
    ("Chat", "gpt-4o", "2024-11-20", "Standard"), ("Think", "gpt-5", "2025-08-07", "GlobalStandard"),
    ("Instruct", "gpt-35-turbo-instruct", "0914", "Standard"), ("Embed", "text-embedding-3-small", "1", "Standard")]


@pytest.fixture(scope="module")
def endpoint(instance):
    """What checks.py reads: the account's address, a key, and a principal with the role."""
    instance.az(f"group create -n {GROUP} -l eastus")
    account = instance.az(
        f"cognitiveservices account create -g {GROUP} -n {NAME} -l eastus --kind OpenAI --sku s0 --custom-domain {NAME}")
    for deployment, model, version, sku in DEPLOYMENTS:
        instance.az(
            f"cognitiveservices account deployment create -g {GROUP} -n {NAME} --deployment-name {deployment} --model-name {model}"
            f" --model-version {version} --model-format OpenAI --sku-name {sku} --sku-capacity 200")
    role = "Cognitive Services OpenAI User"
    caller = instance.az(f"ad sp create-for-rbac -n sdk --role '{role}' --scopes {account['id']}")
    return {"LAZULI_ENDPOINT": f"https://{NAME}.openai.azure.com", "LAZULI_TENANT": caller["tenant"],
            "LAZULI_CLIENT": caller["appId"], "LAZULI_SECRET": caller["password"],
            "LAZULI_KEY": instance.az(f"cognitiveservices account keys list -g {GROUP} -n {NAME}")["key1"]}


@pytest.mark.parametrize("packages", ["today", "2023"])
def test_every_feature_that_the_engine_has(instance, endpoint, packages):
    python = harness.script("fetch-python-packages.sh", str(FOLDER / f"{packages}.txt"))
    names = " ".join(f"{name}='{value}'" for name, value in endpoint.items())
    ran = instance.sh(f"{names} {python} -B -m pytest -p no:cacheprovider --noconftest -q --durations=5 {FOLDER / 'checks.py'}",
                      cwd="/", check=False, timeout=600)
    assert ran.code == 0, ran.out + os.linesep + ran.err


def test_responses_and_chats_are_there_after_a_restart(instance, endpoint):
    base = f"{endpoint['LAZULI_ENDPOINT']}/openai/v1"

    def call(path, **body):
        sent = f"-d '{json.dumps(body)}'" if body else ""
        headers = f"-H 'api-key: {endpoint['LAZULI_KEY']}' -H 'Content-Type: application/json'"
        return instance.sh(f"curl -sS --fail-with-body {base}/{path} {headers} {sent}").json()

    asked = {"model": "Chat", "input": "Name a colour.", "max_output_tokens": 16}
    made = call("responses", **asked)
    chat = call("chat/completions", model="Chat", store=True, max_tokens=8, messages=[{"role": "user", "content": "Name a colour."}])
    running = call("responses", background=True, **asked | {"max_output_tokens": 4000, "input": "Count to a thousand, in words."})
    assert running["status"] == "queued", running
    instance.down()
    instance.up()
    assert call(f"responses/{made['id']}") == made
    assert call("responses", previous_response_id=made["id"], **asked)["status"] in ("completed", "incomplete")
    assert call(f"chat/completions/{chat['id']}")["choices"][0]["message"]["content"] == chat["choices"][0]["message"]["content"]
    ended = call(f"responses/{running['id']}")
    assert (ended["status"], ended["error"]["code"]) == ("failed", "server_error"), ended
