"""A daemon that was not started as root: all it runs, also for others, is its own user's, who is to
find no way from there into the daemon."""

import json
import os
import pathlib
import subprocess

import pytest

from daemons import GAMES, NEWS, NOBODY, ROOT, node_for
from test_hostile_job import CLOSED_TO_ALL, LOOKS, has_landlock

HOSTILE = (pathlib.Path(__file__).parent / "hostile_job.py").read_text()
FACTS = (pathlib.Path(__file__).parent / "job_facts.py").read_text()
OWN = "[user nobody]\nrole = admin\n"


def secrets(node):
    """A folder of the daemon's own user, who may read it."""
    folder = node.folder / "secrets"
    folder.mkdir(mode=0o700)
    token = node.file("secrets/token", "the secret of the test")
    for path in [folder, token]:
        os.chown(path, NOBODY, NOBODY)


def start(node):
    node.file("facts.py", FACTS)
    node.file("hostile.py", HOSTILE)
    secrets(node)
    node.write(node.configuration.read_text().replace("name = n1\n", f"name = n1\nhide = {node.folder}/secrets, {node.audit.parent}\n"))
    return node.start(variables={"CANARY": "of-the-daemon"})


@pytest.fixture(name="node", scope="module")
def fixture_node():
    with node_for(OWN + "[user games]\nrole = exec\n", uid=NOBODY) as node:
        yield start(node)


def facts(node, uid, way):
    if way == "python":
        return json.loads(node.output(uid, f"py 1 exec(open('{node.folder}/facts.py').read())"))
    flags = "--session facts " if way == "session" else ""
    return json.loads(node.output(uid, f"@1 {flags}/usr/bin/python3 -IS {node.folder}/facts.py"))


@pytest.mark.parametrize("way", ["shell", "session", "python"])
@pytest.mark.parametrize("uid", [NOBODY, GAMES, ROOT])
def test_all_commands_are_the_daemons_users(node, uid, way):
    if uid == ROOT and way == "python":
        node.output(uid, "py 1 1")
    found = facts(node, uid, way)
    assert found["uids"] == [NOBODY] * 3 and found["gids"] == [65534] * 3
    assert found["capabilities"] == [0, 0, 0, 0]
    assert "CANARY" not in found["environment"]
    assert found["no_new_privs"] == 1
    numbers = [number for number, _ in found["descriptors"]]
    assert numbers == ([0, 1, 2, 3] if way == "python" else [0, 1, 2])


@pytest.mark.parametrize("way", ["shell", "python"])
@pytest.mark.parametrize("uid", [NOBODY, GAMES])
def test_a_job_of_the_same_user_cannot_look_into_the_daemon(node, uid, way):
    node.output(uid, "py 1 1")
    pids = {"daemon": node.process.pid, "spawner": node.child("clusterd-spawner"),
            **{f"zygote {number}": pid for number, pid in enumerate(node.children("clusterd-worker"))}}
    files = {"audit": str(node.audit), "token": f"{node.folder}/secrets/token"}
    wanted = json.dumps({"pids": pids, "files": files, "kill": []})
    line = (f"py 1 WANTED = {json.dumps(wanted)}; exec(open('{node.folder}/hostile.py').read())" if way == "python"
            else f"@1 /usr/bin/python3 -IS {node.folder}/hostile.py '{wanted}'")
    results = json.loads(node.output(uid, line))["results"]
    for name in [*pids, "supervisor"]:
        for look in LOOKS:
            assert results[f"{look} {name}"] in ("EPERM", "EACCES"), (look, name, results)
    for look in set(LOOKS) - set(CLOSED_TO_ALL):
        assert not results[f"{look} control"].startswith("E"), (look, results)
    if not has_landlock():
        pytest.skip("this kernel has no Landlock: what is hidden is not")
    for name in files:
        for probe in ["read", "write", "list", "via root"]:
            assert results[f"{probe} {name}"] == "EACCES", (probe, name, results)


def test_a_colleague_who_is_not_named_stays_out(node):
    assert node.run(NEWS, "@1 id").returncode == 4
    assert "refused a connection from uid 9 " in node.log()


def test_the_owner_without_a_section_gains_no_rights_either():
    with node_for("", uid=NOBODY) as node:
        start(node)
        for way in ["shell", "session", "python"]:
            found = facts(node, NOBODY, way)
            assert (found["uids"], found["no_new_privs"]) == ([NOBODY] * 3, 1)
        if not has_landlock():
            pytest.skip("this kernel has no Landlock: what is hidden is not")
        assert "Permission denied" in node.run(NOBODY, f"@1 cat {node.folder}/secrets/token").stderr


def test_the_owner_may_say_that_he_gains_rights():
    with node_for(OWN + "sudo = yes\n[user games]\nrole = exec\n", uid=NOBODY) as node:
        start(node)
        assert facts(node, NOBODY, "shell")["no_new_privs"] == 0
        assert facts(node, NOBODY, "python")["no_new_privs"] == 0
        assert node.output(NOBODY, f"@1 cat {node.folder}/secrets/token") == "the secret of the test\n"
        assert facts(node, GAMES, "shell")["no_new_privs"] == 1


def test_what_is_recorded_names_who_asked(node):
    node.output(GAMES, "@1 echo recorded")
    begin = node.records("begin")[-1]
    assert (begin["user"], begin["uid"], begin["run_as"]) == ("games", GAMES, NOBODY)


def test_no_process_of_the_daemon_is_roots(node):
    listed = subprocess.run(["ps", "-o", "uid=", "-p", str(node.process.pid), "--ppid", str(node.process.pid)],
                            capture_output=True, encoding="utf-8", check=True).stdout.split()
    assert listed and set(listed) == {str(NOBODY)}


@pytest.mark.parametrize("session", [[], ["reads"]])
@pytest.mark.parametrize("uid", [NOBODY, GAMES])
def test_a_job_reads_its_input(node, uid, session):
    result = node.call(uid, "input", "what I say\n", "cat; id -un", *session)
    assert (result.returncode, result.stdout) == (0, "what I say\nnobody\n"), result.stderr
