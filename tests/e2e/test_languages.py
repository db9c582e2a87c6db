"""Every language's own identity library and client, unmodified, in a pod: one small image each (languages/), built through
`az acr build`, run with nothing but the label and the service account. Each way of signing in and asking must answer.

Interpreted languages install their packages in the build; compiled ones are compiled beside it and go into an image as
they are. The two kinds are made side by side, each in a registry of its own, because one waits for the network where the
other needs the processor.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import tempfile

import pytest

import conftest
import harness

GROUP, CLUSTER, ACCOUNT = "LanguagesGroup", "LanguagesAKS", "languagesaccount"
REGISTRIES = ["interpreted", "compiled"]
LANGUAGES = pathlib.Path(__file__).with_name("languages")
BOTH = ["DefaultAzureCredential", "WorkloadIdentityCredential"]
PYTHON = [*BOTH, "stream", "async", "async stream"]

# The containers of each language's pod: what runs in each, and the ways that it must report.
PODS = {
    "python": {
        "of-2023": (["/2023/bin/python", "/app/app.py"], PYTHON),
        "of-today": (["/today/bin/python", "/app/app.py"],
                     [*PYTHON, "openai/v1", "responses", "LangChain", "Semantic Kernel"]),
    },
    "javascript": {"app": (None, [*BOTH, "stream", "openai/v1"])},
    "java": {"app": (None, [*BOTH, "stream"])},
    "dotnet": {"app": (None, ["MSAL.NET's requests"])},
    "go": {"app": (None, [*BOTH, "stream", "openai/v1"])},
    "cpp": {"app": (None, ["libcurl"])},
    "rust": {"app": (None, ["WorkloadIdentityCredential"])},
}
BASES = {
    "docker.io/library/python:3.11-slim": "python",
    "docker.io/library/maven:3-eclipse-temurin-17": "java",
}


def compile_go(context):
    go = harness.script("fetch-go.sh")
    harness.run(f"{go} build -trimpath -ldflags '-s -w' -o app .", cwd=context, timeout=1200,
                env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"})


def compile_cpp(context):
    harness.run("make app", cwd=context)


def compile_rust(context):
    """What it depends on takes minutes to compile, so that stays in the cache."""
    target = f"{harness.cache()}/languages-rust"
    harness.run(f"cargo build --locked --target-dir {target} && cp {target}/debug/app app", cwd=context, timeout=1200)


COMPILE = {"go": compile_go, "cpp": compile_cpp, "rust": compile_rust}


@pytest.fixture(scope="module")
def instance(program, az):
    """With the engine that answers at once: what is looked at is the way to it."""
    yield from conftest.fresh_instance(az, config="engines: [{model: '*', kind: echo}]\n")


def registry_of(language):
    return "compiled" if language in COMPILE else "interpreted"


class Cluster:
    """A cluster with one connected account, and the images under way."""

    def __init__(self, instance, folder):
        self.instance, self.folder = instance, folder
        az = instance.az
        az(f"group create -n {GROUP} -l eastus")
        for registry in REGISTRIES:
            az(f"acr create -g {GROUP} -n {registry} --sku Standard")
        for name, flavour in BASES.items():
            instance.lazuli(f"image import {name} {harness.script('base-image.sh', flavour)}", timeout=300)
        self.queues = {registry: concurrent.futures.ThreadPoolExecutor(1) for registry in REGISTRIES}
        self.images = {language: self.queues[registry_of(language)].submit(self.image, language) for language in PODS}
        self.connect(az(f"identity create -g {GROUP} -n languages"))

    def end(self):
        """Those that no test wanted are not made any more; what is being made ends before the instance does."""
        for queue in self.queues.values():
            queue.shutdown(cancel_futures=True)

    def connect(self, identity):
        az = self.instance.az
        az(f"aks create -g {GROUP} -n {CLUSTER} --node-count 1 --generate-ssh-keys")
        az(f"aks get-credentials -g {GROUP} -n {CLUSTER}")
        for registry in REGISTRIES:
            az(f"aks update -g {GROUP} -n {CLUSTER} --attach-acr {registry}")
        az(f"cognitiveservices account create -g {GROUP} -n {ACCOUNT} -l eastus --kind OpenAI --sku s0"
           f" --custom-domain {ACCOUNT}")
        az(f"cognitiveservices account deployment create -g {GROUP} -n {ACCOUNT} --deployment-name MyModel"
           " --model-name gpt-4 --model-version 0613 --model-format OpenAI --sku-name Standard --sku-capacity 40")
        az(f"aks connection create cognitiveservices -g {GROUP} -n {CLUSTER} --connection languages"
           f" --target-resource-group {GROUP} --account {ACCOUNT} --workload-identity {identity['id']}")
        self.service_account = f"sc-account-{identity['clientId']}"

    def image(self, language):
        context = self.folder / language
        shutil.copytree(LANGUAGES / language, context)
        if language in COMPILE:
            COMPILE[language](context)
        registry = registry_of(language)
        self.instance.sh(f"az acr build --registry {registry} --image {language}:test .", cwd=context, timeout=1200)
        return f"{registry}.azurecr.io/{language}:test"

    def run(self, name, image, containers, annotations=None, label="true", environment=None, service_account=None):
        """Runs a pod to its end, and returns each container's log."""
        variables = [{"name": name, "value": value} for name, value in (environment or {}).items()]
        pod = {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "labels": {"azure.workload.identity/use": label}, "annotations": annotations or {}},
            "spec": {
                "restartPolicy": "Never", "serviceAccountName": service_account or self.service_account,
                "containers": [{
                    "name": container, "image": image, "env": variables, "envFrom": [{"secretRef": {"name": "sc-languages-secret"}}],
                    **({"command": command} if command else {}),
                } for container, command in containers.items()]}}
        self.instance.sh("kubectl apply -f -", stdin=json.dumps(pod))
        harness.until(f"pod {name} ends", lambda: self.ended(name), 300)
        return {container: self.instance.sh(f"kubectl logs {name} -c {container}").out for container in containers}

    def ended(self, name):
        status = self.instance.sh(f"kubectl get pod {name} -o json").json()["status"]
        for container in status.get("containerStatuses", []):
            reason = container["state"].get("waiting", {}).get("reason", "")
            assert reason not in ("ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"), container
        return status["phase"] in ("Succeeded", "Failed")


@pytest.fixture(scope="module")
def cluster(instance):
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(instance, pathlib.Path(folder))
        yield cluster
        cluster.end()


def ways(log):
    """The ways that a container reported, in order; each has an answer of the model."""
    return [line.removeprefix("ok ").split(": ", 1)[0] for line in log.splitlines() if line.startswith("ok ")]


def roots(log):
    return next(int(line.split()[1]) for line in log.splitlines() if line.startswith("roots "))


@pytest.mark.parametrize("language", PODS)
def test_signs_in_and_asks(cluster, language):
    containers = PODS[language]
    image = cluster.images[language].result()
    logs = cluster.run(language, image, {name: command for name, (command, _) in containers.items()})
    for name, (_, expected) in containers.items():
        assert ways(logs[name]) == expected, logs[name]
        assert roots(logs[name]) > 100, "the public authorities are no longer trusted"


def test_pod_without_identity_asks_as_its_node(cluster):
    """Instance metadata, as the libraries find it by themselves: the kubelet identity, once it has the role."""
    az = cluster.instance.az
    kubelet = az(f"aks show -g {GROUP} -n {CLUSTER}")["identityProfile"]["kubeletidentity"]
    account = az(f"cognitiveservices account show -g {GROUP} -n {ACCOUNT}")["id"]
    az(f"role assignment create --assignee-object-id {kubelet['objectId']} --assignee-principal-type ServicePrincipal"
       f" --role 'Cognitive Services OpenAI User' --scope {account}")
    containers = {name: command for name, (command, _) in PODS["python"].items()}
    logs = cluster.run("node", cluster.images["python"].result(), containers, label="false",
                       environment={"NODE_CLIENT_ID": kubelet["clientId"]})
    for log in logs.values():
        assert ways(log) == ["DefaultAzureCredential", "ManagedIdentityCredential", "by client id"], log


@pytest.mark.parametrize("language", ["python", "javascript", "go"])
def test_signs_in_by_the_token_proxy(cluster, language):
    """Code that opts in, in a pod that asks for it: the token request goes by the cluster's own door."""
    name, (command, _) = list(PODS[language].items())[-1]
    log, = cluster.run(f"{language}-proxied", cluster.images[language].result(), {name: command},
                       {"azure.workload.identity/use-identity-binding": "true"}).values()
    assert ways(log) == ["token proxy"], log


def test_bound_identity_needs_no_federated_credential(cluster):
    """An identity binding of the cluster, and the service account's right to use the bound identity."""
    az, sh = cluster.instance.az, cluster.instance.sh
    identity = az(f"identity create -g {GROUP} -n bound")
    account = az(f"cognitiveservices account show -g {GROUP} -n {ACCOUNT}")["id"]
    az(f"role assignment create --assignee-object-id {identity['principalId']} --assignee-principal-type ServicePrincipal"
       f" --role 'Cognitive Services OpenAI User' --scope {account}")
    az(f"aks identity-binding create -g {GROUP} --cluster-name {CLUSTER} -n bound"
       f" --managed-identity-resource-id {identity['id']}")
    client_id, rbac = identity["clientId"], "rbac.authorization.k8s.io"
    sh("kubectl create serviceaccount bound")
    sh(f"kubectl annotate serviceaccount bound azure.workload.identity/client-id={client_id}")
    sh("kubectl apply -f -", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": "bound"},
         "rules": [{"verbs": ["use-managed-identity"], "apiGroups": ["cid.wi.aks.azure.com"], "resources": [client_id]}]},
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "bound"},
         "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "bound"},
         "subjects": [{"kind": "ServiceAccount", "name": "bound", "namespace": "default"}]}]}))
    name, (command, _) = list(PODS["python"].items())[-1]
    log, = cluster.run("python-bound", cluster.images["python"].result(), {name: command},
                       {"azure.workload.identity/use-identity-binding": "true"}, service_account="bound").values()
    assert ways(log) == ["token proxy"], log
