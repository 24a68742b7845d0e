"""A table of targets with their answers: numbers, names, attributes, tags, clusters, groups, operators."""

import os

import pytest

from conftest import LONG, Clustershell

RUNNING = ["worker0", "gpu1", "db1"]
NODES = [*(f"worker{i}" for i in range(6)), "gpu1", "gpu2", "db1", "db2", "rack1n1", "rack1n2"]
ALL = "db[1-2],gpu[1-2],rack1n[1-2],worker[0-5]"

FILTERS = [
    ("*", ALL),
    # by number
    ("1", "worker0"),
    ("12", "rack1n2"),
    ("1,3,4", "worker[0,2-3]"),
    ("4,1,3", "worker[0,2-3]"),
    ("1-3", "worker[0-2]"),
    ("1-5/2", "worker[0,2,4]"),
    ("[1-2,7]", "gpu1,worker[0-1]"),
    ("1-12!2-12", "worker0"),
    # by name
    ("worker3", "worker3"),
    ("worker*", "worker[0-5]"),
    ("wo*", "worker[0-5]"),
    ("worker?", "worker[0-5]"),
    ("*1", "db1,gpu1,rack1n1,worker1"),
    ("?b*", "db[1-2]"),
    ("worker[0-2]", "worker[0-2]"),
    ("worker[3-5]", "worker[3-5]"),
    ("worker[0-4/2]", "worker[0,2,4]"),
    ("rack[1-1]n[1-2]", "rack1n[1-2]"),
    ("gpu[1,2],db[1-2]", "db[1-2],gpu[1-2]"),
    ("name=gpu?", "gpu[1-2]"),
    ("name!=worker*", "db[1-2],gpu[1-2],rack1n[1-2]"),
    # by what a node says of itself
    ("state=running", "db1,gpu1,worker0"),
    ("state=r*", "db1,gpu1,worker0"),
    ("state!=down", "db1,gpu1,worker0"),
    ("worker*&state=down", "worker[1-5]"),
    ("*!state=down", "db1,gpu1,worker0"),
    ("state=running&cores>=1", "db1,gpu1,worker0"),
    ("state=running&cores<100000", "db1,gpu1,worker0"),
    ("state=running&memory>16M", "db1,gpu1,worker0"),
    ("state=running&load<=100000", "db1,gpu1,worker0"),
    ("state=running&python>=3.0", "db1,gpu1,worker0"),
    ("state=running&os!=plan9*", "db1,gpu1,worker0"),
    ("gpu1&ip!=192.0.2.1", "gpu1"),
    ("address=unix:*/db?.sock", "db[1-2]"),
    # by tag: of the configuration, and given
    ("tags=env:prod", "worker[0-2]"),
    ("tags=env:*", "worker[0-5]"),
    ("tags=*:spark1", "worker[0-2]"),
    ("tags='owner:devops'", "gpu[1-2]"),
    ("tags=cool:yes", "db1,worker3"),
    ("tags=cool:*", "db[1-2],worker3"),
    ("tags=path:a=b:c", "db2"),
    ("tags=größe:süß", "db2"),
    ("tags!=env:*", "db[1-2],gpu[1-2],rack1n[1-2]"),
    ("tags=env:dev&tags=cool:yes", "worker3"),
    # by cluster: of the configuration, and of a login rule
    ("cluster=lab", ALL),
    ("cluster=slurm1", "gpu[1-2]"),
    ("cluster=slurm*,db2", "db2,gpu[1-2]"),
    ("cluster!=slurm1", "db[1-2],rack1n[1-2],worker[0-5]"),
    # by group
    ("@front", "worker[0-2]"),
    ("@busy", "db1,worker[0-2]"),
    ("@busy!@front", "db1"),
    ("@f*,gpu1", "gpu1,worker[0-2]"),
    # operators, from left to right
    ("worker*,!worker0", "worker[1-5]"),
    ("worker*!worker0,worker0", "worker[0-5]"),
    ("worker[0-3]&worker[2-5]", "worker[2-3]"),
    ("worker[0-3]^worker[2-5]", "worker[0-1,4-5]"),
    ("gpu*,db*!*2", "db1,gpu1"),
    # what means nothing, with its exit code
    ("state=asleep", 2),
    ("state=stopped", 3),
    ("colour=red", 2),
    ("worker[0-10]", 3),
    ("13", 3),
    ("0", 3),
    ("tags=env:pord", 3),
    ("cluster=spark9", 3),
    ("cores>=1", 4),
]


@pytest.fixture(scope="module", name="lab")
def fixture_lab(tmp_path_factory):
    shell = Clustershell(tmp_path_factory.mktemp("filters"))
    os.chmod(shell.folder, 0o700)
    nodes = ", ".join(f"{name}=unix:{shell.folder}/{name}.sock" for name in NODES)
    (shell.folder / "cluster.conf").write_text(
        f"[cluster lab]\nnodes = {nodes}\n[node worker[0-2]]\ntags = env:prod, stack:spark1\n"
        "[node worker[3-5]]\ntags = env:dev\n[node gpu[1-2]]\ntags = owner:devops\n"
        "[groups]\nfront = worker[0-2]\nbusy = @front,db1\n")
    processes = []
    for name in RUNNING:
        process = shell.start("--name", name, "--listen", f"unix:{shell.folder}/{name}.sock", program="clusterd")
        assert b"listening" in process.stdout.readline()
        processes.append(process)
    given = shell.run("-c", "tag db1,worker3 cool=yes", "-c", "tag db2 cool=no path=a=b:c größe=süß",
                      "-c", "assign gpu* member-of=slurm1")
    assert given.returncode == 0, given.stderr
    yield shell
    for process in processes:
        process.terminate()
        process.communicate(timeout=LONG)


def test_there_are_sixty_of_them():
    assert len(FILTERS) >= 60 and len({target for target, _ in FILTERS}) == len(FILTERS)


def test_each_filter_has_its_answer(lab):
    meant = {target: answer for target, answer in FILTERS if isinstance(answer, str)}
    arguments = [word for target in meant for word in ("-c", f"nodes {target}")]
    result = lab.run(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert dict(zip(meant, result.stdout.splitlines())) == meant


@pytest.mark.parametrize("target, code", [entry for entry in FILTERS if isinstance(entry[1], int)])
def test_what_means_nothing_runs_nothing(lab, target, code):
    result = lab.run("-c", f"@{target} touch {lab.folder}/ran")
    assert (result.returncode, result.stdout) == (code, ""), result.stderr
    assert not (lab.folder / "ran").exists()
