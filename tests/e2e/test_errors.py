"""A machine that lacks something: a port, root, containerd, room on its disk.

Each is said in a sentence that names what is missing and what to do, with an exit code; nothing half-made stays, and what
was refused works once the machine has what it needs.
"""

import contextlib
import socket

import pytest

import conftest
import harness

NOBODY = 65534
GROUP = "ErrorGroup"


class Lacking(harness.Instance):
    """An instance that is started by way of another command, in a folder that the test made."""

    def __init__(self, folder, az, start=""):
        super().__init__(folder / "state", az)
        self.start = start

    def lazuli(self, arguments, **options):
        return harness.run(f"{self.start} {harness.PROGRAM} {arguments}", env=self.base_env(), **options)

    def base_env(self):
        # az's own files are not what a full disk or another user is about.
        return super().base_env() | {"AZURE_CONFIG_DIR": str(self.home / "azure")}

    def env(self):
        return super().env() | {"AZURE_CONFIG_DIR": str(self.home / "azure")}

    def ready(self):
        self.up()
        self.login()
        self.az(f"group create -n {GROUP} -l eastus")
        return self

    def refused(self, arguments, *words):
        finished = self.sh(f"az {arguments}", check=False)
        assert finished.code == 1, finished.describe()
        said = finished.out + finished.err
        assert [word for word in words if word in said] == list(words), finished.describe()
        assert "Traceback" not in said

    def refuses_a_cluster(self, *words):
        self.refused(f"aks create -g {GROUP} -n c --node-count 1 --generate-ssh-keys", *words)
        assert self.az(f"aks show -g {GROUP} -n c")["provisioningState"] == "Failed"
        self.az(f"aks delete -g {GROUP} -n c --yes")
        assert self.az("aks list") == []
        assert not list((self.state / "clusters").iterdir())


@contextlib.contextmanager
def lacking(folder, az, start=""):
    before = harness.machine()
    instance = Lacking(folder, az, start)
    try:
        yield instance
    finally:
        instance.reset()
    assert not instance.state.exists()
    problems = conftest.leftovers(instance.state, before)
    assert not problems, f"left behind: {problems}"


def ended(instance):
    """The background process of an `up` that failed: it says why before it ends."""
    harness.until("no process is left", lambda: not harness.processes_of(instance.state), 10)


class TestPorts:
    @pytest.mark.parametrize("option", ["proxy-port", "portal-port"])
    def test_port_that_is_taken(self, program, tmp_path, option):
        with lacking(tmp_path, None) as instance, socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            finished = instance.lazuli(f"up --detach --{option} {port}", check=False)
            assert finished.code == 1, finished.describe()
            assert f":{port} is taken" in finished.err and "choose another port" in finished.err
            ended(instance)
            instance.up()

    def test_usual_ports_that_are_taken_are_passed_over(self, program, tmp_path):
        with lacking(tmp_path, None) as instance:
            with contextlib.ExitStack() as stack:
                for port in (8910, 8911):
                    with contextlib.suppress(OSError):  # another lazuli of this machine is as good
                        stack.enter_context(socket.create_server(("127.0.0.1", port)))
                instance.up()
            assert not instance.status()["proxy"].endswith(":8910")

    def test_second_up_is_no_second_instance(self, program, tmp_path):
        with lacking(tmp_path, None) as instance:
            pid = instance.up().pid()
            instance.lazuli("up --detach")
            assert instance.pid() == pid


def test_without_root(program, az, tmp_path):
    """Everything but clusters and builds works, and those say why they do not."""
    folder = harness.pathlib.Path(harness.run("mktemp -d /tmp/lazuli-e2e-nobody-XXXXXX").out.strip())
    harness.run(f"chmod 755 {folder} && chown {NOBODY} {folder}")
    try:
        with lacking(folder, az, f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups") as instance:
            instance.ready()
            instance.refuses_a_cluster("ClusterEngineUnavailable", "does not run as root", "sudo")
            instance.az(f"acr create -g {GROUP} -n rootlessregistry --sku Standard")
            (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
            instance.refused(f"acr build --registry rootlessregistry --image x:1 {tmp_path}", "does not run as root", "sudo")
            assert "x" not in (instance.az("acr repository list --name rootlessregistry") or [])
    finally:
        harness.run(f"rm -rf {folder}")


def test_without_containerd(program, az, tmp_path):
    hidden = "unshare --mount sh -c 'mount --bind /dev/null $(command -v containerd) && exec \"$@\"' hidden"
    with lacking(tmp_path, az, hidden) as instance:
        instance.ready().refuses_a_cluster("ClusterEngineUnavailable", "not installed: containerd", "apt-get install containerd")


@pytest.fixture()
def small_disk(tmp_path):
    """A disk of a size that the test chooses, for the state directory."""
    disk = tmp_path / "disk"
    disk.mkdir()
    harness.run(f"mount -t tmpfs -o size=64k tmpfs {disk}")
    yield disk
    harness.run(f"umount -l {disk}")


class TestFullDisk:
    def test_up(self, program, small_disk):
        with lacking(small_disk, None) as instance:
            finished = instance.lazuli("up --detach", check=False)
            assert finished.code == 1, finished.describe()
            assert "No space left on device" in finished.err and "Make room" in finished.err
            ended(instance)
            harness.run(f"mount -o remount,size=64m {small_disk}")
            instance.up()
            assert instance.status()["state"] == str(instance.state)

    def test_changes_and_clusters(self, program, az, small_disk, tmp_path):
        harness.run(f"mount -o remount,size=64m {small_disk}")
        with lacking(small_disk, az) as instance:
            instance.home = tmp_path / "home"
            instance.home.mkdir()
            instance.ready().refuses_a_cluster("DiskFull", "MiB free", "Make room")
            fill = small_disk / "fill"
            harness.run(f"cat /dev/zero > {fill}", check=False)
            instance.refused("group create -n full -l eastus", "DiskFull", "Make room")
            assert instance.az("group exists -n full") is False
            fill.unlink()
            assert instance.az("group create -n full -l eastus")["name"] == "full"
