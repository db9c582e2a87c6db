"""One lazuli instance on a state directory of its own, and the real clients pointed at it.

Used by the fixtures in conftest.py. It starts the built program, asks it for its environment (`lazuli env --shell json`)
and runs commands in a shell with just that environment, as a person would. It never changes the machine, never waits a
fixed time, and knows nothing about what lazuli does inside: it reads only what the program prints.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("LAZULI_PROGRAM", ROOT / "build" / "lazuli"))
SAMPLES = ROOT / "samples" / "openai-workload-identity"


class Failed(AssertionError):
    """A command that ended otherwise than it should."""


class Finished:
    def __init__(self, command, code, out, err, seconds):
        self.command, self.code, self.out, self.err, self.seconds = command, code, out, err, seconds

    def json(self):
        try:
            return json.loads(self.out)
        except json.JSONDecodeError as error:
            raise Failed(f"not JSON ({error}):\n{self.describe()}") from None

    def describe(self):
        return (
            f"$ {self.command}\nexit code {self.code} after {self.seconds:.1f} s\n"
            f"--- stdout\n{self.out[-6000:]}\n--- stderr\n{self.err[-6000:]}"
        )


def run(command, env=None, cwd=None, stdin="", timeout=600, check=True):
    """Runs one shell command. With `check`, another exit code than 0 fails the test with everything it printed."""
    started = time.monotonic()
    process = subprocess.Popen(
        ["bash", "-c", command], env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
    )
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise Failed(f"no end after {timeout} s: $ {command}\n--- stdout\n{out[-6000:]}\n--- stderr\n{err[-6000:]}")
    finished = Finished(command, process.returncode, out, err, time.monotonic() - started)
    if check and finished.code != 0:
        raise Failed(finished.describe())
    return finished


def until(what, check, seconds=60):
    """Waits until check() gives something true, and returns it; fails with `what` and the last exception."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            value = check()
            if value:
                return value
        except (Failed, OSError, subprocess.SubprocessError) as error:
            last = error
        time.sleep(0.1)
    raise Failed(f"not within {seconds} s: {what}" + (f"\nlast: {last}" if last else ""))


def script(name, *arguments):
    """Runs scripts/NAME and returns the path that it prints."""
    return run(" ".join([str(ROOT / "scripts" / name), *arguments]), timeout=1200).out.strip()


class Instance:
    def __init__(self, state, az=None):
        self.state = pathlib.Path(state)
        self.home = self.state.parent / (self.state.name + "-home")
        self.home.mkdir(parents=True, exist_ok=True)
        self.az_path = az
        self._env = None
        self._credentials = None

    # --- the program

    def lazuli(self, arguments, **options):
        return run(f"{PROGRAM} {arguments}", env=self.base_env(), **options)

    def up(self, arguments=""):
        self._env = None
        self.lazuli(f"up --detach {arguments}", timeout=120)
        return self

    def down(self):
        self.lazuli("down", timeout=120)
        self._env = None

    def status(self):
        return self.lazuli("status --output json").json()

    def pid(self):
        return int(self.status()["pid"])

    def kill(self):
        """kill -9: no goodbye."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        until("the killed process is gone", lambda: not alive(pid), 30)
        self._env = None

    def reset(self):
        """Ends it and forgets everything it made."""
        if PROGRAM.exists() and self.state.exists():
            self.lazuli("down", check=False, timeout=120)
            self.lazuli("reset --yes", check=False, timeout=600)
        self._env = self._credentials = None

    # --- the clients

    def base_env(self):
        env = dict(os.environ)
        # A home of its own: the person's az profile, kubeconfig and ssh keys stay out of it.
        env.update(HOME=str(self.home), LAZULI_STATE=str(self.state), XDG_CACHE_HOME=str(pathlib.Path(cache()).parent))
        for name in ("KUBECONFIG", "AZURE_CONFIG_DIR"):
            env.pop(name, None)
        return env

    def env(self):
        if self._env is None:
            env = self.base_env()
            env.update(self.lazuli("env --shell json").json())
            tools = self.home / "bin"
            tools.mkdir(exist_ok=True)
            if self.az_path and not (tools / "az").exists():
                (tools / "az").symlink_to(self.az_path)
            env["PATH"] = f"{tools}:{env['PATH']}"
            self._env = env
        return self._env

    def sh(self, command, **options):
        """A command line as a person types it after `eval "$(lazuli env)"`."""
        return run(command, env=self.env(), **options)

    def credentials(self):
        if self._credentials is None:
            said = self.lazuli("credentials --output json").json()
            said |= said.get("servicePrincipal", {})
            self._credentials = {
                "id": said.get("clientId") or said["appId"],
                "secret": said.get("clientSecret") or said["password"],
                "tenant": said.get("tenantId") or said["tenant"],
                "subscription": said.get("subscriptionId") or said["subscription"],
            }
        return self._credentials

    def login(self):
        c = self.credentials()
        return self.sh(
            f"az login --service-principal -u {c['id']} -p {c['secret']} --tenant {c['tenant']} --output json"
        ).json()

    def az(self, arguments, **options):
        """An az command's JSON answer."""
        finished = self.sh(f"az {arguments} --output json", **options)
        return finished.json() if finished.out.strip() else None

    def log(self):
        found = sorted(self.state.rglob("*.log"), key=lambda path: path.stat().st_mtime)
        return "\n".join(f"== {path}\n{tail(path)}" for path in found[-6:])


def cache():
    default = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "lazuli"
    return os.environ.get("LAZULI_CACHE", str(default))


def tail(path, size=3000):
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - size))
        return file.read().decode(errors="replace")


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


# --- what must not be left behind


def processes_of(state):
    """Processes whose command line, environment or working directory names the state directory."""
    found, needle = [], str(state).encode()
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            text = command + (entry / "environ").read_bytes() + os.readlink(entry / "cwd").encode()
        except OSError:
            continue
        if needle in text and command and alive(int(entry.name)):
            found.append(f"{entry.name} {command.replace(bytes(1), b' ').decode(errors='replace')[:200]}")
    return found


def mounts_of(state):
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return [line.split()[4] for line in lines if str(state) in line]


def machine():
    """What lazuli might leave on the machine itself: links, namespaces, routes, firewall rules, cgroups."""
    shell = lambda command: run(command, check=False).out.splitlines()  # noqa: E731
    cgroups = set()
    for top, folders, _ in os.walk("/sys/fs/cgroup"):
        cgroups.update(os.path.join(top, folder) for folder in folders)
    return {
        "links": {re.sub(r"^\d+: ([^:@]+).*", r"\1", line) for line in shell("ip -o link")},
        "namespaces": set(shell("ip netns list")),
        "routes": set(shell("ip route")),
        "firewall": {line for line in shell("iptables-save") if line.startswith("-A")},
        "cgroups": cgroups,
    }


def left_behind(before, after):
    return {what: sorted(after[what] - before[what]) for what in before if after[what] - before[what]}
