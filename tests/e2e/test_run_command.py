"""`az aks command invoke` and `az aks command result`: commands in a pod of the real cluster."""

import json
import re
import shlex

import pytest

import harness

GROUP, CLUSTER = "CommandGroup", "commands"
WHERE = f"-g {GROUP} -n {CLUSTER}"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n"


@pytest.fixture(scope="module")
def cluster(instance):
    instance.az(f"group create -n {GROUP} -l eastus")
    instance.az(f"aks create {WHERE} --node-count 1 --generate-ssh-keys")
    instance.sh(f"az aks get-credentials {WHERE}")
    kubectl = instance.home / "bin" / "kubectl"
    instance.sh(f"az aks install-cli --install-location {kubectl} --kubelogin-install-location {kubectl.parent}/kubelogin")
    return instance


def invoke(instance, command, more="", **options):
    return instance.sh(f"az aks command invoke {WHERE} --command {shlex.quote(command)} {more}", **options)


def ended(instance, command, more="", **options):
    """The result as the service answers it, which az shows only if it is asked for a format."""
    return invoke(instance, command, f"{more} -o json", **options).json()


def begun(instance, command):
    """A command that runs in the background; its id."""
    said = invoke(instance, command, "--no-wait").out
    return re.search(r"command id: ([0-9a-f]{32}), started at: \d{4}-\S+, status: Running", said).group(1)


def result(instance, command_id):
    return instance.az(f"aks command result {WHERE} -i {command_id}")


def settled(instance, command_id, seconds=60):
    def look():
        found = result(instance, command_id)
        return found if found and found["provisioningState"] != "Running" else None

    return harness.until("the command has ended", look, seconds)


def left(instance):
    """What commands have in the cluster while they run."""
    names = instance.sh(
        "kubectl get pods,secrets,serviceaccounts -n aks-command -o name; kubectl get clusterrolebindings -o name").out
    return [name for name in names.split() if "/command-" in name]


def nothing_is_left(instance):
    harness.until("pod, secret, account and binding are gone", lambda: not left(instance), 30)


def test_kubectl_sees_the_cluster(cluster):
    said = invoke(cluster, "kubectl get nodes -o name && kubectl auth whoami -o jsonpath={.status.userInfo.username}").out
    assert re.search(r"command started at \S+ \S+, finished at \S+ \S+ with exitcode=0", said), said
    assert "node/aks-nodepool1-" in said
    assert re.search(r"system:serviceaccount:aks-command:command-[0-9a-f]{32}", said), said
    nothing_is_left(cluster)


def test_exit_code_and_both_streams(cluster):
    found = ended(cluster, 'echo "first $((1 + 1))"; echo second >&2; exit 7')
    assert found["provisioningState"] == "Succeeded"
    assert found["exitCode"] == 7
    assert found["logs"] == "first 2\nsecond\n"
    assert found["startedAt"] <= found["finishedAt"]
    assert result(cluster, found["id"]) == found


def test_program_that_is_not_there(cluster):
    found = ended(cluster, "nosuchprogram --help")
    assert found["exitCode"] == 127
    assert "nosuchprogram: command not found" in found["logs"]


def test_files(cluster, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(NAMESPACE.format(name=f"from-file-{name}"))
    invoke(cluster, "ls && kubectl apply -f one.yaml -f two.yaml", "--file one.yaml --file two.yaml", cwd=tmp_path)
    cluster.sh("kubectl get namespace from-file-one from-file-two")


def test_folder(cluster, tmp_path):
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "größe.yaml").write_text(NAMESPACE.format(name="from-folder"))
    (tmp_path / "run.sh").write_text("#!/bin/bash\nkubectl apply -f manifests | grep -c created\n")
    (tmp_path / "run.sh").chmod(0o755)
    found = ended(cluster, "./run.sh; find . -type f | sort", "--file .", cwd=tmp_path)
    assert found["logs"] == "1\n./manifests/größe.yaml\n./run.sh\n"


def test_file_that_is_not_there(cluster, tmp_path):
    finished = invoke(cluster, "true", "--file missing.yaml", cwd=tmp_path, check=False)
    assert finished.code != 0
    assert "missing.yaml is not valid file" in finished.err, finished.describe()


def test_no_wait_and_result(cluster):
    command_id = begun(cluster, "until kubectl get configmap -n default go; do sleep 0.2; done 2>&-; echo went")
    said = cluster.sh(f"az aks command result {WHERE} -i {command_id}").out
    assert "is in Running state" in said or "status: Running" in said, said
    cluster.sh("kubectl create configmap go")
    assert settled(cluster, command_id)["logs"].endswith("went\n")
    nothing_is_left(cluster)


def test_output_is_cut_where_aks_cuts_it(cluster):
    found = ended(cluster, "head -c 600000 /dev/zero | tr '\\0' x")
    assert (found["exitCode"], len(found["logs"])) == (0, 512 * 1024)


@pytest.mark.parametrize("body, code", [
    ({"context": ""}, "InvalidParameter"),
    ({"command": "ls", "context": "bm8gemlw"}, "InvalidParameter"),
])
def test_wrong_request(cluster, body, code):
    where = f"/subscriptions/{cluster.credentials()['subscription']}/resourceGroups/{GROUP}/providers"
    url = f"https://management.azure.com{where}/Microsoft.ContainerService/managedClusters/{CLUSTER}/runCommand"
    finished = cluster.sh(
        f"az rest --method post --url '{url}?api-version=2025-10-01' --body {shlex.quote(json.dumps(body))}", check=False)
    assert finished.code != 0
    assert f'"code":"{code}"' in finished.err.replace(" ", ""), finished.describe()


def test_result_of_no_command(cluster):
    finished = cluster.sh(f"az aks command result {WHERE} -i {32 * '0'}", check=False)
    assert finished.code != 0
    assert "ResourceNotFound" in finished.err, finished.describe()


def test_reader_may_not_run_commands(cluster, tmp_path):
    scope = cluster.az(f"aks show {WHERE}")["id"]
    reader = cluster.az(f"ad sp create-for-rbac --name reader --role Reader --scopes {scope}")
    profile = f"export AZURE_CONFIG_DIR={tmp_path}/azure"
    cluster.sh(f"{profile}; az login --service-principal -u {reader['appId']} -p {reader['password']}"
               f" --tenant {reader['tenant']}")
    finished = cluster.sh(f"{profile}; az aks command invoke {WHERE} --command true", check=False)
    assert finished.code != 0
    assert "AuthorizationFailed" in finished.err, finished.describe()
    assert "Microsoft.ContainerService/managedClusters/runCommand/action" in finished.err, finished.describe()


def test_disabled(cluster):
    cluster.az(f"aks update {WHERE} --disable-run-command")
    finished = invoke(cluster, "true", check=False)
    assert finished.code != 0
    assert "Run command is disabled" in finished.err, finished.describe()
    cluster.az(f"aks update {WHERE} --enable-run-command")
    assert ended(cluster, "true")["exitCode"] == 0


def test_program_is_killed_meanwhile(cluster):
    command_id = begun(cluster, "sleep 1000")
    cluster.kill()
    cluster.up()
    found = settled(cluster, command_id, 120)
    # Whether the node saw the end of it is a matter of moments; that it ran to its own end would be wrong.
    assert found["provisioningState"] == "Failed" and "interrupted" in found["reason"] or found["exitCode"] > 128, found
    nothing_is_left(cluster)
    assert ended(cluster, "true")["exitCode"] == 0


def test_cluster_is_stopped_meanwhile(cluster):
    command_id = begun(cluster, "sleep 1000")
    cluster.az(f"aks stop {WHERE}")
    found = result(cluster, command_id)
    assert found["provisioningState"] == "Failed"
    assert "stopped" in found["reason"]
    finished = invoke(cluster, "true", check=False)
    assert finished.code != 0
    assert "Power State(Stopped)" in finished.err, finished.describe()
    cluster.az(f"aks start {WHERE}")
    nothing_is_left(cluster)
