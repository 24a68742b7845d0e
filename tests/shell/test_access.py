"""Who may connect to a daemon, and what each role may call."""

import os
import stat
import subprocess

import pytest

from conftest import SLACK, wait_until
from daemons import (DAEMON, GAMES, MAN, NEWS, NOBODY, ROOT, WWW_DATA, as_user, node_for,
                     serving)

OBSERVE, EXEC, FILES, ADMIN = range(4)
ROLES = ["observe", "exec", "files", "admin"]
# Which role each rpc takes.
TABLE = {
    "/muster.v1.Node/Execute": EXEC,
    "/muster.v1.Node/ExecuteMany": EXEC,
    "/muster.v1.Node/Interact": EXEC,
    "/muster.v1.Node/Cancel": EXEC,
    "/muster.v1.Node/Describe": OBSERVE,
    "/muster.v1.Node/Transfer": FILES,
    "/muster.v1.Node/OpenSession": EXEC,
    "/muster.v1.Node/ListSessions": EXEC,
    "/muster.v1.Node/CloseSession": EXEC,
    "/grpc.health.v1.Health/Check": OBSERVE,
    "/grpc.health.v1.Health/Watch": OBSERVE,
}
# What there is not, for any role.
STRANGE = ["/muster.v1.Node/Exec", "/muster.v1.Node/Execute/", "//muster.v1.Node/Execute",
           "/muster.v1.Node/execute", "/muster.v1.Node/%45xecute", "/muster.v1.Node//Describe",
           "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"]
PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNIMPLEMENTED = "7", "8", "12"


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture(name="node", scope="module")
def fixture_node():
    rules = ("[user games]\nrole = observe\n[user man]\nrole = exec\n[user www-data]\nrole = files\n"
             "[user nobody]\nrole = admin\n[group daemon]\nrole = exec\n[group games]\nrole = admin\n")
    with serving(rules) as node:
        yield node


def test_who_is_not_named_is_closed_out_before_anything_is_read(node):
    before = node.log().count("refused a connection from uid 9 ")
    program = ("import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.settimeout(20)\n"
               f"s.connect({str(node.socket)!r})\nprint(s.recv(100))")
    said = subprocess.run([*as_user(NEWS), "/usr/bin/python3", "-c", program], capture_output=True,
                          encoding="utf-8", check=True)
    assert said.stdout == "b''\n"  # the end, without a word of HTTP/2
    lines = [line for line in node.log().splitlines() if "refused a connection from uid 9 " in line]
    assert len(lines) == before + 1
    assert "[user NAME] with role = exec lets somebody in" in lines[-1]
    result = node.run(NEWS, "check")
    assert result.returncode == 4
    assert "it may not allow user 9 (news)" in result.stdout + result.stderr
    # Nobody's calls are no calls.
    assert not [line for line in node.records() if line["uid"] == NEWS]


@pytest.mark.parametrize("uid", [GAMES, MAN, WWW_DATA, NOBODY, ROOT])
def test_who_is_named_may_connect(node, uid):
    assert node.run(uid, "check").returncode == 0


def test_the_socket_is_open_only_when_others_are_named(node):
    assert (mode(node.socket.parent), mode(node.socket)) == (0o711, 0o666)
    with serving("", settings="allow_root_jobs = yes") as closed:
        assert (mode(closed.socket.parent), mode(closed.socket)) == (0o700, 0o600)
        result = closed.run(GAMES, "check")
        assert result.returncode == 4
        assert "the socket or its folder is closed to user 5 (games)" in result.stdout + result.stderr
        assert closed.run(ROOT, "check").returncode == 0


def test_also_who_gets_past_the_folder_is_refused_when_nobody_is_named():
    with serving("", settings="allow_root_jobs = yes") as node:
        node.socket.parent.chmod(0o711)
        node.socket.chmod(0o666)
        assert "closed the connection before it answered" in node.run(GAMES, "check").stdout
        assert "refused a connection from uid 5 " in node.log()


def test_a_folder_that_was_there_keeps_its_mode():
    with node_for("[user games]\nrole = exec\n") as node:
        node.socket.parent.mkdir(mode=0o755)
        node.start()
        assert (mode(node.socket.parent), mode(node.socket)) == (0o755, 0o666)


def test_a_group_lets_in_who_has_it_as_one_of_several(node):
    assert node.run(NEWS, "@1 true").returncode == 4
    assert node.output(NEWS, "@1 id -un", groups=[7, DAEMON, 8]) == "news\n"
    assert node.records("begin")[-1]["rule"] == "[group daemon]"


def test_the_name_goes_before_the_group(node):
    # His own section says observe, his group admin.
    result = node.run(GAMES, "@1 true", groups=[GAMES, 60])
    assert result.returncode != 0
    assert "user games has the role observe here, by [user games]" in result.stdout + result.stderr


def test_of_two_groups_the_first_of_the_file_counts(node):
    node.output(NEWS, "@1 true", groups=[60, DAEMON])
    assert node.records("begin")[-1]["rule"] == "[group daemon]"


def test_a_group_makes_the_owner_and_root_not_smaller():
    with serving("[group root]\nrole = observe\n[group daemon]\nrole = observe\n",
                 settings="allow_root_jobs = yes") as node:
        assert node.output(ROOT, "@1 id -u", groups=[0, DAEMON]) == "0\n"
    with serving("[group nogroup]\nrole = observe\n", uid=NOBODY) as node:
        assert node.output(NOBODY, "@1 id -u", groups=[65534]) == "65534\n"


@pytest.mark.parametrize("role, uid", enumerate([GAMES, MAN, WWW_DATA, NOBODY]))
def test_every_rpc_asks_for_its_role(node, role, uid):
    result = node.call(uid, "methods", *STRANGE)
    assert result.returncode == 0, result.stderr
    answers = {}
    for line in result.stdout.splitlines():
        path, code, message = line.split(" ", 2)
        answers[path] = code, message
    assert set(answers) == set(TABLE) | set(STRANGE)
    for path, needed in TABLE.items():
        code, message = answers[path]
        if role >= needed:
            assert code != PERMISSION_DENIED, (path, message)
        else:
            assert code == PERMISSION_DENIED, (path, code, message)
            assert f" takes the role {ROLES[needed]}, and user " in message
            assert f" has the role {ROLES[role]} here, by [user " in message
    for path in STRANGE:
        assert answers[path][0] == UNIMPLEMENTED, answers[path]
    denied = {line["reason"].split()[0] for line in node.records("denied") if line["uid"] == uid}
    assert denied >= {path.split("/")[2] for path, needed in TABLE.items() if role < needed}


def test_large_metadata_is_refused(node):
    assert node.call(GAMES, "metadata", "7000").stdout.startswith("Describe 0 ")
    for size in ["8192", "9000", "100000"]:
        assert node.call(GAMES, "metadata", size).stdout.startswith(f"Describe {RESOURCE_EXHAUSTED} ")
    assert node.run(GAMES, "check").returncode == 0


def test_who_may_not_stop_or_see_what_others_run(node):
    shell = node.background(MAN, "@1 sleep 4712")
    try:
        wait_until(lambda: "sleep 4712" in node.run(MAN, "ps").stdout, 10 * SLACK, "it runs")
        for uid in [GAMES, WWW_DATA]:
            listed = node.run(uid, "ps").stdout
            assert " man " in listed and "sleep" not in listed
        identity = node.run(MAN, "ps").stdout.splitlines()[1].split()[1]
        assert node.run(WWW_DATA, f"stop 1 {identity}").returncode == 1
        assert shell.poll() is None
        assert "sleep 4712" in node.run(NOBODY, "ps").stdout
        assert node.run(NOBODY, f"stop 1 {identity}").returncode == 0
        shell.wait(10 * SLACK)
    finally:
        shell.kill()
        shell.wait()


def test_many_connections_of_one_who_is_refused_cost_nothing(node):
    before = len(os.listdir(f"/proc/{node.child('clusterd-network')}/fd"))
    program = ("import socket\nfor _ in range(300):\n  s = socket.socket(socket.AF_UNIX)\n"
               f"  s.connect({str(node.socket)!r})\n  s.recv(1)\n  s.close()")
    subprocess.run([*as_user(NEWS), "/usr/bin/python3", "-c", program], check=True)
    assert len(os.listdir(f"/proc/{node.child('clusterd-network')}/fd")) <= before + 2
    assert node.run(MAN, "@1 true").returncode == 0
