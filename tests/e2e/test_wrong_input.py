"""Wrong input ends in Azure's own code and status, in a sentence that helps, and changes nothing.

One row for each mistake: the command, az's exit code, and what its message must hold.
"""

import io
import json
import tarfile

import pytest

import harness

GROUP = "WrongGroup"
ZERO = "00000000-0000-0000-0000-000000000000"

ROWS = {
    "unknown group": (
        "identity create -g nowhere -n x -l eastus", 3, ["ResourceGroupNotFound", "nowhere"]),
    "unknown resource": (
        f"identity show -g {GROUP} -n nobody", 3, ["ResourceNotFound", "nobody"]),
    "wrong subscription": (
        f"group list --subscription {ZERO}", 1, [ZERO, "not found"]),
    "subscription of nobody, by rest": (
        f"rest --method get --url /subscriptions/{ZERO}/resourcegroups?api-version=2024-11-01 --skip-authorization-header"
        " --headers \"Authorization=Bearer $(az account get-access-token --query accessToken -o tsv)\"",
        1, ["SubscriptionNotFound", ZERO]),
    "group name that is not allowed": (
        "group create -n 'bad<name>' -l eastus", 1, ["InvalidResourceGroup"]),
    "location that does not exist": (
        "group create -n loc -l atlantis", 1, ["LocationNotAvailableForResourceGroup"]),
    "registry name too short": (
        f"acr create -g {GROUP} -n ab --sku Standard", 1, ["registry"]),
    "registry name with a dash, by rest": (
        f"rest --method put --url /subscriptions/SUB/resourceGroups/{GROUP}/providers/Microsoft.ContainerRegistry/registries/a-b-c-d"
        "?api-version=2025-04-01 --body '{\"location\":\"eastus\",\"sku\":{\"name\":\"Standard\"}}'", 1, ["InvalidResourceName"]),
    "registry name that is taken": (
        f"acr create -g {GROUP}2 -n wronginputregistry --sku Standard", 1, ["AlreadyInUse"]),
    "custom domain that is taken": (
        f"cognitiveservices account create -g {GROUP} -n other -l eastus --kind OpenAI --sku s0 --custom-domain wronginput",
        1, ["CustomDomainInUse"]),
    "model that does not exist": (
        f"cognitiveservices account deployment create -g {GROUP} -n wronginput --deployment-name dd --model-name gpt-nothing"
        " --model-version 1 --model-format OpenAI --sku-name Standard --sku-capacity 1",
        1, ["DeploymentModelNotSupported"]),
    "deployment of an account that does not exist": (
        f"cognitiveservices account deployment create -g {GROUP} -n nobody --deployment-name dd --model-name gpt-4"
        " --model-version 0613 --model-format OpenAI --sku-name Standard --sku-capacity 1",
        3, ["ParentResourceNotFound", "nobody"]),
    "cluster that does not exist": (
        f"aks get-credentials -g {GROUP} -n nobody", 3, ["ResourceNotFound"]),
    "role that does not exist": (
        f"role assignment create --role 'No Such Role' --assignee-object-id {ZERO} --assignee-principal-type ServicePrincipal"
        f" --scope /subscriptions/SUB/resourceGroups/{GROUP}", 1, ["No Such Role"]),
    "provider that does not exist": (
        f"rest --method get --url /subscriptions/SUB/providers/Microsoft.Nothing/things?api-version=2020-01-01",
        1, ["InvalidResourceNamespace"]),
    "api-version that the provider never had": (
        f"rest --method get --url /subscriptions/SUB/resourceGroups/{GROUP}/providers/Microsoft.ManagedIdentity"
        "/userAssignedIdentities/x?api-version=1999-01-01", 1, ["InvalidResourceType", "NoRegisteredProviderFound", "InvalidApiVersionParameter"]),
    "no api-version": (
        "rest --method get --url /subscriptions/SUB/resourcegroups --skip-authorization-header", 1, ["MissingApiVersionParameter", "AuthenticationFailed"]),
}
ANY_OF = {"api-version that the provider never had", "no api-version"}


@pytest.fixture(scope="module")
def ready(instance):
    instance.az(f"group create -n {GROUP} -l eastus")
    instance.az(f"group create -n {GROUP}2 -l eastus")
    instance.az(f"acr create -g {GROUP} -n wronginputregistry --sku Standard")
    instance.az(f"cognitiveservices account create -g {GROUP} -n wronginput -l eastus --kind OpenAI --sku s0 --custom-domain wronginput")
    instance.subscription = instance.az("account show")["id"]
    return instance


def everything(instance):
    return sorted(r["id"].lower() for r in instance.az("resource list")) + sorted(
        g["id"].lower() for g in instance.az("group list"))


@pytest.mark.parametrize("name", ROWS)
def test_mistake(ready, name):
    command, code, words = ROWS[name]
    before = everything(ready)
    finished = ready.sh("az " + command.replace("/SUB/", f"/{ready.subscription}/"), check=False)
    said = finished.out + finished.err
    assert finished.code == code, finished.describe()
    found = [word for word in words if word in said]
    assert found if name in ANY_OF else found == words, finished.describe()
    assert "Traceback" not in said
    assert everything(ready) == before


def test_dockerfile_that_fails(ready, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY nothing-here /\n")
    finished = ready.sh("az acr build --registry wronginputregistry --image x:1 .", cwd=tmp_path, check=False)
    assert finished.code == 1, finished.describe()
    assert "nothing-here" in finished.out + finished.err
    assert "x" not in (ready.az("acr repository list --name wronginputregistry") or [])


def upload(instance, archive):
    """Starts a build run of an archive as az would, without az's own care for what is in it."""
    base = (f"/subscriptions/{instance.subscription}/resourceGroups/{GROUP}/providers/Microsoft.ContainerRegistry"
            "/registries/wronginputregistry")
    version = "api-version=2019-06-01-preview"
    place = instance.az(f"rest --method post --url '{base}/listBuildSourceUploadUrl?{version}'")
    (instance.home / "context.tar.gz").write_bytes(archive)
    instance.sh(f"curl -sSf -X PUT -H 'x-ms-blob-type: BlockBlob' --data-binary @context.tar.gz '{place['uploadUrl']}'",
                cwd=instance.home)
    body = {"type": "DockerBuildRequest", "imageNames": ["evil:1"], "isPushEnabled": True,
            "sourceLocation": place["relativePath"], "dockerFilePath": "Dockerfile",
            "platform": {"os": "Linux", "architecture": "amd64"}, "arguments": []}
    started = instance.sh(f"az rest --method post --url '{base}/scheduleRun?{version}' --body '{json.dumps(body)}'", check=False)
    if started.code:
        return "refused", started
    run = started.json()
    name = run.get("name") or run["properties"]["runId"]
    done = harness.until(
        "the run ends",
        lambda: (r := instance.az(f"rest --method get --url '{base}/runs/{name}?{version}'")["properties"])["status"]
        in ("Succeeded", "Failed", "Error", "Canceled", "Timeout") and r, 60)
    return done["status"], done


def archive_with(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def entry(name, content=b"", **fields):
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


DOCKERFILE = entry("Dockerfile", b"FROM scratch\nCOPY . /\n")


@pytest.mark.parametrize("members", [
    [entry("../outside", b"x")],
    [entry("a/../../outside", b"x")],
    [entry("/tmp/lazuli-e2e-outside", b"x")],
    [entry("device", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    [entry("link", type=tarfile.SYMTYPE, linkname="/etc"), entry("link/lazuli-e2e-outside", b"x")],
], ids=["dot-dot", "dot-dot inside", "absolute", "device", "through a link"])
def test_hostile_context(ready, members):
    status, _ = upload(ready, archive_with(DOCKERFILE, *members))
    assert status in ("refused", "Failed", "Error"), status
    assert not harness.run("ls /tmp/lazuli-e2e-outside /etc/lazuli-e2e-outside", check=False).out
    assert "evil" not in (ready.az("acr repository list --name wronginputregistry") or [])


class TestDataPlane:
    url = "https://wronginput.openai.azure.com/openai/deployments/{}/chat/completions?api-version=2024-10-21"
    body = '{"messages":[{"role":"user","content":"hi"}]}'

    def ask(self, instance, authorization, deployment="nothing"):
        finished = instance.sh(
            f"curl -sS -w '\\n%{{http_code}}' -H 'content-type: application/json' -H '{authorization}'"
            f" -d '{self.body}' '{self.url.format(deployment)}'")
        text, status = finished.out.rsplit("\n", 1)
        said = json.loads(text)
        # A token that is no good is refused by Azure's gateway, in a flat form of its own.
        return int(status), said.get("error") or {"code": said["statusCode"], "message": said["message"]}

    def token(self, instance):
        return instance.az("account get-access-token --resource https://cognitiveservices.azure.com")["accessToken"]

    def test_no_role(self, ready):
        status, error = self.ask(ready, f"Authorization: Bearer {self.token(ready)}")
        assert (status, error["code"]) in ((401, "PermissionDenied"), (404, "DeploymentNotFound"))

    def test_wrong_token(self, ready):
        head, payload, signature = self.token(ready).split(".")
        broken = ".".join([head, payload, signature[:-8] + "AAAAAAAA"])
        status, error = self.ask(ready, f"Authorization: Bearer {broken}")
        assert (status, error["code"]) == (401, 401)

    def test_token_for_another_audience(self, ready):
        token = ready.az("account get-access-token")["accessToken"]
        status, error = self.ask(ready, f"Authorization: Bearer {token}")
        assert status == 401
        assert "https://cognitiveservices.azure.com" in error["message"]

    def test_wrong_key(self, ready):
        status, _ = self.ask(ready, "api-key: 00000000000000000000000000000000")
        assert status == 401

    def test_deployment_that_does_not_exist(self, ready):
        key = ready.az(f"cognitiveservices account keys list -g {GROUP} -n wronginput")["key1"]
        status, error = self.ask(ready, f"api-key: {key}")
        assert (status, error["code"]) == (404, "DeploymentNotFound")
