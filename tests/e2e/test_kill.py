"""kill -9 in the middle of long work: afterwards each operation goes on or fails cleanly, and works when tried again.

The program is killed when the operation is seen to be under way (its resource answers with a state that is not final),
so that what is tested is an interruption and not a start or an end.
"""

import subprocess
import threading

import pytest

import harness

GROUP = "KillGroup"
FINAL = {"Succeeded", "Failed", "Canceled"}


class Background:
    """A command that runs while the test does something to the program underneath it."""

    def __init__(self, instance, command, **options):
        self.finished = None
        self.thread = threading.Thread(target=self._run, args=(instance, command, options), daemon=True)
        instance.env()  # asked for before anything is killed
        self.thread.start()

    def _run(self, instance, command, options):
        self.finished = instance.sh(command, check=False, **options)

    def wait(self, seconds=600):
        self.thread.join(seconds)
        assert self.finished, "the command did not end"
        return self.finished


def state_of(instance, show):
    """The provisioning state that a show command reports; nothing if the resource does not exist."""
    finished = instance.sh(f"az {show} --query properties.provisioningState -o tsv", check=False)
    if finished.code:
        return None
    return finished.out.strip() or instance.sh(f"az {show} --query provisioningState -o tsv").out.strip()


def kill_and_start_again(instance):
    instance.kill()
    instance.up()


def settled(instance, show, seconds=180):
    return harness.until("the operation settles", lambda: (s := state_of(instance, show)) is None or s in FINAL and s, seconds)


@pytest.fixture(scope="module")
def group(instance):
    instance.az(f"group create -n {GROUP} -l eastus")
    return instance


def test_aks_create(group):
    show = f"aks show -g {GROUP} -n killed"
    create = f"aks create -g {GROUP} -n killed --enable-managed-identity --node-count 1 --generate-ssh-keys"
    work = Background(group, f"az {create} --output none")
    harness.until("the cluster is being created", lambda: state_of(group, show) == "Creating", 60)
    kill_and_start_again(group)
    work.wait()
    assert settled(group, show) == "Succeeded", group.az(show)
    group.sh(f"az aks get-credentials -g {GROUP} -n killed --overwrite-existing")
    kubectl = group.home / "bin" / "kubectl"
    group.sh(f"az aks install-cli --install-location {kubectl} --kubelogin-install-location {kubectl.parent}/kubelogin")
    harness.until("the node is ready", lambda: " Ready " in group.sh("kubectl get nodes", check=False).out, 120)


def test_aks_create_when_etcd_makes_its_first_files(group):
    show = f"aks show -g {GROUP} -n killedearly"
    before = set(group.state.glob("clusters/*"))
    work = Background(group, f"az aks create -g {GROUP} -n killedearly --node-count 1 --generate-ssh-keys --output none")
    logs = lambda: [log for cluster in set(group.state.glob("clusters/*")) - before for log in cluster.glob("etcd/member/wal/*.wal")]
    log = harness.until("etcd has begun", logs, 60)[0]
    group.kill()
    log.write_bytes(log.read_bytes()[:100])  # in the middle of its first record
    group.up()
    work.wait()
    assert settled(group, show) == "Succeeded", group.az(show)
    group.sh(f"az aks delete -g {GROUP} -n killedearly --yes")


def test_connection_create(group):
    group.sh(f"az cognitiveservices account create -g {GROUP} -n killedopenai -l eastus --kind OpenAI --sku s0"
             " --custom-domain killedopenai --output none")
    identity = group.az(f"identity create -g {GROUP} -n killedid")
    create = (f"aks connection create cognitiveservices --connection killed_conn --workload-identity {identity['id']}"
              f" -g {GROUP} -n killed --target-resource-group {GROUP} --account killedopenai")
    linker = f"aks connection show -g {GROUP} -n killed --connection killed_conn"
    work = Background(group, f"az {create} --output none")
    harness.until("the connection is there", lambda: state_of(group, linker) is not None or work.finished, 60)
    kill_and_start_again(group)
    work.wait()
    settled(group, linker)
    if state_of(group, linker) != "Succeeded":
        group.sh(f"az {create} --output none")
    assert state_of(group, linker) == "Succeeded"
    # Once is once: the interrupted work did not leave a second credential or role assignment.
    assert len(group.az(f"identity federated-credential list --identity-name killedid -g {GROUP}")) == 1
    account = group.az(f"cognitiveservices account show -g {GROUP} -n killedopenai")
    assigned = group.az(f"role assignment list --assignee {identity['principalId']} --scope {account['id']}")
    assert [a["roleDefinitionName"] for a in assigned] == ["Cognitive Services OpenAI User"]


def test_acr_build(group, tmp_path):
    group.sh(f"az acr create -g {GROUP} -n killedregistry --sku Standard --output none")
    base = harness.script("base-image.sh", "python")
    group.lazuli(f"image import docker.io/library/python:3.8.10-slim {base}")
    (tmp_path / "Dockerfile").write_text(
        "FROM docker.io/library/python:3.8.10-slim\nRUN echo under-way && sleep 30\n")
    build = "az acr build --registry killedregistry --image slow:1 ."
    work = Background(group, build, cwd=tmp_path)
    runs = f"acr task list-runs --registry killedregistry -g {GROUP}"
    harness.until("the build runs", lambda: [r for r in group.az(runs) or [] if r["status"] == "Running"], 60)
    kill_and_start_again(group)
    states = harness.until(
        "the run settles",
        lambda: (s := [r["status"] for r in group.az(runs)]) and not {"Queued", "Started", "Running"} & set(s) and s, 180)
    assert work.wait().code != 0 or states == ["Succeeded"]
    left = [p for p in harness.processes_of(group.state) if "buildah" in p]
    assert not left
    (tmp_path / "Dockerfile").write_text("FROM docker.io/library/python:3.8.10-slim\nRUN echo again\n")
    group.sh(build, cwd=tmp_path)
    tags = group.az("acr repository show-tags --name killedregistry --repository slow")
    assert tags == ["1"]


def test_group_delete_interrupted(group):
    work = Background(group, f"az group delete -n {GROUP} --yes")
    harness.until(
        "the group is being deleted",
        lambda: group.sh(f"az group show -n {GROUP} --query properties.provisioningState -o tsv", check=False).out.strip()
        in ("Deleting", ""), 60)
    kill_and_start_again(group)
    work.wait()
    group.sh(f"az group delete -n {GROUP} --yes", check=False)
    harness.until("the group is gone", lambda: group.az(f"group exists -n {GROUP}") is False, 180)
    left = [p for p in harness.processes_of(group.state) if "kube" in p or "containerd" in p]
    assert not left


def test_state_is_private(group):
    loose = subprocess.run(["find", str(group.state), "-maxdepth", "1", "-type", "f", "-perm", "/077"],
                           capture_output=True, text=True).stdout.split()
    assert not loose, "files of the state directory that others can read"
