"""The managed engine behind the real Python SDK: embeddings that mean something, and what `lazuli usage` says of it."""

import json

import pytest

import harness

NAME = "lazulimodels"

CLIENT = """
import json, sys
from openai import AzureOpenAI, BadRequestError, OpenAI

endpoint, key = sys.argv[1:3]
azure = AzureOpenAI(azure_endpoint=endpoint, api_key=key, api_version="2024-10-21", max_retries=0)
v1 = OpenAI(base_url=endpoint + "/openai/v1/", api_key=key, max_retries=0)

def vectors(client, *texts, **more):
    answer = client.embeddings.with_raw_response.create(model=more.pop("model", "Embed"), input=list(texts), **more)
    return [item.embedding for item in answer.parse().data], answer.headers

def likeness(a, b):
    return sum(x * y for x, y in zip(a, b))

out = {}
(cat, kitten, stocks), headers = vectors(
    azure, "The cat sits on the mat.", "A kitten rests on a rug.", "Stock prices fell sharply today.")
out["length"], out["near"], out["far"] = len(cat), likeness(cat, kitten), likeness(cat, stocks)
out["engine"], out["model"] = headers["x-lazuli-engine"], headers["x-lazuli-model"]
((same,), _) = vectors(v1, "The cat sits on the mat.", encoding_format="float", model="Ada")
out["same"] = likeness(cat, same)
((short,), _) = vectors(azure, "The cat sits on the mat.", dimensions=64)
out["short"], out["short length"] = len(short), likeness(short, short)
for name, more in {"too many": {"dimensions": 1024}, "old": {"dimensions": 64, "model": "Ada"}}.items():
    try:
        vectors(azure, "x", **more)
    except BadRequestError as error:
        out[name] = error.body["message"]
try:
    vectors(azure, "word " * 600)
except BadRequestError as error:
    out["too long"] = error.code
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def python():
    """An interpreter with the SDK that a person installs today."""
    return harness.script("fetch-python-packages.sh", str(harness.ROOT / "tests/e2e/openai_sdk/today.txt"))


@pytest.fixture(scope="module")
def account(instance):
    group = "models"
    instance.az(f"group create --name {group} --location eastus")
    instance.az(f"cognitiveservices account create -g {group} -n {NAME} -l eastus --kind OpenAI --sku s0 --custom-domain {NAME}")
    for deployment, model, version in (("Embed", "text-embedding-3-small", "1"), ("Ada", "text-embedding-ada-002", "2")):
        instance.az(
            f"cognitiveservices account deployment create -g {group} -n {NAME} --deployment-name {deployment} --model-name {model}"
            f" --model-version {version} --model-format OpenAI --sku-name Standard --sku-capacity 100"
        )
    return instance.az(f"cognitiveservices account keys list -g {group} -n {NAME}")["key1"]


def test_embeddings_are_a_real_models_and_are_counted(instance, account, python):
    script = instance.home / "embed.py"
    script.write_text(CLIENT)
    said = json.loads(instance.sh(f"{python} {script} https://{NAME}.openai.azure.com {account}", timeout=300).out)
    assert said["engine"] == "llama" and said["model"] == "all-MiniLM-L6-v2"
    assert said["length"] == 384
    assert said["near"] > 0.5 > 0.2 > said["far"]
    assert said["same"] > 0.999
    assert said["short"] == 64 and abs(said["short length"] - 1) < 1e-5
    assert "384" in said["too many"]
    assert said["old"] == "This model does not support specifying dimensions."
    assert said["too long"] == "context_length_exceeded"

    usage = instance.lazuli(f"usage --account {NAME} --deployment embed --identity key1 --output json").json()
    (row,) = usage["usage"]
    assert row["requests"] == 2 and row["refused"] == 2 and row["promptTokens"] > 20
    table = instance.lazuli("usage").out
    assert "Ada" in table and "since " in table
