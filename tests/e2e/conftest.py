"""Fixtures: a built lazuli, the real az, and an instance that must leave nothing behind."""

import os
import pathlib
import shutil
import tempfile

import pytest

import harness

# Other instances may run beside the tests on a developer's machine; CI has the machine to itself and looks everywhere.
STRICT = os.environ.get("LAZULI_E2E_STRICT", "") == "1"


def pytest_configure(config):
    config.addinivalue_line("markers", "incremental: the steps of a class build on each other; after a failure the rest are skipped")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if "incremental" in item.keywords and report.failed:
        item.parent.broken_at = item.name
    if report.failed and call.when == "call":
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, harness.Instance) and value.state.exists():
                report.sections.append(("lazuli's logs", value.log()))


def pytest_runtest_setup(item):
    if "incremental" in item.keywords and getattr(item.parent, "broken_at", None):
        pytest.skip(f"{item.parent.broken_at} failed before")


@pytest.fixture(scope="session")
def program():
    assert harness.PROGRAM.exists(), f"{harness.PROGRAM} is missing: make build"
    return harness.PROGRAM


@pytest.fixture(scope="session")
def az():
    return harness.script("fetch-azure-cli.sh")


@pytest.fixture(scope="module")
def instance(program, az):
    """A running instance with a fresh state; ended and checked for leftovers after the module."""
    yield from fresh_instance(az)


@pytest.fixture()
def own_instance(program, az):
    """The same for a single test, for those that break it."""
    yield from fresh_instance(az)


def fresh_instance(az, arguments="", config=None, beside=None):
    """beside: the name of another instance's cluster, whose own control groups come and go meanwhile."""
    top = pathlib.Path(tempfile.mkdtemp(prefix="lazuli-e2e-", dir=os.environ.get("LAZULI_E2E_DIR")))
    before = harness.machine()
    instance = harness.Instance(top / "state", az)
    try:
        if config:
            arguments += f" --config {written(top / 'lazuli.yaml', config)}"
        instance.up(arguments)
        instance.login()
        yield instance
    finally:
        instance.reset()
    problems = leftovers(instance.state, before, beside)
    for path in harness.mounts_of(top):
        harness.run(f"umount -l '{path}'", check=False)
    shutil.rmtree(top, ignore_errors=True)
    assert not problems, f"left behind: {problems}"


def written(path, text):
    path.write_text(text)
    return path


def leftovers(state, before, beside=None):
    problems = {"processes": harness.processes_of(state), "mounts": harness.mounts_of(state)}
    if STRICT:
        problems.update(harness.left_behind(before, harness.machine()))
    if beside:
        problems = {what: [one for one in found if f"/{beside}/" not in one] for what, found in problems.items()}
    return {what: found for what, found in problems.items() if found}
