"""Three nodes that run, one that does not, and a shell of the test's own in front of them."""

import json
import os

import pytest

from conftest import LONG, Clustershell

NODES = ["web1", "web2", "db1", "gone1"]


@pytest.fixture(scope="module", name="daemons")
def fixture_daemons(tmp_path_factory):
    """Three nodes that run."""
    shell = Clustershell(tmp_path_factory.mktemp("nodes"))
    os.chmod(shell.folder, 0o700)
    processes = {}
    shell.processes = processes
    for name in NODES[:3]:
        process = shell.start("--name", name, "--listen", f"unix:{shell.folder}/{name}.sock", program="clusterd")
        assert b"listening" in process.stdout.readline()
        processes[name] = process
    yield shell
    for process in processes.values():
        process.terminate()
        process.communicate(timeout=LONG)


class Lab(Clustershell):
    """A shell of its own in front of the daemons: nothing is kept from one test to the next."""

    def __init__(self, folder, daemons):
        super().__init__(folder)
        os.chmod(folder, 0o700)
        self.sockets = daemons.folder
        self.write()

    def write(self, names=tuple(NODES), more=""):
        nodes = ", ".join(f"{name}=unix:{self.sockets}/{name}.sock" for name in names)
        text = f"[cluster lab]\nnodes = {nodes}\n"
        if "db1" in names:
            text += "[node db1]\ntags = app:mongodb\n"
        fresh = self.folder / "cluster.conf.new"
        fresh.write_text(text + more)
        fresh.rename(self.folder / "cluster.conf")

    def do(self, *lines, flags=()):
        return self.run(*flags, *(word for line in lines for word in ("-c", line)))

    def tags(self):
        shown = json.loads(self.do("show -o json").stdout)
        return {node["name"]: node["tags"] for node in shown}


@pytest.fixture(name="lab")
def fixture_lab(tmp_path, daemons):
    shell = Lab(tmp_path, daemons)
    yield shell
    for terminal in shell.terminals:
        terminal.close(force=True)


def names(shown):
    return [line.split()[1] for line in shown.splitlines()[1:]]
