"""The tutorial "Connect to Azure OpenAI in AKS with workload identity", command by command, as it is printed.

The commands go to the real az and kubectl. Where the tutorial has a placeholder, its value comes from an answer that the
same clients gave before. Both samples run in the same cluster: the static one, and the one in Python.
"""

import json
import re

import pytest

import harness

pytestmark = pytest.mark.incremental


def pod_yaml(sample, image, account, secret, name="sc-demo-openai-identity"):
    text = (harness.SAMPLES / sample / "pod.yaml").read_text()
    for placeholder, value in {
        "<YourContainerImage>": image,
        "<ServiceAccountCreatedByServiceConnector>": account,
        "<SecretCreatedByServiceConnector>": secret,
        "sc-demo-openai-identity\n": name + "\n",
    }.items():
        assert placeholder in text
        text = text.replace(placeholder, value)
    return text


def finished_pod(instance, name, seconds=180):
    """Waits until the pod has ended, and returns its phase."""

    def phase():
        status = instance.sh(f"kubectl get pod/{name} -o json").json()["status"]
        waiting = [c["state"]["waiting"] for c in status.get("containerStatuses", []) if "waiting" in c["state"]]
        for state in waiting:
            assert state.get("reason") not in ("ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"), state
        return status["phase"] if status["phase"] in ("Succeeded", "Failed") else None

    return harness.until(f"pod {name} ends", phase, seconds)


class TestTutorial:
    facts = {}

    def test_group_create(self, instance):
        group = instance.az("group create --name MyResourceGroup --location eastus")
        assert group["properties"]["provisioningState"] == "Succeeded"
        assert group["location"] == "eastus"
        self.facts["subscription"] = group["id"].split("/")[2]

    def test_aks_create(self, instance):
        cluster = instance.az(
            "aks create --resource-group MyResourceGroup --name MyAKSCluster"
            " --enable-managed-identity --node-count 1 --generate-ssh-keys"
        )
        assert cluster["provisioningState"] == "Succeeded"
        assert cluster["powerState"]["code"] == "Running"
        # As on Azure: it is the connection that turns these on.
        assert not (cluster.get("oidcIssuerProfile") or {}).get("enabled")

    def test_install_cli(self, instance):
        tools = instance.home / "bin"
        instance.sh(
            f"az aks install-cli --install-location {tools}/kubectl --kubelogin-install-location {tools}/kubelogin"
        )
        version = instance.sh("kubectl version --client -o json").json()
        assert re.match(r"v1\.\d+", version["clientVersion"]["gitVersion"])
        assert instance.sh("kubelogin --version").code == 0

    def test_get_credentials(self, instance):
        said = instance.sh("az aks get-credentials --resource-group MyResourceGroup --name MyAKSCluster")
        assert 'Merged "MyAKSCluster" as current context' in said.out + said.err
        nodes = instance.sh("kubectl get nodes -o json").json()["items"]
        assert len(nodes) == 1
        assert {"type": "Ready", "status": "True"}.items() <= next(
            c for c in nodes[0]["status"]["conditions"] if c["type"] == "Ready"
        ).items()

    def test_openai_account_create(self, instance):
        account = instance.az(
            "cognitiveservices account create --resource-group MyResourceGroup --name MyOpenAIService --location eastus"
            f" --kind OpenAI --sku s0 --custom-domain myopenaiservice --subscription {self.facts['subscription']}"
        )
        assert account["properties"]["provisioningState"] == "Succeeded"
        assert account["properties"]["endpoint"] == "https://myopenaiservice.openai.azure.com/"

    def test_deployment_create(self, instance):
        deployment = instance.az(
            "cognitiveservices account deployment create --resource-group MyResourceGroup --name MyOpenAIService"
            " --deployment-name MyModel --model-name gpt-4 --model-version 0613 --model-format OpenAI"
            ' --sku-name "Standard" --capacity 1'
        )
        assert deployment["properties"]["provisioningState"] == "Succeeded"
        assert deployment["sku"] == {"name": "Standard", "capacity": 1} or deployment["sku"]["capacity"] == 1

    def test_acr_create(self, instance):
        registry = instance.az("acr create --resource-group MyResourceGroup --name myregistry --sku Standard")
        assert registry["loginServer"] == "myregistry.azurecr.io"
        assert registry["adminUserEnabled"] is False

    def test_acr_anonymous_pull(self, instance):
        registry = instance.az("acr update --resource-group MyResourceGroup --name MyRegistry --anonymous-pull-enabled")
        assert registry["anonymousPullEnabled"] is True

    def test_identity_create(self, instance):
        identity = instance.az("identity create --resource-group MyResourceGroup --name MyIdentity")
        assert re.fullmatch(r"[0-9a-f-]{36}", identity["clientId"])
        self.facts.update(identity=identity["id"], client=identity["clientId"])

    def test_connection_create(self, instance):
        connection = instance.az(
            f"aks connection create cognitiveservices --workload-identity {self.facts['identity']}"
            " --resource-group MyResourceGroup --name MyAKSCluster"
            " --target-resource-group MyResourceGroup --account MyOpenAIService"
        )
        assert connection["provisioningState"] == "Succeeded"
        self.facts["connection"] = connection["name"]
        cluster = instance.az("aks show --resource-group MyResourceGroup --name MyAKSCluster")
        assert cluster["oidcIssuerProfile"]["enabled"] is True
        assert cluster["securityProfile"]["workloadIdentity"]["enabled"] is True
        credentials = instance.az("identity federated-credential list --identity-name MyIdentity -g MyResourceGroup")
        assert [c["subject"] for c in credentials] == [
            f"system:serviceaccount:default:sc-account-{self.facts['client']}"
        ]
        assert credentials[0]["issuer"] == cluster["oidcIssuerProfile"]["issuerUrl"]

    def test_connection_made_its_objects(self, instance):
        account = f"sc-account-{self.facts['client']}"
        found = instance.sh(f"kubectl get serviceaccount {account} -o json").json()
        assert found["metadata"]["annotations"]["azure.workload.identity/client-id"] == self.facts["client"]
        secret = f"sc-{re.sub('[^A-Za-z0-9]', '', self.facts['connection'])}-secret"
        data = instance.sh(f"kubectl get secret {secret} -o json").json()["data"]
        assert "AZURE_OPENAI_BASE" in data
        # Keyless: nothing in the secret is a key of the account.
        keys = instance.az("cognitiveservices account keys list -g MyResourceGroup -n MyOpenAIService")
        shown = instance.sh(f"kubectl get secret {secret} -o json | jq -r '.data[] | @base64d'").out
        assert keys["key1"] not in shown and keys["key2"] not in shown
        self.facts.update(account=account, secret=secret)

    def test_acr_build(self, instance):
        context = harness.SAMPLES / "cpp"
        harness.run("make", cwd=context)
        said = instance.sh("az acr build --registry MyRegistry --image sc-demo-openai-identity:latest ./", cwd=context)
        assert "Run ID" in said.out + said.err

    def test_acr_repository_list(self, instance):
        listed = instance.sh("az acr repository list --name MyRegistry --output table").out
        assert listed.split() == ["Result", "-----------------------", "sc-demo-openai-identity"] or (
            "sc-demo-openai-identity" in listed.splitlines()[-1]
        )

    def test_pod(self, instance):
        (instance.home / "pod.yaml").write_text(
            pod_yaml("cpp", "myregistry.azurecr.io/sc-demo-openai-identity:latest",
                     self.facts["account"], self.facts["secret"])
        )
        assert "created" in instance.sh("kubectl apply -f pod.yaml", cwd=instance.home).out
        phase = finished_pod(instance, "sc-demo-openai-identity")
        assert "sc-demo-openai-identity" in instance.sh("kubectl get pod/sc-demo-openai-identity").out
        log = instance.sh("kubectl logs pod/sc-demo-openai-identity").out
        assert phase == "Succeeded", log
        assert log.splitlines()[-1] == "Connect to Azure OpenAI service succeeded."

    def test_pod_without_label_says_what_is_missing(self, instance):
        text = pod_yaml("cpp", "myregistry.azurecr.io/sc-demo-openai-identity:latest", self.facts["account"],
                        self.facts["secret"], "no-label").replace('azure.workload.identity/use: "true"', "a: b")
        instance.sh("kubectl apply -f -", stdin=text)
        assert finished_pod(instance, "no-label") == "Failed"
        assert "azure.workload.identity/use" in instance.sh("kubectl logs pod/no-label").out

    def test_python_sample(self, instance):
        base = harness.script("base-image.sh", "python")
        instance.lazuli(f"image import docker.io/library/python:3.8.10-slim {base}")
        said = instance.sh("az acr build --registry MyRegistry --image sc-demo-openai-python:latest ./",
                           cwd=harness.SAMPLES / "python")
        assert "Run ID" in said.out + said.err
        text = pod_yaml("python", "myregistry.azurecr.io/sc-demo-openai-python:latest", self.facts["account"],
                        self.facts["secret"], "python-sample")
        instance.sh("kubectl apply -f -", stdin=text)
        phase = finished_pod(instance, "python-sample", 300)
        log = instance.sh("kubectl logs pod/python-sample").out
        assert phase == "Succeeded", log
        assert log.splitlines()[-1] == "Connect to Azure OpenAI service succeeded."

    def test_restart_keeps_everything(self, instance):
        instance.down()
        instance.up()
        # The API server is back before the node is, and it is the node that has the log.
        harness.until(
            "the pod's log can be read again",
            lambda: "succeeded" in instance.sh("kubectl logs pod/sc-demo-openai-identity", check=False).out, 120)
        assert instance.az("aks show -g MyResourceGroup -n MyAKSCluster")["provisioningState"] == "Succeeded"
        instance.sh("kubectl delete pod/sc-demo-openai-identity")
        instance.sh("kubectl apply -f pod.yaml", cwd=instance.home)
        assert finished_pod(instance, "sc-demo-openai-identity") == "Succeeded"

    def test_group_delete(self, instance):
        instance.sh("az group delete --resource-group MyResourceGroup --yes")
        assert instance.az("group exists --name MyResourceGroup") is False
        assert instance.az("resource list") == []
        assert json.loads(instance.sh("az identity list --output json").out) == []
        # The cluster's processes are gone; lazuli's own and its engine may stay.
        left = [p for p in harness.processes_of(instance.state) if re.search(r"kube|etcd|containerd|coredns|slirp", p)]
        assert not left
        assert not [m for m in harness.mounts_of(instance.state) if "kubelet" in m or "containerd" in m]
