"""Targets on a real cluster: tags, attributes that only the nodes know, groups from everywhere."""

import os

import pytest

from conftest import LONG, without_time

NODES = ["web1", "web2", "db1", "gone1"]


@pytest.fixture(scope="module", name="daemons")
def fixture_daemons(tmp_path_factory):
    """Three nodes that run and one that does not; gives the shell that knows them."""
    from conftest import Clustershell  # pylint: disable=import-outside-toplevel
    shell = Clustershell(tmp_path_factory.mktemp("targets"))
    os.chmod(shell.folder, 0o700)
    processes = []
    for name in NODES[:3]:
        process = shell.start("--name", name, "--listen", f"unix:{shell.folder}/{name}.sock", program="clusterd")
        assert b"listening" in process.stdout.readline()
        processes.append(process)
    yield shell
    for process in processes:
        process.terminate()
        process.communicate(timeout=LONG)


@pytest.fixture(name="lab")
def fixture_lab(daemons):
    """The same, with a configuration and groups."""
    (daemons.folder / "groups.d").mkdir(exist_ok=True)
    (daemons.folder / "groups.d" / "roles").write_text("# by role\nfront: web[1-2]\nback: db1\nall-up: @front,@back\n")
    program = daemons.folder / "ask"
    program.write_text("#!/bin/sh\ncase $1:$2 in list:) echo idle full;; map:idle) echo web2 db1;; "
                       "map:full) echo web1;; map:broken) echo no rack >&2; exit 3;; map:slow) sleep 4321;; esac\n")
    program.chmod(0o755)

    def write(more=""):
        nodes = ", ".join(f"{name}=unix:{daemons.folder}/{name}.sock" for name in NODES)
        (daemons.folder / "cluster.conf").write_text(
            f"[cluster lab]\nnodes = {nodes}\n"
            "[node web[1-2]]\ntags = env:prod, app:web\n[node db1]\ntags = env:test\n"
            "[groups]\nprod = tags=env:prod\nself = @other\nother = @self\n"
            "[group_source slurm]\nmap = ./ask map $GROUP\nlist = ./ask list\n"
            f"[group_source raw]\nmap = ./ask map $GROUP\ntimeout = 500ms\n{more}")
        return daemons
    write()
    daemons.write = write
    return daemons


def one(shell, *lines):
    arguments = []
    for line in lines:
        arguments += ["-c", line]
    return shell.run(*arguments)


MEANT = {
    "*": "db1,gone1,web[1-2]",
    "web*": "web[1-2]",
    "1-2,4": "gone1,web[1-2]",
    "*!gone1": "db1,web[1-2]",
    "*,!web2": "db1,gone1,web1",
    "web[1-2],db1": "db1,web[1-2]",
    "web*^web2": "web1",
    "state=running": "db1,web[1-2]",
    "state=down": "gone1",
    "state!=running": "gone1",
    "*!state=down": "db1,web[1-2]",
    "state=running&cores>=1": "db1,web[1-2]",
    "state=running&memory>1M": "db1,web[1-2]",
    "state=running&load<100000": "db1,web[1-2]",
    "state=running&ip=*.*,gone1": "db1,gone1,web[1-2]",
    "web*&python>=3.0": "web[1-2]",
    "web*&os=*": "web[1-2]",
    "name=web?": "web[1-2]",
    "address=unix:*db1.sock": "db1",
    "cluster=lab": "db1,gone1,web[1-2]",
    "tags=env:prod*": "web[1-2]",
    "tags=env:*!tags=app:web": "db1",
    "@front": "web[1-2]",
    "@all-up": "db1,web[1-2]",
    "@prod,!1": "web2",
    "@idle": "db1,web2",
    "@slurm:*": "db1,web[1-2]",
    "@raw:full": "web1",
    "@f*&@slurm:idle": "web2",
}


def test_a_target_means_the_nodes_that_it_says(lab):
    result = one(lab, *(f"nodes {target}" for target in MEANT))
    assert (result.returncode, result.stderr) == (0, "")
    assert dict(zip(MEANT, result.stdout.splitlines())) == MEANT


# A target, the exit code, and words of the complaint.
WRONG = [
    ("cores>=1", 4, "gone1 does not tell its cores ("),
    ("web1,gone1&load<9", 4, "leave such nodes out first, by &state=running"),
    ("state=draining", 3, "no node matches 'state=draining'"),
    ("web*&cores>100000", 3, "no node is left"),
    ("cluster=home", 3, "no node matches"),
    ("@fornt", 3, "no group @fornt is known; did you mean front?; there are all-up, back, front, full, idle, other"),
    ("@slrum:idle", 3, "no source of groups is named slrum; did you mean slurm?"),
    ("@slurm:none", 3, "no group @slurm:none is known; there are idle, full"),
    ("@self", 2, "the group contains itself: @self → @other → @self"),
    ("@raw:broken", 2, "exited with code 3: no rack"),
    ("@raw:slow", 2, "did not end within 500 ms and was stopped"),
    ("@raw:*", 2, "the group source raw cannot list its groups"),
    ("core>=1", 2, "no attribute \"core\" is known; did you mean cores?; there are address, cluster, cores, ip, kind, load, "
                   "memory, name, os, python, state, tags"),
]


@pytest.mark.parametrize("target, code, words", WRONG, ids=[target for target, *_ in WRONG])
def test_a_target_that_means_nothing_runs_nothing(lab, target, code, words):
    result = one(lab, f"@{target} touch {lab.folder}/ran")
    assert result.returncode == code, result.stderr
    assert words in result.stderr
    assert result.stdout == "" and not (lab.folder / "ran").exists()


def test_commands_go_where_the_target_says(lab):
    def answers(line):
        return sorted(one(lab, line).stdout.split())
    assert answers("@@front echo here") == ["here", "here", "web1:", "web2:"]
    assert answers("@web*,!web1 echo here") == ["here", "web2:"]
    assert answers("py @back 6*7") == ["42", "db1:"]
    assert answers("@tags='env:test' echo here") == ["db1:", "here"]
    # The place among the nodes is that of the target.
    assert sorted(one(lab, "@db1,web2,web1 echo $MUSTER_RANK").stdout.splitlines()) == ["db1: 0", "web1: 2", "web2: 1"]
    assert one(lab, "check @front").stdout.count(": ok, ") == 2
    assert [line.split()[1] for line in one(lab, "show tags=env:test,1").stdout.splitlines()] == ["name", "db1", "web1"]


def test_what_failed_is_told_in_few_words(lab):
    result = one(lab, "@1-4 test $MUSTER_NODE = db1")
    assert without_time(result.stderr)[-1] == "1 ok, 2 failed: web[1-2] exit 1, 1 unreachable: gone1"
    assert result.returncode == 4


def test_the_mistake_is_shown_with_its_place(lab):
    result = one(lab, "nodes web1,wbe2!db1")
    assert result.stderr.splitlines() == [
        "target 'web1,wbe2!db1': 'wbe2' names no node; valid here: 1-4, db1,gone1,web[1-2] or *",
        "  web1,wbe2!db1", "       ^"]


def test_groups_are_listed_with_where_they_are_written(lab):
    result = one(lab, "groups")
    assert result.returncode == 0, result.stderr
    rows = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines()[1:]}
    assert sorted(rows) == ["@all-up", "@back", "@front", "@full", "@idle", "@other", "@prod", "@self"]
    assert rows["@front"] == ["./groups.d/roles:2", "web[1-2]"]
    assert rows["@prod"] == ["cluster.conf:8", "tags=env:prod"] or rows["@prod"][0].endswith("cluster.conf:8")
    assert rows["@idle"][-1] == "web2,db1"


def test_a_file_of_groups_that_others_may_write_to_is_refused(lab):
    path = lab.folder / "groups.d" / "roles"
    path.chmod(0o666)
    try:
        result = one(lab, "nodes @prod", "nodes web1")
    finally:
        path.chmod(0o644)
    assert (result.returncode, result.stdout) == (2, "web1\n")
    assert "others may write to it; say: chmod go-w" in result.stderr


def test_a_program_of_groups_that_others_may_write_to_is_refused(lab):
    (lab.folder / "ask").chmod(0o777)
    result = one(lab, "nodes @raw:full")
    assert (result.returncode, result.stdout) == (2, "")
    assert "others may write to it; say: chmod go-w" in result.stderr


def test_a_program_that_the_shell_starts_knows_the_same_targets(lab):
    (lab.folder / "who.py").write_text(
        "import os\nprint(open(os.environ['MUSTER_CONFIG']).read())\n")
    result = one(lab, "run who.py")
    assert result.returncode == 0, result.stderr
    assert "[cluster lab]\n" in result.stdout
    assert "[node web1]\ntags = env:prod, app:web\n" in result.stdout
    assert "front = web[1-2]\n" in result.stdout and "idle = web2,db1\n" in result.stdout


def test_a_wrong_section_is_told_with_its_line(lab):
    for section, words in {"[node web9]\n": "no cluster here has a node web9",
                           "[node web[1-]]\n": "expected a number",
                           "[groups x]\n": "no section [groups x] is known",
                           "[group_source x]\nlist = ./ask\n": "needs a `map`"}.items():
        lab.write(section)
        result = one(lab, "help")
        assert result.returncode == 2 and words in result.stderr, result.stderr
        assert "cluster.conf:17: " in result.stderr


def test_help_knows_all_attributes(lab):
    text = one(lab, "help targets").stdout
    for name in ["address", "cluster", "cores", "ip", "load", "memory", "name", "os", "python", "state", "tags"]:
        assert name in text
