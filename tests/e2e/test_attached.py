"""A Kubernetes that exists already: lazuli is attached to it, and the tutorial's chain runs there without a key.

One instance lends its cluster: to the other it is a Kubernetes of somebody else's, known by its kubeconfig alone. The
address at which that cluster reaches the attached instance is one that the test makes on the machine.
"""

import json
import re

import pytest

import conftest
import harness
from test_tutorial import finished_pod, pod_yaml

pytestmark = pytest.mark.incremental

ADDRESS, BLOCKED = "10.98.77.1", "10.98.77.2"
WEBHOOK = "mutatingwebhookconfiguration/azure-wi-webhook-mutating-webhook-configuration"
IMAGE = "lentregistry.azurecr.io/sample:1"
GROUP = "AttachedGroup"


class Lent:
    """The cluster of somebody else, and what the attached instance may do to it."""

    def __init__(self, owner):
        owner.az("group create -n LentGroup -l eastus")
        owner.az("aks create -g LentGroup -n lent --node-count 1 --generate-ssh-keys")
        self.kubeconfig = owner.home / "lent.kubeconfig"
        owner.sh(f"az aks get-credentials -g LentGroup -n lent --admin --file {self.kubeconfig}")
        owner.az("acr create -g LentGroup -n lentregistry --sku Standard")
        owner.az("acr update -g LentGroup -n lentregistry --anonymous-pull-enabled")
        harness.run("make", cwd=harness.SAMPLES / "cpp")
        owner.sh("az acr build --registry lentregistry --image sample:1 ./", cwd=harness.SAMPLES / "cpp")
        self.owner = owner
        number = re.search(r"server: https://10\.89\.(\d+)\.", self.kubeconfig.read_text()).group(1)
        self.namespace, self.gateway = f"lazuli-{number}", f"10.89.{number}.1"
        self.kubectl(f"delete {WEBHOOK}")  # else this would be a cluster with two of them

    def kubectl(self, arguments, **options):
        return self.owner.sh(f"kubectl --kubeconfig {self.kubeconfig} {arguments}", **options)

    def objects(self):
        """Everything that an attachment could leave in the cluster."""
        kinds = "mutatingwebhookconfigurations,namespaces,configmaps,secrets,serviceaccounts"
        items = self.kubectl(f"get {kinds} -A -o json").json()["items"]
        return sorted(f"{i['kind']} {i['metadata'].get('namespace', '')} {i['metadata']['name']}" for i in items)


@pytest.fixture(scope="module")
def addresses():
    for address in (ADDRESS, BLOCKED):
        harness.run(f"ip address add {address}/32 dev lo")
    yield
    for address in (ADDRESS, BLOCKED):
        harness.run(f"ip address del {address}/32 dev lo")


@pytest.fixture(scope="module")
def lent(instance, addresses):
    lent = Lent(instance)
    harness.run(f"ip -n {lent.namespace} route add {ADDRESS}/32 via {lent.gateway}")
    harness.run(f"ip -n {lent.namespace} route add blackhole {BLOCKED}/32")
    lent.before = lent.objects()
    return lent


@pytest.fixture(scope="module")
def attached(lent, az):
    yield from conftest.fresh_instance(
        az, f"--cluster-engine attached --kubeconfig {lent.kubeconfig} --doors-address {ADDRESS}",
        beside=lent.namespace)


def create(instance, name="attached", **options):
    return instance.sh(f"az aks create -g {GROUP} -n {name} --node-count 1 --generate-ssh-keys -o json", **options)


class TestAttached:
    facts = {}

    def test_what_is_missing_is_said_at_once(self, attached):
        other = harness.Instance(attached.state.parent / "other")
        finished = other.lazuli("up --detach --cluster-engine attached --kubeconfig /k", check=False)
        assert finished.code != 0
        assert "--doors-address" in finished.err
        other.reset()

    def test_address_that_the_cluster_does_not_reach(self, lent, attached):
        attached.az(f"group create -n {GROUP} -l eastus")
        attached.down()
        attached.up(f"--cluster-engine attached --kubeconfig {lent.kubeconfig} --doors-address {BLOCKED}")
        finished = create(attached, "blocked", check=False)
        assert finished.code != 0
        assert "DoorsUnreachable" in finished.err and f"https://{BLOCKED}:" in finished.err, finished.describe()
        assert lent.objects() == lent.before
        attached.az(f"aks delete -g {GROUP} -n blocked --yes")
        attached.down()
        attached.up(f"--cluster-engine attached --kubeconfig {lent.kubeconfig} --doors-address {ADDRESS}")

    def test_aks_create(self, attached):
        assert create(attached).json()["provisioningState"] == "Succeeded"
        attached.sh(f"az aks get-credentials -g {GROUP} -n attached")
        assert len(attached.sh("kubectl get nodes -o json").json()["items"]) == 1

    def test_commands_are_not_run_there(self, lent, attached):
        before = lent.objects()
        finished = attached.sh(f"az aks command invoke -g {GROUP} -n attached --command 'kubectl get pods'", check=False)
        assert finished.code != 0
        assert "attached cluster" in finished.err and "az aks get-credentials" in finished.err, finished.describe()
        assert lent.objects() == before

    def test_cluster_is_attached_once(self, lent, attached):
        finished = create(attached, "second", check=False)
        assert finished.code != 0
        assert "ClusterTaken" in finished.err, finished.describe()
        attached.az(f"aks delete -g {GROUP} -n second --yes")
        lent.kubectl(f"get {WEBHOOK}")

    def test_connection(self, attached):
        az = attached.az
        az(f"cognitiveservices account create -g {GROUP} -n attachedaccount -l eastus --kind OpenAI --sku s0"
           " --custom-domain attachedaccount")
        az(f"cognitiveservices account deployment create -g {GROUP} -n attachedaccount --deployment-name MyModel"
           " --model-name gpt-4 --model-version 0613 --model-format OpenAI --sku-name Standard --sku-capacity 1")
        identity = az(f"identity create -g {GROUP} -n attachedid")
        connection = az(
            f"aks connection create cognitiveservices --workload-identity {identity['id']} -g {GROUP} -n attached"
            f" --connection attachedconn --target-resource-group {GROUP} --account attachedaccount")
        assert connection["provisioningState"] == "Succeeded"
        cluster = az(f"aks show -g {GROUP} -n attached")
        found = attached.sh("kubectl get --raw /.well-known/openid-configuration").json()
        assert cluster["oidcIssuerProfile"]["issuerUrl"] == found["issuer"]
        self.facts["account"] = f"sc-account-{identity['clientId']}"

    def test_pod_is_answered_without_a_key(self, attached):
        text = pod_yaml("cpp", IMAGE, self.facts["account"], "sc-attachedconn-secret", "keyless")
        attached.sh("kubectl apply -f -", stdin=text)
        phase = finished_pod(attached, "keyless")
        log = attached.sh("kubectl logs pod/keyless").out
        assert phase == "Succeeded", log
        assert log.splitlines()[-1] == "Connect to Azure OpenAI service succeeded."

    def test_pods_without_label_are_left_alone(self, attached):
        pod = attached.sh(f"kubectl run plain --image {IMAGE} --dry-run=server -o json").json()
        assert "hostAliases" not in pod["spec"]
        assert "lazuli" not in json.dumps(pod["spec"])

    def test_restart_keeps_it_attached(self, lent, attached):
        attached.down()
        attached.up(f"--cluster-engine attached --kubeconfig {lent.kubeconfig} --doors-address {ADDRESS}")
        pod = pod_yaml("cpp", IMAGE, self.facts["account"], "sc-attachedconn-secret", "again")
        harness.until("the webhook is back", lambda: attached.sh("kubectl apply -f -", stdin=pod, check=False).code == 0)
        assert finished_pod(attached, "again") == "Succeeded"

    def test_delete_takes_everything_away(self, lent, attached):
        attached.az(f"aks delete -g {GROUP} -n attached --yes")
        harness.until("the cluster is as it was", lambda: lent.objects() == lent.before)
        lent.kubectl("delete pod keyless again")

    def test_reset_takes_everything_away(self, lent, attached):
        create(attached, "third")
        lent.kubectl("run waiting --image nobody/nothing --labels azure.workload.identity/use=true")
        assert lent.objects() != lent.before
        attached.lazuli("reset --yes", timeout=180)
        harness.until("the cluster is as it was", lambda: lent.objects() == lent.before)
