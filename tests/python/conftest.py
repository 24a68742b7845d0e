"""Real daemons for the tests of the Python module, and a way to run programs against them."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import pytest

SLACK = float(os.environ.get("MUSTER_TEST_SLACK", "3"))


class Cluster:
    """Daemons n1… on sockets in a folder of their own, and the configuration that names them."""

    def __init__(self, count, slots=()):
        """`slots`: of the first nodes, as clusterd takes them; of the others only what every node has."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-test-"))
        self.daemons = []
        nodes = []
        # Not the configuration of a test before, which is gone.
        environment = {name: value for name, value in os.environ.items() if name != "MUSTER_CONFIG"}
        for name, own in zip([f"n{i + 1}" for i in range(count)], [*slots, *[""] * count]):
            address = f"unix:{self.folder}/{name}.sock"
            daemon = subprocess.Popen(
                [os.environ["MUSTER_BIN_DIR"] + "/clusterd", "--name", name, "--listen", address, "--log-level", "warn",
                 *(["--slots", own] if own else [])],
                stdout=subprocess.PIPE, text=True, env=environment)
            assert daemon.stdout.readline() == f"clusterd {name} listening on {address}\n"
            self.daemons.append(daemon)
            nodes.append(f"{name}={address}")
        self.configuration = self.write("cluster.conf",
                                        "[cluster test]\nnodes = " + ", ".join(nodes) + "\n")

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def environment(self):
        return dict(os.environ, MUSTER_CONFIG=str(self.configuration))

    def start(self, program, **options):
        """A Python program in a process of its own."""
        path = self.write("program.py", program)
        # Unbuffered: what readline() read ahead would be lost to communicate().
        return subprocess.Popen([sys.executable, str(path)], env=self.environment(), bufsize=0,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def run(self, program):
        """Its end: returncode, stdout and stderr as bytes."""
        process = self.start(program)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(program, process.returncode, out, err)

    def close(self):
        for daemon in self.daemons:
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
            daemon.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def cluster():
    """Three nodes of this test's own."""
    made = Cluster(3)
    yield made
    made.close()


@pytest.fixture(scope="module")
def api():
    """The module, in this process, with three nodes that live as long as the test file."""
    made = Cluster(3)
    os.environ["MUSTER_CONFIG"] = str(made.configuration)
    import ClusterAPI
    yield ClusterAPI
    made.close()


@pytest.fixture(scope="module")
def nodes(api):
    """The three nodes of this file, as a cluster."""
    with api.connect() as made:
        yield made


def is_running(pid):
    """Whether there is such a process, and it has not ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def ends(pid):
    """Whether it has ended soon: in the grace of a stop, and some time."""
    deadline = time.monotonic() + 6 * SLACK
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(pid)


def processes_with(text):
    """The processes whose command line, or environment, holds the text."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if text.encode() in (folder / "cmdline").read_bytes() and is_running(int(folder.name)):
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended
    return found


def eventually(condition, seconds=10):
    """Whether it comes true soon."""
    deadline = time.monotonic() + seconds * SLACK
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


@pytest.fixture
def state(monkeypatch):
    """A folder of this test's own where clusters are kept; what still runs of them is killed afterwards."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mu-", dir="/tmp"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.delenv("MUSTER_CONFIG", raising=False)
    yield folder
    for pid in processes_with(str(folder)):
        os.kill(pid, 9)
    shutil.rmtree(folder, ignore_errors=True)
